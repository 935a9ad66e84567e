/** Letters of a model that draws them: outlines, and what stands free beside them; see explorer/play/lettering.py. */

import { letter } from "./outline.js";

/**
 * As many as the graph takes are drawn together, which takes half as long as one after the other.
 * @param {import("./model.js").Model} model @param {object[]} points
 * @returns {Promise<{d: string, begin: number, end: number, left: number, right: number}[]>} see `letter`
 */
export async function glyphs(model, points) {
  const states = await Promise.all(points.map((point) => model.resolve(point)));
  const { shape } = model.manifest;
  const [, many] = (await model.part("letters")).shapes.z;
  const cells = shape.reduce((a, b) => a * b, 1);
  const out = [];
  for (let k = 0; k < states.length; k += many) {
    const some = states.slice(k, k + many);
    const drawn = await model.run("letters", { z: joined(some.map(({ z }) => z), many), c: joined(some.map(({ c }) => c), many) });
    const each = drawn.length / many;
    out.push(...some.map((_, n) => letter(drawn.subarray(n * each, n * each + cells), shape, drawn.subarray(n * each + cells, (n + 1) * each))));
  }
  return out;
}

/** Rows of numbers one after the other, and zeros for those that lack of `many`. */
function joined(rows, many) {
  const out = new Float32Array(many * rows[0].length);
  rows.forEach((row, k) => out.set(row, k * row.length));
  return out;
}
