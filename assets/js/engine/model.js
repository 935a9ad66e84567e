/** One checkpoint in the worker: what `Session` (explorer/play/session.py) is on the server, as far as the page needs it. */

import * as conditions from "./condition.js";
import { bound, learn, quoted, refuse } from "../compute/refusals.js";
import { fallback } from "./errors.js";
import { run, within } from "./operations.js";
import { Graph } from "./paths.js";
import * as outline from "./outline.js";
import { dataUrl, difference, show } from "./pixels.js";
import { blend, extent, inverseDistance, nearest, percentile, steps } from "./places.js";
import { PRIORS } from "./priors.js";
import { read } from "./reading.js";
import { Runtime } from "./runtime.js";
import { bytes, pack, Tensors, unpack } from "./tensors.js";

const KEPT = 1024;
const NEIGHBOURS = 8;
const WORTH = 4; // milliseconds a picture; below that a graphics card, which is asked and waited for, has nothing to win
const SAME = 0.5 / 255; // half a step of what a screen shows

/** The answers given last, by a key; the least used is forgotten first. */
class Memory {
  constructor(most) {
    Object.assign(this, { most, map: new Map() });
  }

  get(key, make) {
    const known = this.map.get(key);
    if (known !== undefined) this.map.delete(key);
    const value = known ?? make();
    this.map.set(key, value);
    if (known === undefined && value instanceof Promise) value.catch(() => this.map.delete(key));
    if (this.map.size > this.most) this.map.delete(this.map.keys().next().value);
    return value;
  }
}

const url = (seen) => (seen.path === undefined ? dataUrl(seen) : outline.dataUrl(seen.path));

export class Model {
  /**
   * @param {string} url of its manifest @param {object} manifest
   * @param {{rules: object, operations: object, unasked: string[], titles: object}} facts how to check and refuse, see explorer/play/rules.py
   */
  constructor(url, manifest, facts) {
    learn(facts.rules);
    Object.assign(this, { url, manifest, runtime: null, facts, tensors: new Tensors(manifest, url), sessions: new Map(), bundles: new Map() });
    Object.assign(this, { states: new Memory(KEPT), outputs: new Memory(KEPT / 8), ways: new Memory(8), once: new Memory(16) });
    this.attributes = manifest.attributes;
    this.size = manifest.latent.shape.reduce((a, b) => a * b, 1);
    this.steps = {
      facts,
      size: this.size,
      resolve: (point) => this.resolve(point),
      tensor: (name) => this.tensors.get(name),
      knots: (a, b) => this.knots(a, b),
      leaves: manifest.leaves,
      run: (part, inputs) => this.run(part, inputs),
      kept: (key, make) => this.ways.get(key, make),
      drawn: (how) => this.prior(manifest.priors[0], how),
    };
  }

  /** Run a part: the numbers of its inputs by name -> its output. */
  async run(part, inputs) {
    const session = await this.part(part);
    try {
      return await session.run(inputs);
    } catch (error) {
      this.sessions.delete(part); // such as a graphics card that went away: the next run opens it anew, on WebAssembly
      throw error;
    }
  }

  /** @returns {Promise<import("./runtime.js").Session>} */
  part(name) {
    if (!this.sessions.has(name)) {
      const facts = this.manifest.parts[name];
      if (!facts) throw fallback(`the ${name} stays on the server`);
      const made = this.open(this.runtime, name);
      this.sessions.set(name, made);
      made.catch(() => this.sessions.delete(name));
    }
    return this.sessions.get(name);
  }

  /** A part's graph with the weights that it names, opened by a runtime. @param {import("./runtime.js").Runtime} runtime */
  async open(runtime, name) {
    const [graph, ...bundles] = await Promise.all(this.fetch(name));
    return runtime.session(new Uint8Array(graph), bundles.flat());
  }

  /** The files of a part, on their way. @returns {Promise<ArrayBuffer | {path: string, data: Uint8Array}[]>[]} its graph, and bundles of weights */
  fetch(name) {
    const { file, weights } = this.manifest.parts[name];
    const files = [this.once.get(`graph ${name}`, () => bytes(new URL(file, this.url), this.manifest.gz)), ...weights.map((group) => this.weights(group))];
    files.forEach((one) => one.catch(() => {})); // whoever needs them hears of it
    return files;
  }

