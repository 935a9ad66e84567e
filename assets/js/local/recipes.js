/** What the strips of a scene are made of, as `explorer/play/recipes.py`: the ends of its path, the steps between, the corners, the draws. */

import { bool, float, int, literal, Misfit, optional, record, text } from "./check.js";
import { ExplorerError } from "./error.js";
import { rounded } from "../compute/numbers.js";
import { compact, condition, item, MAX_EDITS, NAME, origin, point, pointOf, then } from "./scene.js";

const CANDIDATES = 256;
export const MAX_STEPS = 25;
export const MAX_DRAWS = 48;
export const GRID = 5;

export const METHODS = literal("lerp", "slerp", "dense");
export const HELD = literal("interpolate", "a", "b");

/** Options of the tab `interpolate`. */
export const PathOptions = record("PathOptions", {
  steps: [int({ ge: 3, le: MAX_STEPS }), 9], method: [METHODS, "slerp"], condition: [HELD, "interpolate"], grid: [bool, false],
  c: [optional(point), null], d: [optional(point), null],
});

/** Options of the tab `resample`. */
export const DrawOptions = record("DrawOptions", {
  source: [literal("prior", "posterior"), "prior"], prior: [optional(text({ pattern: NAME })), null], count: [int({ ge: 1, le: MAX_DRAWS }), 12],
  temperature: [float({ ge: 0, le: 2 }), 1], strength: [float({ ge: 0, le: 8 }), 1], seed: [int({ ge: 0, lt: 2 ** 31 }), 1],
  own: [bool, false], condition: [condition, {}],
});

/** A tab's options of a scene, whole. */
export function options(scene, tab, kind) {
  try {
    return kind(scene.view.options[tab] ?? {});
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new ExplorerError(`The option ${error.place.join(".")} of this tab doesn't fit (${error.message.toLowerCase()}).`, "panel");
  }
}

/** A point with one more step. */
export function step(of, op, params) {
  if (of.edits.length < MAX_EDITS) return then(of, op, params);
  throw new ExplorerError(`This picture has ${MAX_EDITS} steps behind it, and can't take another; reset some.`, "panel");
}

/** A and B of a scene; where none is chosen A is what the stage starts from, and B a real item far from A. */
export async function ends(session, scene) {
  const a = scene.view.a ?? origin(scene);
  return [a, scene.view.b ?? (await distant(session, a))];
}

/** A, B and two more; where these aren't chosen they are real items far from all before them. */
export async function corners(session, scene, chosen) {
  const [a, b] = await ends(session, scene);
  const c = chosen.c ?? (await distant(session, a, b));
  return [a, b, c, chosen.d ?? (await distant(session, a, b, c))];
}

/** A well reconstructed item, far from all these points in latent and condition; the same for the same points. */
export const distant = (session, ...points) =>
  session.remember(`distant ${JSON.stringify(points.map(compact))}`, async () => item(await farthest(session, points)));

async function farthest(session, points) {
  const [z, codes] = await Promise.all(["z", "codes"].map((name) => session.tensor(name)));
  const n = z.shape[0];
  const error = session.encodes ? await session.tensor("error") : { data: new Float32Array(n) };
  const size = z.data.length / n;
  const width = codes.data.length / n;
  const middle = median(error.data);
  const good = [...error.data.keys()].filter((i) => error.data[i] >= middle);
  const count = Math.min(CANDIDATES, good.length);
  const stride = (good.length - 1) / Math.max(count - 1, 1);
  const rows = Array.from({ length: count }, (_, k) => (k && k === count - 1 ? good.at(-1) : good[Math.trunc(k * stride)]));
  const nearest = new Float64Array(count).fill(Infinity);
  for (const state of await session.engine.states(points.map(compact))) {
    rows.forEach((i, k) => {
      const c = session.conditions.encodeCodes(codes.data.subarray(i * width, (i + 1) * width));
      const apart = gap(z.data.subarray(i * size, (i + 1) * size), state.z) + gap(c, state.c);
      nearest[k] = Math.min(nearest[k], apart);
    });
  }
  return rows[nearest.indexOf(Math.max(...nearest))];
}

/** Mean squared difference. */
function gap(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] - b[k]) ** 2;
  return sum / a.length;
}

/** @param {ArrayLike<number>} values */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The point at share `t` of the way from a to b. */
export const travel = (a, b, t, method, held) => step(a, "between", { to: compact(b), t: rounded(t, 6), method, condition: held });

/** `steps` points from a to b, both included. */
export const path = (a, b, steps, method, held) => Array.from({ length: steps }, (_, k) => travel(a, b, k / (steps - 1), method, held));

/** GRID x GRID points between four corners, row by row: A and B above, C and D below. */
export async function square(session, scene, chosen) {
  const [a, b, c, d] = await corners(session, scene, chosen);
  const others = { right: compact(b), below: compact(c), opposite: compact(d) };
  const shares = Array.from({ length: GRID }, (_, k) => k / (GRID - 1));
  return shares.flatMap((v) => shares.map((u) => step(a, "corners", { ...others, u, v })));
}

/** Draws from a prior, or variations of what is on stage. */
export async function draws(session, scene, chosen) {
  const all = [...Array(chosen.count).keys()];
  const { seed, strength, temperature, prior } = chosen;
  if (chosen.source === "posterior") {
    const base = varied(pointOf(scene));
    return all.map((draw) => step(base, "vary", { seed, draw, strength }));
  }
  const wanted = chosen.own ? chosen.condition : await session.condition(pointOf(scene));
  const asked = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
  const carried = session.card.priors.map(({ name }) => name);
  if (prior && !carried.includes(prior)) {
    throw new ExplorerError(`${session.card.title} has no prior named '${prior}'; it carries ${carried.join(", ")}.`, "tab-resample");
  }
  return all.map((draw) => ({ start: { seed, draw, temperature, prior, condition: asked }, condition: {}, edits: [] }));
}

/** What the variations on stage are variations of: the point without a variation at its end. */
export const varied = (of) => (of.edits.at(-1)?.op === "vary" ? { ...of, edits: of.edits.slice(0, -1) } : of);
