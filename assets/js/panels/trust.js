/**
 * How far from real data, in one sign and by one rule for all models and tabs. The unit is the distance within which 99 of 100
 * real items have their nearest other item, so that up to 1× is where real items lie, and beyond it hardly any does.
 */

import { compute } from "../compute/compute.js";
import { number } from "../compute/numbers.js";

/** The rule in words, for wherever the sign stands. */
export const RULE = "1× is the distance within which 99 of 100 real items have their nearest other real item. It is measured between latents.";

/** The unit, in the latent's own measure. */
export async function unit() {
  const { data } = await compute.tensor("neighbours.quantiles");
  return Math.max(data[99], 1e-6);
}

/**
 * @param {object[]} points
 * @returns {Promise<{share: number, far: boolean, nearest: number, text: string}[]>} `share` in that unit; `text` as it is shown
 */
export async function trusts(points) {
  const [one, found] = await Promise.all([unit(), compute.trust(points)]);
  return found.map(({ nearest, distance }) => {
    const share = distance / one;
    return { share, far: share > 1, nearest, text: `${number(share, 1)}×` };
  });
}
