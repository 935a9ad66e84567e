/** The one scene: what is on stage and how it is looked at; its history; and who wants to know of a change. */

import { compact } from "../compute/points.js";
import { History } from "./history.js";

const VIEW = { map: null, axes: [], colour: null, hidden: [], density: false, pictures: null, camera: [], tab: "attributes", difference: false, a: null, b: null, options: {} };
const FORBIDDEN = new Set(["__proto__", "prototype", "constructor"]);
const KEPT = "explorer.history"; // in this tab, over a reload

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

/** Holds the scene; `on("change", fn)` hears of every change with `{live}`, `on("history", fn)` of steps and branches. */
export class Store {
  constructor() {
    this.scene = null;
    this.model = null;
    this.link = "";
    this.version = 0;
    this.history = new History();
    this.listeners = {};
    globalThis.addEventListener?.("pagehide", () => this.keep());
  }

  on(name, fn) {
    (this.listeners[name] ??= []).push(fn);
  }

  emit(name, detail) {
    for (const fn of this.listeners[name] ?? []) fn(detail);
  }

  /** Steps that can be undone, and done again. */
  get past() {
    return this.history.past;
  }

  get future() {
    return this.history.future;
  }

  /** Begin with another model or link: history stays, so that it can be undone. */
  open(scene, model, remember) {
    const first = this.scene === null;
    this.scene = { ...whole(scene), build: model.build };
    this.model = model;
    this.version += 1;
    if (first) this.history.unpack(recalled());
    if (first) this.history.begin(this.entry);
    else if (remember) this.history.open(this.entry);
    else this.history.amend(this.entry);
    this.emit("model", model);
    this.emit("change", { live: false });
    this.stepped();
  }

  /** The scene as the history keeps it. */
  get entry() {
    return { model: this.scene.model, mark: JSON.stringify(compact(this.scene)), text: JSON.stringify(this.scene) };
  }

  stepped() {
    this.keep();
    this.emit("history");
  }

  /** Keep the history in this tab; where its store is full or forbidden, until the page is closed. */
  keep() {
    try {
      sessionStorage.setItem(KEPT, this.history.pack());
    } catch {
      forget();
    }
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
    const entry = live ? null : this.entry; // twice the scene as a text: not while a hand moves
    const changed = entry !== null && entry.text !== this.history.here.text;
    if (changed && history) this.history.step(entry);
    else if (changed) this.history.amend(entry);
    this.emit("change", { live });
    if (changed && history) this.stepped();
  }

  /** Put a point on stage. */
  stage(point, how) {
    this.update((scene) => Object.assign(scene, { start: { item: 0 }, condition: {}, edits: [], ...structuredClone(point) }), how);
  }

  undo() {
    this.stand(this.history.undo());
  }

  redo() {
    this.stand(this.history.redo());
  }

  /** Go to a node of the history: its picture, as one looks now; all branches stay. @param {number} id */
  jump(id) {
    if (id === this.history.at) return;
    const node = this.history.go(id);
    if (node.model === this.scene.model) {
      const { start, condition, edits } = JSON.parse(node.text);
      node.text = JSON.stringify({ ...this.scene, start, condition, edits });
    }
    this.stand(node);
  }

  stand(node) {
    if (!node) return;
    if (node.model !== this.scene.model) {
      this.emit("elsewhere", JSON.parse(node.text));
      return;
    }
    this.scene = JSON.parse(node.text);
    this.version += 1;
    this.emit("change", { live: false });
    this.stepped();
  }
}

function recalled() {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function forget() {
  try {
    sessionStorage.removeItem(KEPT);
  } catch {
    // A page in a frame may have no store at all.
  }
}
