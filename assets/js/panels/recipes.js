/** What the strips of a scene are made of: the ends of its path, the steps between, the corners, the draws. */

import { compute } from "../compute/compute.js";
import { rounded } from "../compute/numbers.js";
import { bound } from "../compute/refusals.js";
import { before, compact, continued, item, pointOf } from "./point.js";

/** An item far from all points of a group. @param {...object} points */
export const distant = async (...points) => item((await compute.distant([points]))[0]);

/** A and B of a scene; where none is chosen A is what is on stage, less a step towards B (by `op`), and B a real item far from A. */
export async function ends(facts, scene, op = "between") {
  const a = scene.view.a ? facts.whole(scene.view.a) : before(pointOf(scene), op);
  return [a, scene.view.b ? facts.whole(scene.view.b) : await distant(a)];
}

/** A, B and two more; where these aren't chosen they are real items far from all before them. */
export async function corners(a, b, chosen) {
  const c = chosen.c ?? (await distant(a, b));
  return [c, chosen.d ?? (await distant(a, b, c))];
}

/** The point at share `t` of the way from a to b. */
export const travel = (a, b, t, method, held) => continued(a, "between", { to: compact(b), t: rounded(t, 6), method, condition: held });

/** `steps` points from a to b, both included. */
export const path = (a, b, steps, method, held) => Array.from({ length: steps }, (_, k) => travel(a, b, k / (steps - 1), method, held));

/** Points in rows and columns between four corners, row by row, of which A and B are the upper ones. */
export function square(a, b, c, d) {
  const others = { right: compact(b), below: compact(c), opposite: compact(d) };
  const n = bound("grid");
  const shares = Array.from({ length: n }, (_, k) => k / (n - 1));
  return shares.flatMap((v) => shares.map((u) => continued(a, "corners", { ...others, u, v })));
}

/** Draws from a prior, or variations of what is on stage. */
export async function draws(scene, chosen) {
  const all = [...Array(chosen.count).keys()];
  const { seed, strength, temperature, prior } = chosen;
  if (chosen.source === "posterior") {
    const base = before(pointOf(scene), "vary");
    return all.map((draw) => continued(base, "vary", { seed, draw, strength }));
  }
  const wanted = chosen.own ? chosen.condition : (await compute.condition([pointOf(scene)]))[0];
  const asked = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== null));
  return all.map((draw) => ({ start: { seed, draw, temperature, prior, condition: asked }, condition: {}, edits: [] }));
}
