/** Two steps side by side, and where they differ: the ends A and B, as the stage has them. */

import { cell } from "../panels/tab.js";
import { recipe } from "../panels/words.js";

const HOW = "Go to a step and press To A, then to another one and press To B: both are shown here, and where they differ.";

/** @param {import("../panels/facts.js").Facts} facts @param {{a: object|null, b: object|null}} view @returns {object[]} nodes */
export function compared(facts, { a, b }) {
  const ends = Object.entries({ A: a, B: b }).filter(([, point]) => point);
  if (!ends.length) return [{ kind: "note", id: "history-how", text: HOW }];
  const cells = ends.map(([name, point]) => cell(point, { alt: `${name}: ${recipe(facts, point)}`, caption: `${name}: ${recipe(facts, point)}` }));
  const gap = a && b ? [{ kind: "picture", id: "history-gap", pair: [a, b], alt: "Where A and B differ: the darker, the more", caption: "Difference" }] : [{ kind: "note", id: "history-how", text: HOW }];
  return [{ kind: "row", id: "history-ends", inside: [{ kind: "strip", id: "history-ab", cells, bare: true }, ...gap] }];
}
