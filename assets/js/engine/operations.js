/** One step of a state {z, c}; see explorer/play/operations/. What is known here is tested to give the server's pictures. */

import { fitting, Misfit } from "../compute/check.js";
import { rounded } from "../compute/numbers.js";
import { bound, quoted, refuse } from "../compute/refusals.js";
import { fallback } from "./errors.js";
import { normal } from "./noise.js";
import { along, lerp, slerp } from "./paths.js";
import { unpack } from "./tensors.js";

/**
 * @typedef {{size: number, resolve: (point: object) => Promise<State>, tensor: (name: string) => Promise<object>,
 *   knots: (a: Float32Array, b: Float32Array) => Promise<Float64Array[]>, leaves: Object<string, number>,
 *   run: (part: string, inputs: object) => Promise<Float32Array>, kept: (key: string, make: () => Promise<any>) => Promise<any>,
 *   drawn: (how: object) => Promise<Float32Array>}} Context
 * @typedef {{z: Float32Array, c: Float32Array}} State
 */

const added = (z, step, amount = 1) => z.map((v, k) => v + amount * step[k]);

async function between(context, state, { to, t, method, condition }) {
  const share = { interpolate: t, a: 0, b: 1 }[condition];
  const end = await context.resolve(to);
  const c = lerp(state.c, end.c, share);
  if (method === "dense") {
    if (t === 0 || t === 1) return { z: t ? end.z : state.z, c };
    return { z: along(await context.knots(state.z, end.z), t), c };
  }
  return { z: (method === "lerp" ? lerp : slerp)(state.z, end.z, t), c };
}

async function dimension(context, state, { index, amount }) {
  if (index >= context.size) throw refuse("dimension", { size: context.size, index });
  const spread = await context.tensor("z.std");
  const z = state.z.slice();
  z[index] += amount * spread.data[index];
  return { z, c: state.c };
}

async function principal(context, state, { index, amount }) {
  const [components, variance] = await Promise.all([context.tensor("z.components"), context.tensor("z.variance")]);
  const [count, size] = components.shape;
  if (index >= count) throw refuse("principal", { size: count, index });
  const step = components.data.subarray(index * size, (index + 1) * size);
  return { z: added(state.z, step, amount * Math.sqrt(variance.data[index])), c: state.c };
}

async function direction(context, state, { vector, amount }) {
  return { z: added(state.z, unpack(vector, context.size, "panel"), amount), c: state.c };
}

async function arithmetic(context, state, { amount, ...ends }) {
  const plus = await context.resolve(ends.plus); // one after the other, as on the server: the first that can't be had is told
  const minus = await context.resolve(ends.minus);
  return { z: state.z.map((v, k) => v + amount * (plus.z[k] - minus.z[k])), c: state.c };
}

async function corners(context, state, params) {
  const { u, v } = params;
  const states = [state];
  for (const name of ["right", "below", "opposite"]) states.push(await context.resolve(params[name]));
  const weights = [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v];
  const mixed = (name) => state[name].map((_, d) => states.reduce((sum, s, k) => sum + weights[k] * s[name][d], 0));
  return { z: mixed("z"), c: mixed("c") };
}

async function vary(context, state, { seed, draw, strength }) {
  const noise = normal(seed, draw, context.size);
  const spread = await context.tensor("z.posterior");
  return { z: state.z.map((v, k) => v + strength * spread.data[k] * noise[k]), c: state.c };
}

/** One gradient step from the origin, which is what a model without an encoder's own "encoder" gives; kept, so that a slider answers at once. */
async function origin(context, { z, c }, { step }) {
  const whole = await context.kept(`origin ${z.join()} ${c.join()}`, async () => context.run("encoder", { x: await context.run("decoder", { z, c }), c }));
  return { z: whole.map((v) => step * v), c };
}

/** Where each leaf of the latent begins and ends: [name, first, end]. */
function leaves({ leaves: sizes }) {
  let end = 0;
  return Object.entries(sizes).map(([name, size]) => [name, end, (end += size)]);
}

async function mixStyles(context, state, { to, layers, amount }) {
  const all = leaves(context);
  if (new Set(layers).size < layers.length || layers.some((layer) => layer < 0 || layer >= all.length)) throw fallback("the server says what is wrong with these layers");
  const other = await context.resolve(to);
  const z = state.z.slice();
  for (const [, first, end] of layers.map((layer) => all[layer])) z.set(lerp(state.z.subarray(first, end), other.z.subarray(first, end), amount), first);
  return { z, c: state.c };
}

async function redraw(context, state, { leaf, seed, draw, temperature }) {
  const found = leaves(context).find(([name]) => name === leaf);
  if (!found) throw fallback("this part of the latent is the server's");
  const fresh = await context.drawn({ c: state.c, seed, draw, temperature });
  const z = state.z.slice();
  z.set(fresh.subarray(found[1], found[2]), found[1]);
  return { z, c: state.c };
}

/** By name; that each is said to be `portable` in Python is tested. */
export const OPERATIONS = { between, dimension, principal, direction, arithmetic, corners, vary, origin, mix_styles: mixStyles, redraw };

/**
 * Refuse a recipe that takes too much work, before any of it is done; see `work` of explorer/play/operations/base.py.
 * @param {object} operations what is known of each @param {{start?: object, edits?: object[]}} point
 */
export function within(operations, point) {
  if (!point.edits?.length && !point.start?.of) return;
  let total = 0;
  const waiting = [point];
  for (let one; (one = waiting.pop()); ) {
    total += 1;
    if (one.start?.of) waiting.push(one.start.of);
    for (const { op, params = {} } of one.edits ?? []) {
      if (!Object.hasOwn(operations, op)) continue;
      total += operations[op].cost;
      waiting.push(...operations[op].points.map((name) => params[name]).filter((value) => value && typeof value === "object"));
    }
  }
  const most = bound("work");
  if (total > most) throw refuse("too-much-work", { seconds: rounded(total / 1000, 1), most: most / 1000 });
}

/** @param {Context} context @param {State} state @param {{op: string, params?: object}} edit @returns {Promise<State>} */
export function run(context, state, { op, params = {} }) {
  const { rules, operations } = context.facts;
  if (!Object.hasOwn(operations, op)) throw refuse("unknown", { name: quoted(op), room: "operations", known: Object.keys(operations) });
  const { title, why_not: reason } = operations[op];
  if (reason) throw refuse("reason", { reason });
  let whole;
  try {
    whole = fitting(rules.operations[op], params, rules.defs);
  } catch (error) {
    throw error instanceof Misfit ? refuse("parameter", { title, misfit: error.phrase }) : error;
  }
  if (!Object.hasOwn(OPERATIONS, op)) throw fallback(`the operation ${op} is the server's`);
  return OPERATIONS[op](context, state, whole);
}
