/** The ends of a path: what A, B and the corners are, and how to choose others. */

import { compact, pointOf } from "./point.js";
import { cell } from "./tab.js";
import * as words from "./words.js";

/** One end: its picture, what it is, and how to choose another. @param {{name: string, point: object, path: string, chosen: boolean}} what */
export function end(facts, scene, { name, point, path, chosen }) {
  const what = words.recipe(facts, point);
  const id = `end-${name.toLowerCase()}`;
  const here = { kind: "button", id: `${id}-stage`, text: "Set from stage", look: "small", label: `Set from stage: ${name}`, sets: { patch: { [path]: compact(pointOf(scene)) } } };
  const clear = { kind: "button", id: `${id}-clear`, text: "Clear", look: "small", label: `Clear ${name}`, sets: { unset: [path] } };
  return {
    kind: "row", id, role: "end",
    inside: [
      { kind: "strip", id: `${id}-picture`, cells: [cell(point, { alt: `${name}: ${what}` })], bare: true },
      { kind: "note", id: `${id}-what`, text: `${name}: ${what}` },
      { kind: "row", id: `${id}-ways`, inside: [here, ...(chosen ? [clear] : [])] },
    ],
  };
}

/** Ends side by side. */
export const ends = (id, inside) => ({ kind: "row", id, role: "ends", inside });
