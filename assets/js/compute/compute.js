/**
 * What the page asks of the open model. Every panel, lens and cell goes through this one object, and none knows who answers:
 * the engine in this browser, or the server.
 *
 *     import { compute } from "../compute/compute.js";
 *
 *     const [asked] = await compute.condition([point]);             // {attribute: value, blend or null}
 *     const [src] = await compute.picture([point]); // data URL
 *     const [src] = await compute.difference([[a, b]]);             // where two pictures differ
 *     const [[x, y]] = await compute.places([point], "flat");       // on a map; null: the one that opens
 *     const [{ indices, weights, distance }] = await compute.spots([{ start: { map, at } }]);
 *     const [{ nearest, distance, ratio, percentile }] = await compute.trust([point]);
 *     const [[[item, distance]]] = await compute.neighbours([point], 8, "latent");
 *     const [readings] = await compute.judge([point]);              // {attribute: {value, probability, chances}} or null
 *     const [wav] = await compute.listen([point]);                  // data URL of a WAV file
 *     const [{ d, begin, end, left, right }] = await compute.glyphs([point]); // a letter's outline, and what stands free beside it
 *     const [item] = await compute.distant([[a, b]]);               // number of an item far from a and b
 *     const [{ vector, length }] = await compute.direction([{ name, plus, minus }]); // groups: bits of items as base64
 *     const [{ z, c }] = await compute.state([point]);              // packed, see `scene.pack`
 *     const { data, shape } = await compute.tensor("error");        // typed array: numbers of all items
 *     const { point, fitted, sound, note, psnr, readings } = await compute.encode(dataUrl, condition, cropped);
 *     const { point, asked } = await compute.painted(point, dataUrl, true); // strokes on the picture of a point -> where they lead
 *     const { point, read, fitted } = await compute.letters(dataUrls, "Rag"); // the design of a person's own letters
 *     const panel = await compute.panel(scene);                     // nodes of a special tab
 *     await compute.draw(point, canvas);                            // what a hand waits for: true when painted, false when overtaken
 *     await compute.drawDifference(a, b, canvas);
 *
 * A point is as in a scene, and what is left out is as by default: `{start, condition, edits}`. Each list is answered by one entry
 * a point, in order. The last argument of each question may be `{signal, urgent}`: an AbortSignal, after which nobody waits for
 * the answer (it rejects with an AbortError, and what isn't begun is never made), and whether a hand waits for it.
 *
 * What goes wrong rejects with an `ExplorerError {sentence, where}`: a sentence for a person, and the id of the element to show
 * it at. What is asked in one tick travels together; answers are kept by recipe, the least used forgotten first.
 */

import { engine, onScreen } from "../engine/engine.js";
import { InPage } from "./engine.js";
import { ExplorerError, overtaken } from "./error.js";
import { Memory } from "./memory.js";
import { compact } from "./points.js";
import { learn, refuse } from "./refusals.js";
import { numbers, Server } from "./server.js";

export { ExplorerError } from "./error.js";

const ANSWERS = 4096;
const CHARACTERS = 48_000_000;

/** One thing that is asked, and all who wait for it. */
export class Entry {
  /** @param {{model: string, ask: string, extra: object, point: any}} what */
  constructor(what) {
    Object.assign(this, what, { urgent: false, waiters: new Set() });
    this.group = JSON.stringify([this.model, this.ask, this.extra]);
    this.key = JSON.stringify([this.model, this.ask, this.extra, this.point]);
  }

  /** Does anybody wait for it? */
  get wanted() {
    return this.waiters.size > 0;
  }

  give(value) {
    this.settled(value, null);
    for (const { resolve } of this.waiters) resolve(value);
  }

  fail(error) {
    this.settled(undefined, error);
    for (const { reject } of this.waiters) reject(error);
  }
}

export class Compute {
  constructor() {
    Object.assign(this, { facts: null, server: null, here: new InPage(engine), memory: new Memory(ANSWERS, CHARACTERS), pending: new Map(), queue: [], hands: new WeakMap() });
    this.tick = new MessageChannel();
    this.tick.port1.onmessage = () => this.flush();
  }

