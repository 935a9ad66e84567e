/**
 * The engine: the model itself, in the page. It turns a point (the recipe of one picture, `explorer/core/scene.py`) into
 * latent, condition, picture and place without asking the server. One instance serves the whole page:
 *
 *     import { engine } from "./engine/engine.js";
 *
 *     engine.open(model)              the facts of a checkpoint (`model.urls.engine` is the manifest); fetches begin when the
 *                                     page is idle, or with the first question below. Called by main.js.
 *     engine.ready(model) -> boolean  the decoder is up; draw() will answer within milliseconds.
 *     await engine.whenReady()        the same to wait for; rejects when this checkpoint can't run here.
 *     engine.how() -> string          one sentence: where pictures are made now, and why (for the About dialog).
 *     engine.packed                   whether the runtime lies there packed, as on a static site.
 *     engine.manifest                 what `engine.json` says (see explorer/page/serving/manifest.py), null until fetched.
 *
 * All of these are promises; a point is plain JSON as in a scene ({start, condition, edits}, what is left out is default):
 *
 *     engine.state(point)             {z: Float32Array, c: Float32Array}
 *     engine.states(points)           the same of many
 *     engine.condition(point)         {attribute: value, blend or null}, as `Session.condition`
 *     engine.picture(point)           "data:image/png;base64,..." of the very pixels that the server would show
 *     engine.pictures(points, {onPicture})   the same of many, in order; onPicture(index, src) as each is done. Made one at a
 *                                     time and after whatever draw() asks, so a strip never holds a slider up.
 *     engine.difference(a, b)         data URL of where two points' pictures differ, as `Session.difference`
 *     engine.draw(point, canvas)      paints the canvas (its size follows the picture). Newest wins for each canvas: resolves to
 *                                     true when painted, to false when a newer call overtook it.
 *     engine.pixels(point)            {width, height, data: Uint8ClampedArray RGBA}, or of a shape {path}, the `d` of its outline
 *     engine.place(point, map)        [x, y] or [x, y, z] on a map, as `Session.place`
 *     engine.places(points, map)      the same of many
 *     engine.real(point)              how far its picture lies from real items, as `Session.reals`
 *     engine.trust(points)            [{nearest, distance, percentile}], as `Session.trusts`
 *     engine.neighbours(point, k, space)   [[item, distance]], nearest first, without the item it starts from
 *     engine.spot(start)              {indices, weights, distance} of a spot start, as `Session.spot`
 *     engine.glyph(point)             {d, begin, end, left, right} of a letter, as `lettering.Glyph`; needs part "letters"
 *     engine.judge(point)             {attribute: {value, probability}} read off the point's picture; needs part "judge"
 *     engine.encode(pixels, condition)  {latent, condition, readings, psnr}: pixels is a Float32Array [C*H*W] in [0, 1] (see
 *                                     fit.js for a file -> pixels); attributes that `condition` leaves out are read by the
 *                                     judge; `latent` is packed as in an UploadStart; needs part "encoder"
 *     engine.tensor(name)             {data: typed array, shape}: a tensor of the items by its name in the checkpoint (`z`,
 *                                     `codes`, `error`, `z.std`, `map.<name>`, ...) or of a prior (`prior.mixture.mean`)
 *     engine.pace(n)                  how long the decoder alone takes here, n times, in milliseconds
 *     engine.typical()                the usual distance between neighbours in z
 *
 * What can't be answered here rejects with an Error whose `.fallback` is true (then ask the server), or whose `.sentence` is
 * the sentence that a person should read, with `.where`, when the point itself is wrong (then the server would say the same).
 *
 * Everything runs in a worker, so that no frame waits for it. Files are fetched when first needed, by names relative to the
 * manifest; runtime and scripts by names relative to this module: so the same files serve a static site.
 *
 *     ../ort/                          ort.wasm.bundle.min.js, ort-wasm-simd-threaded.wasm (npm onnxruntime-web)
 *     engine.js worker.js ...          this folder
 *     <checkpoint>/engine.json         manifest; model/<part>.onnx; items/<tensor>.bin; prior/<name>.<tensor>.bin beside it
 */

import { held, source } from "../core/files.js";
import { arrived, standing } from "../core/standing.js";
import { lost } from "../core/updated.js";
import { fallback, raised } from "./errors.js";
import { UNITS } from "./outline.js";

const WORKER = new URL("./worker.js", import.meta.url);
const SOON = 3000;
const QUICK = new Set(["state", "condition", "place", "spot"]); // no picture is made for these, so they go before pictures

