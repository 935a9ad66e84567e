/**
 * What tells a selection from the rest: differences whose interval, adjusted for all that are compared, leaves out zero. Pure.
 *
 * Intervals are Bonferroni's: each of m misses in a share of 0.05 / m of all tries, so that all together are right in 95 of 100.
 */

import { means, newcombe, USUAL } from "../compute/intervals.js";

const FEWEST = 2; // items whose numbers have a spread

/**
 * @typedef {object} Difference
 * @property {number} difference of two shares, or of two means in standard deviations of all items
 * @property {number} low its interval @property {number} high
 * @property {number} sure how large it is at least
 * @property {number} [here] share in the selection @property {number} [there] and in the rest
 */

/**
 * @param {{attribute: object, values: Float32Array}[]} known attributes of all items, NaN where not known
 * @param {{name: string, values: ArrayLike<number>}[]} numbers further numbers of all items, such as coordinates of the latent
 * @param {Uint8Array} mask
 * @returns {{compared: number, shares: object[], numbers: object[]}} of each kind those that hold, the one that is surely largest first;
 *   a share has `attribute` and `code`, a number `attribute` or `name`
 */
export function contrast(known, numbers, mask) {
  const [shares, means_] = [[], []];
  for (const { attribute, values } of known) {
    if (attribute.kind === "continuous") means_.push({ attribute, values });
    else shares.push(...counted(attribute, values, mask));
  }
  const spread = [...means_, ...numbers].map(({ values, ...what }) => ({ what, ...moments(values, mask) })).filter(({ here, there, whole }) => here.n >= FEWEST && there.n >= FEWEST && whole > 0);
  const compared = shares.length + spread.length;
  const miss = USUAL / Math.max(compared, 1);
  const sharesOf = shares.map(({ here, there, ...what }) => {
    const [low, high] = newcombe(here, there, miss);
    return { ...what, here: here[0] / here[1], there: there[0] / there[1], difference: here[0] / here[1] - there[0] / there[1], low, high };
  });
  const numbersOf = spread.map(({ what, here, there, whole }) => {
    const [difference, low, high] = means(here, there, whole, miss);
    return { ...what, difference, low, high };
  });
  return { compared, shares: ranked(sharesOf), numbers: ranked(numbersOf) };
}

/** Those that hold, by how large they are at least. @param {Difference[]} all */
const ranked = (all) =>
  all
    .map((one) => ({ ...one, sure: one.low > 0 ? one.low : one.high < 0 ? -one.high : 0 }))
    .filter(({ sure }) => sure > 0)
    .sort((a, b) => b.sure - a.sure);

/** Each value that any item has: how many have it, in the selection and in the rest. */
function counted(attribute, values, mask) {
  const count = attribute.values.map(() => [0, 0]);
  const known = [0, 0];
  values.forEach((code, i) => {
    if (Number.isNaN(code)) return;
    const side = mask[i] ? 0 : 1;
    count[code][side] += 1;
    known[side] += 1;
  });
  if (!known[0] || !known[1]) return [];
  return count.flatMap(([here, there], code) => (here + there ? [{ attribute, code, here: [here, known[0]], there: [there, known[1]] }] : []));
}

/** Mean and standard deviation of each side, and of all together. */
function moments(values, mask) {
  const sides = [0, 1, 2].map(() => ({ n: 0, sum: 0, square: 0 }));
  let origin = 0; // near the mean, so that squares lose nothing
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) { origin = values[i]; break; }
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    const value = values[i] - origin;
    for (const side of [sides[mask[i] ? 0 : 1], sides[2]]) {
      side.n += 1;
      side.sum += value;
      side.square += value * value;
    }
  }
  const [here, there, whole] = sides.map(({ n, sum, square }) => ({ n, mean: sum / n, deviation: Math.sqrt(Math.max((square - (sum * sum) / n) / Math.max(n - 1, 1), 0)) }));
  return { here, there, whole: whole.deviation };
}
