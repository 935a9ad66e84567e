/** Numbers that all items have: attributes, the error of the reconstruction, the distance from what is on stage. */

import { compute } from "../compute/compute.js";
import { unbase64 } from "../compute/link.js";

const UNKNOWN = -1; // the code of a categorical attribute

/**
 * One attribute of all items.
 * @param {object} model facts of the model @param {object} attribute one of model.attributes
 * @returns {Promise<Float32Array>} index of the value, or the number itself; NaN where it isn't known
 */
export async function values(model, attribute) {
  const { data } = await compute.tensor("codes");
  const [width, k] = [model.attributes.length, model.attributes.indexOf(attribute)];
  const categorical = attribute.kind !== "continuous";
  return Float32Array.from({ length: model.n }, (_, i) => {
    const code = data[i * width + k];
    return categorical && code === UNKNOWN ? NaN : code;
  });
}

/** How well each item is reconstructed, see `Modality.alike`; higher is better. @returns {Promise<Float32Array>} */
export const errors = async () => (await compute.tensor("error")).data;

/** The items' vectors in the space in which their distances are measured. @returns {Promise<{data: Float32Array, size: number}>} */
export async function vectors(facts) {
  const { data } = await compute.tensor(facts.card.latent.kind === "codes" ? "space.latent" : "z");
  return { data, size: data.length / facts.model.n };
}

/** Why distances from a point can't be told here, or null. */
export const unplaced = (facts, point) =>
  point.start.item !== undefined || facts.card.latent.kind === "vector" ? null : "Put an item on stage: distances between codes are measured from an item alone.";

/**
 * How far each item lies from a point in the latent space, in units of the usual distance between neighbours.
 * @param {import("../panels/facts.js").Facts} facts @param {object} point
 * @returns {Promise<Float32Array>}
 */
export async function distances(facts, point) {
  const { data, size } = await vectors(facts);
  const { item } = point.start;
  const plain = item !== undefined && !point.edits.length;
  const still = plain || facts.card.latent.kind !== "vector"; // no edit of codes is a place among them
  const here = still ? data.subarray(item * size, (item + 1) * size) : new Float32Array(unbase64((await compute.state([point]))[0].z).buffer);
  const unit = facts.card.typical;
  return Float32Array.from({ length: facts.model.n }, (_, i) => {
    let sum = 0;
    for (let d = 0, at = i * size; d < size; d++, at++) sum += (data[at] - here[d]) ** 2;
    return Math.sqrt(sum) / unit;
  });
}