/** Once the page has nothing better to do. On a static site, whose line may be slow, the engine waits for that, too. */
const idle = async () => {
  await standing;
  await new Promise((resolve) => {
    const rest = () => (self.requestIdleCallback ? requestIdleCallback(resolve, { timeout: SOON }) : setTimeout(resolve, 200));
    if (document.readyState === "complete") rest();
    else addEventListener("load", rest, { once: true });
  });
};

/** What of a model's facts the worker needs: how to check, what to refuse, and in which words. */
const known = ({ rules, operations, card, model }) => ({
  rules, operations, portable: card.portable, unasked: card.unasked, titles: Object.fromEntries(model.maps.map(({ name, title }) => [name, title])),
});

export class Engine {
  constructor() {
    Object.assign(this, { worker: null, calls: new Map(), count: 0, url: null, facts: null, manifest: null, status: "off", why: "", opened: null, packed: false, lettering: null, canvases: new WeakMap() });
    this.listeners = [];
  }

  /** Which checkpoint it is about. @param {{urls: {engine?: string}}} model @param {object} facts what the server says of it: see `Model` */
  open(model, facts = this.facts) {
    this.facts = facts;
    const url = model.urls.engine ? new URL(model.urls.engine, document.baseURI).href : null;
    if (url === this.url) return;
    Object.assign(this, { url, manifest: null, opened: null, threads: 0, runs: "" });
    if (!url) {
      this.turn("off", "this checkpoint has no engine");
      return;
    }
    this.turn("waiting", "");
    (this.packed && !held() ? idle() : arrived)
      .then(() => url === this.url && this.whenReady().then(idle).then(() => this.accelerate()))
      .catch(() => {}); // then the server makes the pictures, or WebAssembly goes on with it
  }

  ready(model) {
    const asked = model?.urls.engine;
    return this.status === "ready" && (!model || (Boolean(asked) && new URL(asked, document.baseURI).href === this.url));
  }

  whenReady() {
    this.opened ??= this.begin(this.url);
    return this.opened;
  }

  /** Hear of each change of `status`: off, waiting, loading, ready, failed. */
  onChange(fn) {
    this.listeners.push(fn);
  }

  turn(status, why) {
    Object.assign(this, { status, why });
    for (const fn of this.listeners) fn(status);
  }

  /** Move to the graphics card where that is worth it; `runs` says what came of it. @param {boolean} force see `Model.accelerate` */
  async accelerate(force = false) {
    const { url } = this;
    const runs = await this.ask("accelerate", [force], true); // beside what waits: nobody knows how long a driver takes
    if (url === this.url) this.runs = runs;
    return runs;
  }

  how() {
    if (this.status === "ready") return `Pictures that follow your hand are made in this browser${this.runs === "webgpu" ? ", on its graphics card" : this.threads > 1 ? `, on ${this.threads} threads` : ""}; the server is asked for the rest.`;
    if (this.status === "waiting" || this.status === "loading") return "Pictures are made on the server; this browser is still fetching the model.";
    return `Pictures are made on the server, since this browser doesn't run the model${this.why ? `: ${this.why}` : ""}.`;
  }

  async begin(url) {
    try {
      if (!url) throw fallback("no checkpoint is open");
      this.turn("loading", "");
      const { threads, manifest } = await this.send("open", url, [known(this.facts), this.packed], false);
      if (url !== this.url) throw fallback("another checkpoint was opened");
      Object.assign(this, { manifest, threads, runs: "wasm" });
      this.turn("ready", "");
    } catch (error) {
      if (url === this.url) this.turn("failed", error.message);
      throw error.sentence ? error : fallback(error.message);
    }
  }

  // -- questions

  async ask(name, args, now = QUICK.has(name)) {
    await this.whenReady();
    return this.send(name, this.url, args, now);
  }

  send(name, url, args, now) {
    if (!this.worker) this.start();
    return new Promise((resolve, reject) => {
      const id = (this.count += 1);
      this.calls.set(id, { resolve, reject });
      this.worker.postMessage({ id, name, url, args, now });
    });
  }

  start() {
    this.worker = new Worker(source(WORKER), { type: held() ? "classic" : "module" }); // no browser loads a module for a page on a disk
    if (held()) this.worker.postMessage({ held: { ...held(), copy: null } });
    this.worker.onmessage = ({ data: { id, value, error } }) => {
      const call = this.calls.get(id);
      this.calls.delete(id);
      if (error) call.reject(raised(error));
      else call.resolve(value);
    };
    this.worker.onerror = (event) => {
      event.preventDefault?.();
      lost(WORKER);
      this.fail(fallback(`the worker stopped: ${event.message ?? "it can't be loaded"}`));
    };
  }

  /** The worker is no more: whoever waits is told; opening a checkpoint starts another. */
  fail(error) {
    this.worker.terminate();
    this.worker = null;
    this.opened = Promise.reject(error);
    this.opened.catch(() => {});
    this.turn("failed", error.message);
    for (const { reject } of this.calls.values()) reject(error);
    this.calls.clear();
  }

