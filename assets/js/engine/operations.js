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
 *   knots: (a: Float32Array, b: Float32Array) => Promise<Float64Array[]>}} Context
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

const OPERATIONS = { between, dimension, principal, direction, arithmetic, corners, vary };

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
