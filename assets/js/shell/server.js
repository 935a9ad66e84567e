/** Requests to the server: one in flight, the newest waiting, none shown after a newer one. */

const PATIENCE = 350;

/** One lane of requests about the scene. */
export class Lane {
  /**
   * @param {(request: object) => Promise<object>} send Gradio's server function
   * @param {(answer: object, request: object, version: number) => void} receive called in order, never with a stale answer
   * @param {(waiting: boolean, request: object) => void} wait called when an answer takes long, and when it is there
   */
  constructor(send, receive, wait) {
    Object.assign(this, { send, receive, wait, busy: false, waiting: null, counter: 0 });
  }

  /** @param {object} request @param {number} version of the scene it speaks of */
  push(request, version) {
    const owed = this.waiting?.request.do === "show" && request.do === "live";
    this.waiting = { request: owed ? { ...request, do: "show" } : request, version };
    if (!this.busy) this.next();
  }

  /** Forget what waits and whatever is still on its way. */
  drop() {
    this.waiting = null;
    this.counter += 1;
  }

  get idle() {
    return !this.busy && !this.waiting;
  }

  async next() {
    const { request, version } = this.waiting;
    this.waiting = null;
    this.busy = true;
    const turn = this.counter;
    const slow = setTimeout(() => this.wait(true, request), PATIENCE);
    const answer = await ask(this.send, { ...request, n: version });
    clearTimeout(slow);
    this.wait(false, request);
    this.busy = false;
    if (turn === this.counter) this.receive(answer, request, version);
    if (this.waiting && !this.busy) this.next();
  }
}

/** One request outside of the lane; always an answer, never an exception. */
export async function ask(send, request) {
  try {
    const answer = await send(request);
    if (answer && typeof answer === "object") return answer;
  } catch {
    // Falls through to the sentence below: what Gradio throws isn't meant for people.
  }
  return { ok: false, error: "The server doesn't answer. Nothing is lost; the next change tries again.", where: "stage" };
}
