/**
 * The steps of this tab as trees: each model has its own, going back and editing anew keeps the branch, and a trail says what undo
 * and redo do. Pure: it knows scenes as texts, and neither page nor browser.
 *
 * A node is `{id, parent, model, mark, text, used}`: `text` is the whole scene as JSON, `mark` names its picture (the same for
 * scenes that differ in how one looks alone), `used` says when it was last on stage.
 */

const MOST = 200; // nodes, of all models together
const LARGEST = 1_000_000; // characters of all their scenes

export class History {
  /** @param {{most?: number, largest?: number}} [bounds] */
  constructor({ most = MOST, largest = LARGEST } = {}) {
    Object.assign(this, { most, largest, nodes: new Map(), at: null, past: [], future: [], clock: 0, lately: null });
  }

  /** The node on stage; undefined before the first. */
  get here() {
    return this.nodes.get(this.at);
  }

  /** @param {number} id @returns {object[]} what was done next, in order */
  children(id) {
    return [...this.nodes.values()].filter(({ parent }) => parent === id);
  }

  /** The nodes from the root down to the one above. @param {number} id @returns {number[]} */
  above(id) {
    const out = [];
    for (let { parent } = this.nodes.get(id); parent !== null; { parent } = this.nodes.get(parent)) out.unshift(parent);
    return out;
  }

  /** The node and all that follows from it. @param {number} id @returns {number[]} */
  branch(id) {
    return [id, ...this.children(id).flatMap((child) => this.branch(child.id))];
  }

  /** The newest node of a model that shows the same picture. */
  find({ model, mark }) {
    const same = [...this.nodes.values()].filter((node) => node.model === model && node.mark === mark);
    return same.sort((a, b) => b.used - a.used)[0];
  }

  /** One more step; one that was taken from here before is taken again. @param {{model: string, mark: string, text: string}} scene */
  step(scene) {
    const { here } = this;
    const parent = here?.model === scene.model ? here.id : null;
    const again = ({ mark, text }) => text === scene.text || (mark === scene.mark && mark !== here.mark);
    const known = parent === null ? this.find(scene) : this.children(parent).find(again);
    this.leave();
    this.stand(known ?? this.add(scene, parent));
    this.amend(scene);
    this.prune();
  }

  /** A link that is opened: the node that it names, or one more step. */
  open(scene) {
    const { here } = this;
    const known = this.find(scene);
    if (here && known && known !== here) {
      this.leave();
      this.stand(known);
    } else if (here && !known) this.step(scene);
    else if (!here) this.stand(this.add(scene, null));
    this.amend(scene);
  }

  /** The page begins, with what was kept of this tab: where it was left, or with a trail of its own. */
  begin(scene) {
    if (this.here?.model !== scene.model || this.here.mark !== scene.mark) {
      const known = this.find(scene);
      Object.assign(this, { past: [], future: [], at: null });
      if (known) this.go(known.id);
      else this.stand(this.add(scene, null));
      this.prune();
    }
    this.amend(scene);
  }

  /** The same step, seen otherwise. */
  amend({ model, mark, text }) {
    Object.assign(this.here, { model, mark, text });
  }

  /** @returns {object|null} the node that is on stage now */
  undo() {
    return this.travel(this.past, this.future);
  }

  redo() {
    return this.travel(this.future, this.past);
  }

  travel(from, to) {
    if (!from.length) return null;
    to.push(this.at);
    return this.stand(this.nodes.get(from.pop()));
  }

  /** Go to a node: undo leads up from there, redo down the branch that was used last. */
  go(id) {
    const node = this.nodes.get(id);
    const elsewhere = this.past.findLastIndex((one) => this.nodes.get(one).model !== node.model);
    this.past = [...this.past.slice(0, elsewhere + 1), ...this.above(id)].slice(-this.most);
    this.future = [];
    for (let next = node; (next = this.children(next.id).sort((a, b) => b.used - a.used)[0]); ) this.future.unshift(next.id);
    return this.stand(node);
  }

  leave() {
    if (this.at !== null) this.past = [...this.past, this.at].slice(-this.most);
    this.future = [];
  }

  stand(node) {
    this.at = node.id;
    node.used = this.clock += 1;
    return node;
  }

