/** While a hand moves: the picture on stage made in this browser and painted over the last one that the server sent. */

import { engine } from "../engine/engine.js";
import { byId, make } from "../core/dom.js";
import { pointOf } from "../core/scene.js";

export class Live {
  /**
   * @param {{store: import("../core/scene.js").Store, shown: (what: {slots: object, overlay: object}) => void,
   *   otherwise: (scene: object, version: number) => void, rest: () => void}} page `shown` when a frame is painted, `otherwise`
   *   when the server must make it, `rest` when nothing is under way
   */
  constructor({ store, shown, otherwise, rest }) {
    Object.assign(this, { store, shown, otherwise, rest, next: null, busy: false, turn: 0, local: null, whole: false });
    this.after = layer("stage-after");
    this.gap = layer("stage-difference");
  }

  /** Prepare for a checkpoint. */
  open(model) {
    this.drop();
    this.settle();
    engine.open(model);
    Object.assign(this, { local: null, whole: false });
    if (model.urls.facts) {
      engine
        .whenReady()
        .then(() => import("../local/act.js"))
        .then(async (act) => {
          const { alone } = await act.open(model.name, model.urls.facts);
          if (model !== this.store.model) return;
          this.local = act;
          if (alone) return; // there, what stands for the server is this very module
          // Once, unseen: so that whatever an answer is made of is here before one is waited for.
          await act.answer({ do: "show", scene: this.store.scene });
          if (model === this.store.model) this.whole = true;
        })
        .catch(() => {}); // then captions come with the server's answer
    }
  }

  /**
   * The answer to a request, made in this browser; null where the server is to be asked.
   * @param {object} request
   * @param {(slots: object) => void} early called with what is on stage, before the rest is made
   */
  async answer(request, early) {
    if (!this.whole || request.do !== "show" || request.scene.model !== this.store.model.name) return null;
    try {
      return { ...(await this.local.answer(request, early)), here: true };
    } catch {
      return null;
    }
  }

  /** @returns {boolean} whether this browser makes the picture of the scene */
  take(scene, version) {
    if (!engine.ready(this.store.model)) return false;
    this.next = { scene, version };
    if (!this.busy) this.work();
    return true;
  }

  get idle() {
    return !this.busy && !this.next;
  }

  /** Forget what is under way: something else is to be shown. */
  drop() {
    this.next = null;
    this.turn += 1;
  }

  /** The server's own picture is there: what was painted over it goes, as soon as that can be seen. */
  async settle() {
    const { turn } = this;
    for (const { canvas, image } of [this.after, this.gap]) {
      if (canvas.hidden) continue;
      try {
        await image.decode();
      } catch {
        // A picture that was replaced meanwhile can't be decoded; the newer one is on its way.
      }
      if (turn === this.turn) canvas.hidden = true;
    }
  }

  async work() {
    this.busy = true;
    while (this.next) {
      const { scene, version } = this.next;
      const { turn } = this;
      this.next = null;
      try {
        const what = await this.frame(scene);
        if (turn === this.turn) this.shown(what);
      } catch (error) {
        if (turn !== this.turn) continue;
        if (!error.fallback) console.warn(error);
        this.settle();
        if (!this.next) this.otherwise(scene, version);
      }
    }
    this.busy = false;
    this.rest();
  }

  async frame(scene) {
    const point = pointOf(scene);
    const { turn } = this;
    const show = ({ canvas }) => {
      if (turn !== this.turn) return;
      canvas.hidden = false;
      canvas.dataset.frame = Number(canvas.dataset.frame) + 1;
    };
    const pictures = [engine.draw(point, this.after.canvas).then(() => show(this.after))];
    if (scene.view.difference) pictures.push(engine.drawDifference({ start: point.start }, point, this.gap.canvas).then(() => show(this.gap)));
    const what = this.local?.moving ? this.local.moving(scene) : this.place(scene, point);
    await Promise.all([...pictures, what]);
    return what;
  }

  async place(scene, point) {
    const map = scene.view.map ?? this.store.model.maps[0].name;
    return { slots: {}, overlay: { map, now: await engine.place(point, map) } };
  }
}

/** A canvas over a picture of the stage. */
function layer(name) {
  const image = byId(name);
  const canvas = make("canvas", { class: "live", "aria-hidden": "true", "data-frame": 0, hidden: true });
  image.after(canvas);
  return { image, canvas };
}