  /**
   * Whom to ask where this browser can't answer.
   * @param {((request: object) => Promise<object>)|null} send null: there is no server
   * @param {boolean} packed whether the engine's files lie there packed, as on a static site
   */
  connect(send, packed = false) {
    this.server = send && new Server(send);
    engine.packed = packed;
  }

  /** Which model the questions are about. @param {object} facts what `open` answers: `model`, `card`, `operations`, ... */
  open(facts) {
    this.facts = facts;
    learn(facts.rules);
    engine.open(facts.model, facts);
  }

  /** Take answers that came with the model, as if they had been asked for. @param {{rows: [string, object, object, any][]}} first see `explorer/page/serving/first.py` */
  know({ rows }) {
    for (const [ask, extra, about, value] of rows) {
      const { key } = new Entry({ model: this.facts.model.name, ask, extra, point: about === null ? undefined : compact(about) });
      this.memory.set(key, ask === "tensor" ? numbers(value) : value);
    }
  }

  /** Can this browser answer for the model that is open? */
  get ready() {
    return engine.ready(this.facts?.model);
  }

  // -- questions with one answer a point

  condition(points, how) {
    return this.each("condition", points.map(compact), {}, how);
  }

  state(points, how) {
    return this.each("state", points.map(compact), {}, how);
  }

  picture(points, how) {
    return this.each("picture", points.map(compact), {}, how);
  }

  difference(pairs, how) {
    return this.each("difference", pairs.map((pair) => pair.map(compact)), {}, how);
  }

  /** Charts and tables of items, see `Modality.node`; of a group the last counts. */
  nodes(groups, how) {
    return this.each("nodes", groups.map((points) => points.map(compact)), {}, how);
  }

  places(points, map = null, how = {}) {
    return this.each("places", points.map(compact), { map: map ?? this.facts.model.maps[0].name }, how);
  }

  spots(points, how) {
    return this.each("spots", points.map(compact), {}, how);
  }

  trust(points, how) {
    return this.each("trust", points.map(compact), {}, how);
  }

  real(points, how) {
    return this.each("real", points.map(compact), {}, how);
  }

  neighbours(points, k = 8, space = "latent", how = {}) {
    return this.each("neighbours", points.map(compact), { k, space }, how);
  }

  judge(points, how) {
    return this.each("judge", points.map(compact), {}, how);
  }

  listen(points, how) {
    return this.each("listen", points.map(compact), {}, how);
  }

  glyphs(points, how) {
    return this.each("glyphs", points.map(compact), {}, how);
  }

  distant(groups, how) {
    return this.each("distant", groups.map((points) => points.map(compact)), {}, how);
  }

  direction(pairs, how) {
    return this.each("direction", pairs, {}, how);
  }

  // -- questions with one answer

  tensor(name, how) {
    return this.one("tensor", { name }, how);
  }

  encode(file, condition = {}, cropped = false, how = {}) {
    return this.one("encode", { file, condition, cropped }, { ...how, keep: false });
  }

  letters(files, text, how = {}) {
    return this.one("letters", { files, text }, { ...how, keep: false });
  }

  painted(point, strokes, attributes = true, how = {}) {
    return this.one("painted", { point: compact(point), strokes, attributes }, { ...how, keep: false });
  }

  panel(scene, how = {}) {
    return this.one("panel", { scene }, { ...how, keep: false });
  }

  // -- pictures under a hand

  draw(point, canvas) {
    return this.hand(canvas, () => engine.draw(compact(point), canvas), (how) => this.picture([point], how));
  }

  drawDifference(a, b, canvas) {
    return this.hand(canvas, () => engine.drawDifference(compact(a), compact(b), canvas), (how) => this.difference([[a, b]], how));
  }

