/** Work about the scene: one piece under way, the newest waiting; what waits is overtaken by what is newer. */

const PATIENCE = 350;

export class Newest {
  /**
   * @param {(job: object, current: () => boolean) => Promise<void>} work never rejects; `current` tells whether nothing newer waits
   * @param {(slow: boolean) => void} slow called when a piece takes long, and when it is done
   * @param {() => void} rest called when nothing is under way
   */
  constructor(work, slow, rest) {
    Object.assign(this, { work, slow, rest, waiting: null, busy: false, turn: 0 });
  }

  push(job) {
    this.waiting = job;
    this.tell?.();
    if (!this.busy) this.next();
  }

  /** Forget what waits, and whatever is still on its way. */
  drop() {
    this.waiting = null;
    this.turn += 1;
  }

  get idle() {
    return !this.busy && !this.waiting;
  }

  async next() {
    this.busy = true;
    while (this.waiting) {
      const job = this.waiting;
      const { turn } = this;
      this.waiting = null;
      /** Done when something newer waits. */
      this.newer = new Promise((done) => (this.tell = done));
      const clock = setTimeout(() => this.slow(true), PATIENCE);
      await this.work(job, () => turn === this.turn);
      clearTimeout(clock);
      this.slow(false);
    }
    this.busy = false;
    this.rest();
  }
}
