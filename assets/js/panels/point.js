/** What is done with points; see `explorer/core/scene.py`. The scene that the page holds is in `../core/scene.js`. */

import { compact, same } from "../compute/points.js";
import { refuse } from "../compute/refusals.js";

export { depth } from "../compute/check.js";
export { pointOf } from "../core/scene.js";
export { compact, same };
export const MAX_DEPTH = 8;
export const MAX_EDITS = 32;

/** The same start with nothing asked and no step. */
export const origin = (of) => ({ start: of.start, condition: {}, edits: [] });

/** A point that starts at an item. */
export const item = (index) => ({ start: { item: index }, condition: {}, edits: [] });

/** Whether a point is where it started: nothing is asked and no step taken. */
export const untouched = (of) => !of.edits.length && !Object.keys(of.condition).length;

/** The refusal of one step too many. */
export const full = () => refuse("full", { most: MAX_EDITS });

/** A point with one more step. */
export function continued(of, op, params) {
  if (of.edits.length < MAX_EDITS) return { ...of, edits: [...of.edits, { op, params }] };
  throw full();
}

/** A point without its last step, where that is this operation. */
export const before = (of, op) => (of.edits.at(-1)?.op === op ? { ...of, edits: of.edits.slice(0, -1) } : of);

/** Whether two points are one recipe. */
export const alike = (a, b) => same(compact(a), compact(b));