  /** By the engine straight onto the canvas, or else as a picture that is asked for. */
  async hand(canvas, here, there) {
    if (!this.ready || !this.facts.model.modality.drawn) return this.paint(canvas, there);
    this.hands.get(canvas)?.abort();
    try {
      return await here();
    } catch (error) {
      if (error.sentence) throw new ExplorerError(error.sentence, error.where);
      return this.paint(canvas, there);
    }
  }

  /** The newest wins, canvas by canvas. */
  async paint(canvas, ask) {
    this.hands.get(canvas)?.abort();
    const hand = new AbortController();
    this.hands.set(canvas, hand);
    try {
      const [src] = await ask({ signal: hand.signal, urgent: true });
      const image = Object.assign(new Image(), { src });
      await image.decode();
      if (hand.signal.aborted) return false;
      const outlined = this.facts.model.modality.drawn === "outline";
      const [width, height] = outlined ? [onScreen(canvas), onScreen(canvas)] : [image.naturalWidth, image.naturalHeight];
      Object.assign(canvas, { width, height });
      canvas.getContext("2d").drawImage(image, 0, 0, width, height);
      return true;
    } catch (error) {
      if (error.name === "AbortError") return false;
      throw error;
    }
  }

  // -- how questions travel

  each(ask, points, extra, how = {}) {
    return Promise.all(points.map((point) => this.entry({ ask, extra, point }, how)));
  }

  one(ask, extra, how = {}) {
    return this.entry({ ask, extra, point: undefined }, how);
  }

  entry(what, { signal = null, urgent = false, keep = true }) {
    if (signal?.aborted) return Promise.reject(overtaken());
    const made = new Entry({ model: this.facts.model.name, facts: this.facts, ...what });
    const known = keep && this.memory.get(made.key);
    if (known) return Promise.resolve(known.value);
    const entry = this.pending.get(made.key) ?? made;
    if (entry === made) this.begin(entry, keep);
    entry.urgent ||= urgent;
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      entry.waiters.add(waiter);
      signal?.addEventListener("abort", () => {
        entry.waiters.delete(waiter);
        if (!entry.wanted && this.pending.get(entry.key) === entry) this.pending.delete(entry.key);
        reject(overtaken());
      }, { once: true });
    });
  }

  begin(entry, keep) {
    this.pending.set(entry.key, entry);
    entry.settled = (value, error) => {
      if (this.pending.get(entry.key) === entry) this.pending.delete(entry.key);
      if (!error && keep) this.memory.set(entry.key, value);
    };
    if (!this.queue.length) this.tick.port2.postMessage(0);
    this.queue.push(entry);
  }

  flush() {
    const entries = this.queue.filter((entry) => entry.wanted);
    this.queue = [];
    const elsewhere = [];
    for (const entry of entries) {
      if (this.here.can(entry.ask, entry.facts)) this.here.ask([entry], entry.facts, (rest, error) => this.elsewhere(rest, error));
      else elsewhere.push(entry);
    }
    if (elsewhere.length) this.elsewhere(elsewhere);
  }

  /** What this browser can't answer, or not yet. @param {Error} [error] why it couldn't */
  elsewhere(entries, error) {
    if (this.server) this.server.ask(entries);
    else if (error) entries.forEach((entry) => entry.fail(reason(error)));
    else this.await(entries);
  }

  /** Without a server: as soon as the engine is up. */
  async await(entries) {
    try {
      await engine.whenReady();
      const [able, rest] = [true, false].map((yes) => entries.filter((entry) => this.here.can(entry.ask, entry.facts) === yes));
      this.here.ask(able, this.facts, (left, error) => this.elsewhere(left, error));
      rest.forEach((entry) => entry.fail(refuse("no-server")));
    } catch (error) {
      entries.forEach((entry) => entry.fail(reason(error)));
    }
  }
}

/** What went wrong in this browser, for a person. */
const reason = (error) =>
  error instanceof TypeError && !navigator.onLine ? refuse("offline") : refuse("not-here", { why: error?.message || String(error) });

export const compute = new Compute();