  /** A bundle of weights, fetched once for all the parts that read it: [{path, data}]. */
  weights(group) {
    if (!this.bundles.has(group)) {
      const { file, tensors } = this.manifest.weights[group];
      const cut = (whole) => tensors.map(([path, start, length]) => ({ path, data: new Uint8Array(whole, start, length) }));
      const made = bytes(new URL(file, this.url), this.manifest.gz).then(cut);
      this.bundles.set(group, made);
      made.catch(() => this.bundles.delete(group));
    }
    return this.bundles.get(group);
  }

  async close() {
    for (const session of this.sessions.values()) (await session).close();
  }

  // -- from a recipe to latent and condition

  /** @returns {Promise<{z: Float32Array, c: Float32Array}>} */
  resolve(point) {
    return this.states.get(JSON.stringify(point), () => this.make(point));
  }

  async make(point) {
    const { start = { item: 0 }, condition = {}, edits = [] } = point ?? {};
    within(this.facts.operations, { start, edits });
    let state = await this.begin(start);
    if (Object.keys(condition).length) {
      const untold = Object.keys(condition).find((name) => this.facts.unasked.includes(name));
      if (untold) throw refuse("unasked", { title: this.manifest.title, name: untold, label: this.attributes.find((a) => a.name === untold).label.toLowerCase() });
      const asked = conditions.encode(this.attributes, condition);
      const c = state.c.slice();
      const where = conditions.slices(this.attributes);
      for (const name of Object.keys(condition)) c.set(asked.subarray(...where[name]), where[name][0]);
      state = { z: state.z, c };
    }
    if (edits.length && !this.manifest.latent.between) throw fallback("this kind of latent is edited on the server");
    for (const edit of edits) state = await run(this.steps, state, edit);
    return state;
  }

  async begin(start) {
    if ("item" in start) return this.item(start.item);
    if ("seed" in start) return this.drawn(start);
    if ("map" in start) return this.atSpot(start);
    if ("latent" in start) return { z: unpack(start.latent, this.size, "own-item"), c: conditions.encode(this.attributes, start.condition) };
    if ("of" in start) return this.resolve(start.of);
    throw fallback("this start is the server's");
  }

  async item(index) {
    if (index >= this.manifest.items) throw refuse("item", { title: this.manifest.title, items: this.manifest.items, index });
    const codes = await this.tensors.get("codes");
    const many = this.attributes.length;
    const near = this.manifest.rows?.[index]; // a site opens on it, and needn't wait for all the others
    return {
      z: near ? unpack(near, this.size, "map") : (await this.tensors.get("z")).data.slice(index * this.size, (index + 1) * this.size),
      c: conditions.encodeCodes(this.attributes, Array.from(codes.data.subarray(index * many, (index + 1) * many))),
    };
  }

  async drawn({ seed, draw = 0, temperature = 1, prior, condition }) {
    const name = prior ?? this.manifest.priors[0];
    const c = conditions.encode(this.attributes, condition);
    if (!this.manifest.priors.includes(name)) throw refuse("prior", { title: this.manifest.title, name: quoted(name), known: this.manifest.priors });
    return { z: await this.prior(name, { c, seed, draw, temperature }), c };
  }

  /** A draw of a prior, [size]. */
  async prior(name, how) {
    if (!Object.hasOwn(PRIORS, name)) throw fallback(`the prior ${name} is the server's`);
    return PRIORS[name]({ tensor: (own) => this.tensors.get(`prior.${name}.${own}`), ...how });
  }

  async atSpot(start) {
    const spec = this.map(start.map);
    const spot = await this.spot(start);
    const { c } = await this.item(spot.indices[0]);
    if (spec.place === "plane") return { z: Float32Array.from(start.at), c };
    const z = await this.tensors.get("z");
    return { z: blend(z.data, this.size, spot.indices, spot.weights), c };
  }

  /** What lies at a spot of a map: {indices, weights, distance}. */
  async spot({ map, at }) {
    const spec = this.map(map);
    if (!spec.place) throw fallback(`the map ${map} is the server's`);
    if (at.length !== spec.dims) throw refuse("map-dimensions", { title: this.facts.titles[spec.name], dims: spec.dims, given: at.length });
    const places = await this.tensors.get(`map.${map}`);
    const box = this.once.get(`box ${map}`, () => extent(places.data, spec.dims));
    const off = (v, k) => v < box[k][0] - bound("off_map") * (box[k][1] - box[k][0]) || v > box[k][1] + bound("off_map") * (box[k][1] - box[k][0]);
    if (at.some(off)) throw refuse("off-map", { title: this.facts.titles[spec.name] });
    const found = nearest(Float32Array.from(at), places.data, NEIGHBOURS);
    const distances = found.map(([, distance]) => distance);
    return { indices: found.map(([row]) => row), weights: inverseDistance(distances), distance: distances[0] / spec.unit };
  }