  add({ model, mark, text }, parent) {
    this.clock += 1;
    const node = { id: this.clock, parent, model, mark, text, used: this.clock };
    this.nodes.set(node.id, node);
    return node;
  }

  /** Whether a branch may go: the one on stage has to leave something to stand on. */
  removable(id) {
    return this.nodes.get(id)?.parent !== null || !this.branch(id).includes(this.at);
  }

  /** Delete a branch that isn't on stage; `restore` takes the last deletion back. */
  remove(id) {
    const gone = this.branch(id);
    if (gone.includes(this.at)) throw new Error("the branch on stage");
    this.lately = gone.map((one) => this.nodes.get(one));
    this.drop(gone);
  }

  restore() {
    for (const node of this.lately ?? []) {
      if (node.parent !== null && !this.nodes.has(node.parent)) node.parent = null; // what it hung on went meanwhile
      this.nodes.set(node.id, node);
    }
    this.nodes = new Map([...this.nodes].sort(([a], [b]) => a - b));
    this.lately = null;
    this.prune();
  }

  drop(ids) {
    const gone = new Set(ids);
    for (const id of gone) this.nodes.delete(id);
    for (const way of ["past", "future"]) this[way] = this[way].filter((id) => !gone.has(id));
  }

  /** Within the bounds: the oldest leaves go first, and where the trail is all that is left, its beginning. */
  prune() {
    const large = () => this.nodes.size > this.most || [...this.nodes.values()].reduce((sum, { text }) => sum + text.length, 0) > this.largest;
    while (this.nodes.size > 1 && large()) {
      const parents = new Set([...this.nodes.values()].map(({ parent }) => parent));
      const held = new Set([this.at, ...this.past, ...this.future]);
      const old = [...this.nodes.values()].sort((a, b) => a.used - b.used);
      const leaf = old.find(({ id }) => !parents.has(id) && !held.has(id));
      const gone = leaf ?? old.find(({ id, parent }) => parent === null && id !== this.at) ?? old.find(({ id }) => !parents.has(id) && id !== this.at);
      for (const child of this.children(gone.id)) child.parent = null;
      this.drop([gone.id]);
    }
  }

  /**
   * The pictures of a model, and where each is drawn: steps that show the same picture as the one before are one with it.
   * @param {string} model
   * @returns {{id: number, parent: number|null, depth: number, lane: number, here: boolean}[]} from the root on, branch by branch; a
   *   first child stays in its parent's lane
   */
  shown(model) {
    const out = [];
    let lanes = 0;
    const walk = (node, above, lane) => {
      const seen = above && node.mark === this.nodes.get(above.id).mark ? above : { id: node.id, parent: above?.id ?? null, depth: above ? above.depth + 1 : 0, lane: lane(), here: false };
      if (seen !== above) out.push(seen);
      if (node.id === this.at) seen.here = true;
      for (const child of this.children(node.id)) walk(child, seen, () => (out.some(({ parent }) => parent === seen.id) ? lanes++ : seen.lane));
    };
    for (const node of this.nodes.values()) if (node.parent === null && node.model === model) walk(node, null, () => lanes++);
    return out;
  }

  /** All of it as a text. */
  pack() {
    const { nodes, at, past, future, clock } = this;
    return JSON.stringify({ nodes: [...nodes.values()], at, past, future, clock });
  }

  /** Take what `pack` has written in place of what is here; anything else is left alone. @returns {boolean} whether it was taken */
  unpack(text) {
    try {
      const { nodes, at, past, future, clock } = JSON.parse(text);
      const all = new Map(nodes.map((node) => [node.id, node]));
      const known = [at, ...past, ...future].every((id) => all.has(id));
      const sound = nodes.every(({ id, parent, model, mark, text: scene, used }) => Number.isInteger(id) && (parent === null || (all.has(parent) && parent < id)) && [model, mark, scene].every((one) => typeof one === "string") && Number.isInteger(used));
      if (!known || !sound || !Number.isInteger(clock)) return false;
      Object.assign(this, { nodes: all, at, past, future, clock });
      this.prune();
      return true;
    } catch {
      return false;
    }
  }
}
