/** The one scene: what is on stage and how it is looked at; its history; and who wants to know of a change. */

const VIEW = { map: null, colour: null, hidden: [], density: false, camera: [], tab: "attributes", difference: false, a: null, b: null, options: {} };
const FORBIDDEN = new Set(["__proto__", "prototype", "constructor"]);
const DEEPEST = 200;

/** Fill what the server leaves out because it is the default. */
export function whole(scene) {
  return {
    version: 1,
    model: scene.model,
    build: scene.build ?? null,
    start: scene.start ?? { item: 0 },
    condition: scene.condition ?? {},
    edits: scene.edits ?? [],
    view: { ...structuredClone(VIEW), ...(scene.view ?? {}) },
  };
}

/** The recipe of the picture on stage. */
export const pointOf = (scene) => ({ start: scene.start, condition: scene.condition, edits: scene.edits });

/** Set `edits.0.params.t` and the like, making what is missing on the way; undefined deletes. */
export function setPath(target, path, value) {
  const names = path.split(".");
  if (names.some((name) => FORBIDDEN.has(name))) return;
  const last = names.pop();
  let here = target;
  names.forEach((name, k) => {
    if (here[name] === null || typeof here[name] !== "object") here[name] = /^\d+$/.test(names[k + 1] ?? last) ? [] : {};
    here = here[name];
  });
  if (value !== undefined) here[last] = value;
  else if (Array.isArray(here)) here.splice(Number(last), 1);
  else delete here[last];
}

/** Holds the scene; `on("change", fn)` hears of every change with `{live}`. */
export class Store {
  constructor() {
    this.scene = null;
    this.model = null;
    this.link = "";
    this.version = 0;
    this.past = [];
    this.future = [];
    this.committed = null;
    this.listeners = {};
  }

  on(name, fn) {
    (this.listeners[name] ??= []).push(fn);
  }

  emit(name, detail) {
    for (const fn of this.listeners[name] ?? []) fn(detail);
  }

  /** Begin with another model or link: history stays, so that it can be undone. */
  open(scene, model, remember) {
    if (remember && this.committed) this.remember();
    this.scene = { ...whole(scene), build: model.build };
    this.model = model;
    this.committed = this.text();
    this.version += 1;
    this.emit("model", model);
    this.emit("change", { live: false });
  }

  text() {
    return JSON.stringify(this.scene);
  }

  remember() {
    this.past.push(this.committed);
    if (this.past.length > DEEPEST) this.past.shift();
    this.future = [];
  }

  /**
   * Change the scene.
   * @param {(scene: object) => void} change edits a copy
   * @param {{live?: boolean, history?: boolean}} how `live` while a pointer still moves; `history` false for how one looks
   */
  update(change, { live = false, history = true } = {}) {
    if (!this.scene) return;
    const scene = structuredClone(this.scene);
    change(scene);
    this.scene = scene;
    this.version += 1;
    if (!live) {
      const text = this.text();
      if (text !== this.committed) {
        if (history) this.remember();
        this.committed = text;
      }
    }
    this.emit("change", { live });
  }

  /** Put a point on stage. */
  stage(point, how) {
    this.update((scene) => Object.assign(scene, { start: { item: 0 }, condition: {}, edits: [], ...structuredClone(point) }), how);
  }

  /** What the server made of the scene, unless it has changed since. */
  adopt(scene, version) {
    if (version !== this.version) return;
    this.scene = whole(scene);
    this.committed = this.text();
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.committed);
    const scene = JSON.parse(from.pop());
    if (scene.model !== this.scene.model) {
      this.emit("elsewhere", scene);
      return;
    }
    this.scene = scene;
    this.committed = this.text();
    this.version += 1;
    this.emit("change", { live: false });
  }
}