  map(name) {
    const spec = name === null || name === undefined ? this.manifest.maps[0] : this.manifest.maps.find((m) => m.name === name);
    if (!spec) throw refuse("map", { title: this.manifest.title, name: quoted(name) });
    return spec;
  }

  async knots(a, b) {
    const key = `${a.join()} ${b.join()}`;
    return this.ways.get(key, async () => (await this.graph()).knots(a, b));
  }

  graph() {
    return this.once.get("graph", async () => {
      const [z, index, bridges] = await Promise.all(["z", "neighbours.index", "graph.bridges"].map((name) => this.tensors.get(name)));
      return new Graph(z.data, this.size, index.data, bridges.data);
    });
  }

  async condition(point) {
    return conditions.decode(this.attributes, (await this.resolve(point)).c);
  }

  // -- pictures

  /** The decoder's output for a point. */
  async output(point) {
    const state = await this.resolve(point);
    return this.outputs.get(`${state.z.join()} ${state.c.join()}`, () => this.run("decoder", state));
  }

  /**
   * Move the decoder to the graphics card, where there is one on which it gives the same pictures, and faster.
   * @param {boolean} force whatever it takes, and on software too, as tests need it
   * @returns {Promise<string>} on what the decoder runs now, and why
   */
  async accelerate(force) {
    const median = (times) => times.sort((a, b) => a - b)[times.length >> 1];
    const now = median(await this.pace(9));
    if (this.manifest.gz || (!force && now < WORTH)) return "wasm: it is fast enough";
    const gpu = await Runtime.gpu(force);
    if (!gpu) return "wasm: there is no graphics card for the page";
    const before = this.sessions.get("decoder");
    const there = await this.open(gpu, "decoder");
    for (let k = 0; k < 8; k++) {
      const state = await this.resolve({ start: { item: Math.floor((k * this.manifest.items) / 8) } });
      const [a, b] = [await this.run("decoder", state), await there.run(state)];
      if (a.some((v, d) => !(Math.abs(v - b[d]) <= SAME))) {
        await there.close();
        return "wasm: the graphics card gives other pictures";
      }
    }
    this.sessions.set("decoder", Promise.resolve(there));
    if (!force && median(await this.pace(9)) > now) {
      this.sessions.set("decoder", before);
      await there.close();
      return "wasm: the graphics card is slower";
    }
    (await before).close();
    return "webgpu";
  }

  /** How long the decoder alone takes, n times, in milliseconds. */
  async pace(n) {
    const state = await this.resolve({});
    const times = [];
    for (let k = 0; k < n; k++) {
      const from = performance.now();
      await this.run("decoder", state);
      times.push(performance.now() - from);
    }
    return times;
  }

  /** What a person sees of a point: {width, height, data}, or of a shape the `d` of its outline. */
  async pixels(point) {
    const { drawn, modality, shape } = this.manifest;
    if (drawn === "outline") return { path: outline.pathOf([await this.output(point)], shape) };
    if (drawn !== "pixels") throw fallback(`${modality} is shown by the server`);
    return show(await this.output(point), shape);
  }

  async picture(point) {
    return url(await this.pixels(point));
  }

  async gap(a, b) {
    const { drawn, shape } = this.manifest;
    const both = [await this.output(a), await this.output(b)];
    return drawn === "outline" ? { path: outline.pathOf(both, shape) } : difference(...both, shape);
  }

  async difference(a, b) {
    return url(await this.gap(a, b));
  }

  // -- places and distances

  /** Where a state lies in a space of the maps. */
  async vector(state, space) {
    if (space === "features") return this.run("features", state);
    if (this.manifest.embeds) throw fallback("only the server knows where a latent of this model lies");
    if (space === "latent") return state.z;
    if (space !== "conditioned") throw fallback(`the space ${space} is the server's`);
    const scale = await this.tensors.get("conditioned.scale");
    return Float32Array.from(scale.data, (s, k) => s * (k < this.size ? state.z[k] : state.c[k - this.size]));
  }

