/**
 * How far from real data, in one sign and by one rule for all models and tabs: of the picture, and of the latent where the model
 * has an encoder, each in units of the distance within which 99 of 100 real items lie; the larger of the two is shown. So up to
 * 1× is where real items lie, and beyond it hardly any does.
 */

import { compute } from "../compute/compute.js";
import { number } from "../compute/numbers.js";

const UNIT = "1× is the distance within which 99 of 100 real items have their nearest other real item.";
const SEEN = "between pictures as a classifier sees them that was trained apart, on real items alone";

/** The rule in words, for wherever the sign stands. @param {import("./facts.js").Facts} facts */
export function rule(facts) {
  if (!facts.card.real) return facts.can("encode") ? `${UNIT} It is measured between latents.` : "";
  return facts.can("encode") ? `${UNIT} It is measured between latents and ${SEEN}; the larger is shown.` : `${UNIT} It is measured ${SEEN}.`;
}

/** The latents' unit, in their own measure. */
async function unit() {
  const { data } = await compute.tensor("neighbours.quantiles");
  return Math.max(data[99], 1e-6);
}

/** Of latents; null where no real item has one. */
async function latents(facts, points) {
  if (!facts.can("encode")) return points.map(() => null);
  const [one, found] = await Promise.all([unit(), compute.trust(points)]);
  return found.map(({ distance }) => distance / one);
}

/**
 * @param {import("./facts.js").Facts} facts
 * @param {object[]} points
 * @returns {Promise<{share: number, far: boolean, text: string, words?: string, picture: number|null, latent: number|null}[]>} in that
 *   unit; `text` as it is shown, nothing where neither is known
 */
export async function trusts(facts, points) {
  const [seen, held] = await Promise.all([facts.card.real ? compute.real(points) : points.map(() => null), latents(facts, points)]);
  return points.map((_, k) => {
    const [picture, latent] = [seen[k], held[k]];
    if (picture === null && latent === null) return { share: 0, far: false, text: "", words: "distance from real items not known", picture, latent };
    const share = Math.max(picture ?? 0, latent ?? 0);
    return { share, far: share > 1, text: times(share), picture, latent };
  });
}

export const times = (share) => `${number(share, 1)}×`;