  state(point) {
    return this.ask("state", [point]);
  }

  states(points) {
    return Promise.all(points.map((point) => this.state(point)));
  }

  condition(point) {
    return this.ask("condition", [point]);
  }

  picture(point) {
    return this.ask("picture", [point]);
  }

  pictures(points, { onPicture } = {}) {
    return Promise.all(
      points.map(async (point, k) => {
        const src = await this.picture(point);
        onPicture?.(k, src);
        return src;
      }),
    );
  }

  difference(a, b) {
    return this.ask("difference", [a, b]);
  }

  pixels(point) {
    return this.ask("pixels", [point]);
  }

  place(point, map) {
    return this.ask("place", [point, map]);
  }

  places(points, map) {
    return Promise.all(points.map((point) => this.place(point, map)));
  }

  trust(points) {
    return this.ask("trust", [points]);
  }

  real(point) {
    return this.ask("real", [point]);
  }

  neighbours(point, k, space) {
    return this.ask("neighbours", [point, k, space]);
  }

  spot(start) {
    return this.ask("spot", [start]);
  }

  judge(point) {
    return this.ask("judge", [point]);
  }

  encode(pixels, condition) {
    return this.ask("encode", [pixels, condition]);
  }

  /** What is asked in one tick is drawn together; where one of them can't be, each is asked alone. */
  glyph(point) {
    this.lettering ??= (queueMicrotask(() => this.letters()), []);
    return new Promise((resolve, reject) => this.lettering.push({ point, resolve, reject }));
  }

  async letters() {
    const all = this.lettering;
    this.lettering = null;
    try {
      const made = await this.ask("glyphs", [all.map(({ point }) => point)]);
      all.forEach(({ resolve }, k) => resolve(made[k]));
    } catch (error) {
      if (all.length === 1) all[0].reject(error);
      else for (const one of all) this.ask("glyphs", [[one.point]]).then(([glyph]) => one.resolve(glyph), one.reject);
    }
  }

  tensor(name) {
    return this.ask("tensor", [name]);
  }

  /** How long the decoder alone takes here: n times, in milliseconds. */
  pace(n) {
    return this.ask("pace", [n]);
  }

  /** The number of an item far from all these points; see `recipes.distant`. */
  distant(points) {
    return this.ask("distant", [points]);
  }

  /** Mean latent of a group of items less that of another, as {vector, length}; see `recipes.difference`. */
  direction(pair) {
    return this.ask("direction", [pair]);
  }

  /** Addresses of all that this model may fetch. @returns {string[]} */
  files() {
    const { parts, weights, tensors, gz } = this.manifest;
    return [parts, weights, tensors].flatMap((kind) => Object.values(kind)).map(({ file }) => {
      const url = new URL(file, this.url);
      if (gz) url.pathname += ".gz";
      return url.href;
    });
  }

  async typical() {
    await this.whenReady();
    return this.manifest.typical;
  }

  // -- what a hand waits for

  draw(point, canvas) {
    return this.paint(canvas, "pixels", [point]);
  }

  drawDifference(a, b, canvas) {
    return this.paint(canvas, "gap", [a, b]);
  }

  /** One picture in the making for each canvas, the newest waiting. */
  async paint(canvas, name, args) {
    const lane = this.canvases.get(canvas) ?? { busy: false, next: null };
    this.canvases.set(canvas, lane);
    if (lane.busy) {
      lane.next?.(false);
      if (!(await new Promise((turn) => (lane.next = turn)))) return false;
      lane.next = null;
    }
    lane.busy = true;
    try {
      const { width, height, data, path } = await this.ask(name, args, true);
      if (path !== undefined) {
        filled(canvas, path);
        return true;
      }
      if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
      canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
      return true;
    } finally {
      lane.busy = false;
      lane.next?.(true);
    }
  }
}

/** How many pixels the screen has across a canvas, or across what it covers where it is still hidden. */
export const onScreen = (canvas) => Math.round((canvas.clientWidth || canvas.parentElement?.clientWidth || UNITS) * devicePixelRatio);

/** A shape on a canvas, at as many pixels as the screen has where it lies. */
function filled(canvas, path) {
  const side = onScreen(canvas);
  if (canvas.width !== side || canvas.height !== side) Object.assign(canvas, { width: side, height: side });
  const context = canvas.getContext("2d");
  context.setTransform(side / UNITS, 0, 0, side / UNITS, 0, 0);
  context.fillStyle = "#fff";
  context.fillRect(0, 0, UNITS, UNITS);
  context.fillStyle = "#000";
  context.fill(new Path2D(path), "evenodd");
}

export const engine = new Engine();
