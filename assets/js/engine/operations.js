/** One step of a state {z, c}; see explorer/play/operations/. What is known here is tested to give the server's pictures. */

import { fallback, problem } from "./errors.js";
import { normal } from "./noise.js";
import { along, lerp, slerp } from "./paths.js";
import { unpack } from "./tensors.js";

/**
 * @typedef {{size: number, resolve: (point: object) => Promise<State>, tensor: (name: string) => Promise<object>,
 *   knots: (a: Float32Array, b: Float32Array) => Promise<Float64Array[]>}} Context
 * @typedef {{z: Float32Array, c: Float32Array}} State
 */

const added = (z, step, amount = 1) => z.map((v, k) => v + amount * step[k]);

/** A number within bounds, or what stands for one that isn't given. */
function number(params, name, [low, high], otherwise) {
  const value = params[name] ?? otherwise;
  if (typeof value !== "number" || !(value >= low && value <= high)) throw fallback(`the parameter ${name} doesn't fit`);
  return value;
}

function whole(params, name, high, otherwise) {
  const value = number(params, name, [0, high], otherwise);
  if (!Number.isInteger(value)) throw fallback(`the parameter ${name} doesn't fit`);
  return value;
}

function choice(params, name, values) {
  const value = params[name] ?? values[0];
  if (!values.includes(value)) throw fallback(`the parameter ${name} doesn't fit`);
  return value;
}

async function between(context, state, params) {
  const t = number(params, "t", [0, 1], 0.5);
  const method = choice(params, "method", ["slerp", "lerp", "dense"]);
  const share = { interpolate: t, a: 0, b: 1 }[choice(params, "condition", ["interpolate", "a", "b"])];
  const end = await context.resolve(params.to);
  const c = lerp(state.c, end.c, share);
  if (method === "dense") {
    if (t === 0 || t === 1) return { z: t ? end.z : state.z, c };
    return { z: along(await context.knots(state.z, end.z), t), c };
  }
  return { z: (method === "lerp" ? lerp : slerp)(state.z, end.z, t), c };
}

async function dimension(context, state, params) {
  const index = whole(params, "index", Infinity);
  const amount = number(params, "amount", [-6, 6], 1);
  if (index >= context.size) throw problem(`This latent has ${context.size} dimensions; there is no number ${index}.`, "panel");
  const spread = await context.tensor("z.std");
  const z = state.z.slice();
  z[index] += amount * spread.data[index];
  return { z, c: state.c };
}

async function principal(context, state, params) {
  const index = whole(params, "index", Infinity);
  const amount = number(params, "amount", [-6, 6], 1);
  const [components, variance] = await Promise.all([context.tensor("z.components"), context.tensor("z.variance")]);
  const [count, size] = components.shape;
  if (index >= count) throw problem(`There are ${count} principal directions; none is number ${index}.`, "panel");
  const step = components.data.subarray(index * size, (index + 1) * size);
  return { z: added(state.z, step, amount * Math.sqrt(variance.data[index])), c: state.c };
}

async function direction(context, state, params) {
  const vector = unpack(String(params.vector), context.size, "panel");
  return { z: added(state.z, vector, number(params, "amount", [-4, 4], 1)), c: state.c };
}

async function arithmetic(context, state, params) {
  const amount = number(params, "amount", [-2, 2], 1);
  const [plus, minus] = await Promise.all([context.resolve(params.plus), context.resolve(params.minus)]);
  return { z: state.z.map((v, k) => v + amount * (plus.z[k] - minus.z[k])), c: state.c };
}

async function corners(context, state, params) {
  const [u, v] = [number(params, "u", [0, 1]), number(params, "v", [0, 1])];
  const others = await Promise.all(["right", "below", "opposite"].map((name) => context.resolve(params[name])));
  const states = [state, ...others];
  const weights = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
  const mixed = (name) => state[name].map((_, d) => states.reduce((sum, s, k) => sum + weights[k] * s[name][d], 0));
  return { z: mixed("z"), c: mixed("c") };
}

async function vary(context, state, params) {
  const strength = number(params, "strength", [0, 8], 1);
  const noise = normal(whole(params, "seed", 2 ** 31 - 1), whole(params, "draw", 4095, 0), context.size);
  const spread = await context.tensor("z.posterior");
  return { z: state.z.map((v, k) => v + strength * spread.data[k] * noise[k]), c: state.c };
}

const OPERATIONS = { between, dimension, principal, direction, arithmetic, corners, vary };
const NAMES = {
  between: ["to", "t", "method", "condition"],
  dimension: ["index", "amount"],
  principal: ["index", "amount"],
  direction: ["vector", "amount", "label"],
  arithmetic: ["minus", "plus", "amount"],
  corners: ["right", "below", "opposite", "u", "v"],
  vary: ["seed", "draw", "strength"],
};

/** @param {Context} context @param {State} state @param {{op: string, params?: object}} edit @returns {Promise<State>} */
export function run(context, state, { op, params = {} }) {
  if (!Object.hasOwn(OPERATIONS, op)) throw fallback(`the operation ${op} is the server's`);
  const unknown = Object.keys(params).find((name) => !NAMES[op].includes(name));
  if (unknown) throw fallback(`${op} takes no ${unknown}`);
  return OPERATIONS[op](context, state, params);
}