  /** The items' vectors in a space [n, size]. */
  async space(name) {
    if (name === "latent") return (await this.tensors.get("z")).data;
    if (name === "features") return (await this.tensors.get("space.features")).data;
    return this.once.get("conditioned", async () => {
      const [z, codes, scale] = await Promise.all(["z", "codes", "conditioned.scale"].map((own) => this.tensors.get(own)));
      const [width, many] = [scale.data.length, this.attributes.length];
      const out = new Float32Array(this.manifest.items * width);
      for (let k = 0; k < this.manifest.items; k++) {
        const c = conditions.encodeCodes(this.attributes, Array.from(codes.data.subarray(k * many, (k + 1) * many)));
        out.set(z.data.subarray(k * this.size, (k + 1) * this.size), k * width);
        out.set(c, k * width + this.size);
        for (let d = 0; d < width; d++) out[k * width + d] *= scale.data[d];
      }
      return out;
    });
  }

  async place(point, name) {
    const spec = this.map(name);
    const { start = { item: 0 }, condition = {}, edits = [] } = point;
    const asked = Object.keys(condition).length > 0;
    const places = async () => (await this.tensors.get(`map.${spec.name}`)).data;
    const row = async (k) => Array.from((await places()).subarray(k * spec.dims, (k + 1) * spec.dims));
    if (!edits.length) {
      if (start.map === spec.name && spec.place === "plane" && !asked) return this.spot(start).then(() => [...start.at]);
      if ("item" in start && (!asked || spec.space === "latent")) {
        await this.item(start.item);
        return row(start.item);
      }
    }
    const state = await this.resolve(point);
    if (spec.place === "plane") return Array.from(state.z);
    if (spec.place !== "nearest") throw fallback(`the map ${spec.name} is the server's`);
    const [vector, rows, coords] = await Promise.all([this.vector(state, spec.space), this.space(spec.space), places()]);
    const found = nearest(vector, rows, NEIGHBOURS);
    const weights = inverseDistance(found.map(([, distance]) => distance));
    return Array.from(blend(coords, spec.dims, found.map(([k]) => k), weights));
  }

  async neighbours(point, k = 8, space = "latent") {
    const own = point.start && "item" in point.start ? point.start.item : point.start ? -1 : 0;
    const state = await this.resolve(point);
    const [vector, rows] = await Promise.all([this.vector(state, space), this.space(space)]);
    return nearest(vector, rows, k + 1).filter(([row]) => row !== own).slice(0, k);
  }

  async trust(points) {
    const [rows, quantiles] = await Promise.all([this.space("latent"), this.tensors.get("neighbours.quantiles")]);
    return Promise.all(
      points.map(async (point) => {
        const [[item, distance]] = nearest(await this.vector(await this.resolve(point), "latent"), rows, 1);
        return { nearest: item, distance, percentile: percentile(quantiles.data, distance) };
      }),
    );
  }

  /** How far a point's picture lies from real items, as the judge sees it; see explorer/box/real.py. */
  async real(point) {
    const x = await this.output(point);
    const [scores, { data }] = await Promise.all([this.run("judge", { x }), this.tensors.get("real.scores")]);
    return steps(scores, data, this.manifest.tensors["real.scores"].scale) / this.manifest.real;
  }

  // -- readings

  async read(x) {
    return read(this.attributes, await this.run("judge", { x }));
  }

  async judge(point) {
    return this.read(await this.output(point));
  }

  /** A person's own item: pixels float32 [C, H, W] in [0, 1]; see `Session.encode`. */
  async encode(x, condition) {
    if (x.length !== this.manifest.shape.reduce((a, b) => a * b, 1)) throw fallback("this item has another shape");
    const readings = this.manifest.parts.judge ? await this.read(x) : {};
    const seen = Object.fromEntries(Object.entries(readings).map(([name, { value }]) => [name, value]));
    const asked = { ...seen, ...(condition ?? {}) };
    const c = conditions.encode(this.attributes, asked);
    const z = await this.run("encoder", { x, c });
    const y = await this.run("decoder", { z, c });
    const square = y.reduce((sum, v, k) => sum + (v - x[k]) ** 2, 0) / y.length;
    return { latent: pack(z), condition: asked, readings, psnr: -10 * Math.log10(Math.max(square, 1e-10)) };
  }
}
