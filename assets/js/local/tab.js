/** What the tabs share, as `explorer/page/tabs/base.py`: pictures as cells, and the point that a request starts from. */

import { ExplorerError } from "./error.js";
import { fixed } from "../compute/numbers.js";
import { compact, depth, MAX_DEPTH, pointOf, same } from "./scene.js";
import * as words from "./words.js";

/** Where in the scene an option of a tab lies. */
export const pathOf = (tab) => (name) => `view.options.${tab}.${name}`;

/**
 * A point as a cell of a strip; with `trust` it says how far it is from real items.
 * @param {import("./session.js").Session} session
 * @returns {Promise<object>} what `strips.face` takes
 */
export async function cell(session, scene, point, { caption = "", alt = "", trust = null } = {}) {
  const what = alt || caption || words.recipe(point, session.conditions, session.operations);
  const common = { point, src: await session.picture(point), on: same(compact(point), compact(pointOf(scene))) };
  if (!trust) return { alt: what, caption, ...common };
  const ratio = trust.distance / (await session.typical());
  return { alt: `${what}, ${words.distance(ratio)}`, caption: `${caption} ${fixed(ratio, 1)}×`.trim(), bar: ratio / 3, far: isFar(trust), ...common };
}

/** Farther from real items than 99 % of real items are. */
export const isFar = (trust) => trust.percentile < 1;

/**
 * The point that a change of the condition must start from: null where the one on stage itself will do. An edit that
 * moves the condition would blend a value asked before it, so the request starts from the edit's result.
 */
export function requestBase(session, point) {
  if (!point.edits.some((edit) => session.operations.find(edit.op).moves_condition)) return null;
  if (depth(point) < MAX_DEPTH) return { start: { of: point }, condition: {}, edits: [] };
  throw new ExplorerError("This picture is a result of results too many times over; put another on stage.", "panel");
}

/** A point with other values asked, nested no deeper than needed. */
export function ask(session, point, asked) {
  const base = requestBase(session, point) ?? point;
  return { ...base, condition: { ...base.condition, ...asked } };
}
