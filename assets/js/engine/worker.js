/** The worker in which models run: takes calls, answers them, those that a hand waits for first. */

import { hold, load as file } from "../core/files.js";
import { fallback, flat } from "./errors.js";
import { direction, distant } from "./items.js";
import { glyphs } from "./letters.js";
import { Model } from "./model.js";
import { Runtime } from "./runtime.js";

const MODELS = 2;
const models = new Map();
const waiting = [];
let runtime = null;
let busy = false;

const CALLS = {
  state: (model, point) => model.resolve(point),
  condition: (model, point) => model.condition(point),
  picture: (model, point) => model.picture(point),
  pixels: (model, point) => model.pixels(point),
  gap: (model, a, b) => model.gap(a, b),
  difference: (model, a, b) => model.difference(a, b),
  place: (model, point, map) => model.place(point, map),
  trust: (model, points) => model.trust(points),
  real: (model, point) => model.real(point),
  neighbours: (model, point, k, space) => model.neighbours(point, k, space),
  spot: (model, start) => model.spot(start),
  judge: (model, point) => model.judge(point),
  encode: (model, pixels, condition) => model.encode(pixels, condition),
  glyphs: (model, points) => glyphs(model, points),
  tensor: (model, name) => model.tensors.get(name),
  distant: (model, points) => distant(model, points),
  direction: (model, pair) => direction(model, pair),
  accelerate: (model, force) => model.accelerate(force),
  pace: (model, n) => model.pace(n),
};

async function read(url) {
  const answer = await file(url);
  if (!answer.ok) throw fallback("there is no manifest");
  const manifest = await answer.json();
  if (manifest.state !== "ready") throw fallback(manifest.reasons.decoder);
  return manifest;
}

/** Begun before it is known what for, since it takes longer than all else. @param {boolean} packed see `Runtime.load` */
function load(packed) {
  runtime ??= Runtime.load(packed);
  runtime.catch(() => (runtime = null));
  return runtime;
}

/** Make a checkpoint ready to answer: its manifest, the runtime, the decoder, and a first run, which is the slowest. */
async function open(url, facts, packed) {
  if (facts.portable) load(packed);
  const manifest = await read(url);
  const model = new Model(url, manifest, facts);
  model.fetch("decoder"); // travels while the runtime is compiled
  model.runtime = await load(packed);
  const inputs = { z: new Float32Array(model.size), c: new Float32Array(manifest.attributes.reduce((n, a) => n + (a.kind === "categorical" ? a.values.length : 2), 0)) };
  for (let k = 0; k < 2; k++) await model.run("decoder", inputs);
  models.delete(url);
  models.set(url, model);
  for (const old of [...models.keys()].slice(0, -MODELS)) {
    models.get(old).close();
    models.delete(old);
  }
  return { threads: model.runtime.threads, manifest };
}

async function answer({ id, name, url, args }) {
  try {
    const model = models.get(url);
    if (!model && name !== "open") throw fallback("this checkpoint isn't open here");
    const value = name === "open" ? await open(url, ...args) : await CALLS[name](model, ...args);
    postMessage({ id, value });
  } catch (error) {
    postMessage({ id, error: flat(error) });
  }
}

/** What nobody's hand waits for is done one after the other, with a breath in between in which something urgent can come. */
async function work() {
  if (busy) return;
  busy = true;
  for (let job; (job = waiting.shift()); ) {
    await answer(job);
    await new Promise((next) => ((breath.port1.onmessage = next), breath.port2.postMessage(0)));
  }
  busy = false;
}

const breath = new MessageChannel();

onmessage = ({ data }) => {
  if (data.held) hold(data.held);
  else if (data.now) answer(data);
  else {
    waiting.push(data);
    work();
  }
};
