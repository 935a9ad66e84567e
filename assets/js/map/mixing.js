/** Which two values of an attribute lie most among each other on a map, by the nearest neighbours of its items. */

import { percent } from "../compute/numbers.js";
import { make } from "../core/dom.js";

export const NEAREST = 8;
const QUERIES = 2000; // items that are asked, evenly spaced
const FULL = 4; // items in a cell, on average
const BLURRED = 0.1; // kinds less apart than this all lie among each other
const FARTHEST = 6; // rings of cells around an item's own

/**
 * @param {Float32Array[]} axes places of the items @param {ArrayLike<number>} codes value of each; from `kinds` on unknown @param {number} kinds
 * @returns {{pair: [number, number], share: number, apart: number}|null} `share` of the nearest neighbours of one kind's items that are of
 *   the other, the mean of both ways; `apart`: 0 where neighbours are of any kind as chance has it, 1 where all are of one's own kind (Cohen's
 *   kappa); null where no two kinds touch
 */
export function mixing(axes, codes, kinds) {
  const n = axes[0].length;
  const sides = Math.max(1, Math.round((n / FULL) ** (1 / axes.length)));
  const spans = axes.map((axis) => axis.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]));
  const cellOf = (i) => axes.map((axis, d) => Math.min(sides - 1, Math.floor((sides * (axis[i] - spans[d][0])) / (spans[d][1] - spans[d][0] || 1))));
  const keyOf = (cell) => cell.reduce((key, v) => key * sides + v, 0);
  const cells = new Map();
  for (let i = 0; i < n; i++) {
    if (codes[i] >= kinds) continue;
    const key = keyOf(cellOf(i));
    cells.has(key) ? cells.get(key).push(i) : cells.set(key, [i]);
  }
  const counts = new Float64Array(kinds * kinds);
  const asked = new Float64Array(kinds);
  const stride = Math.max(1, Math.floor(n / QUERIES));
  for (let i = 0; i < n; i += stride) {
    if (codes[i] >= kinds) continue;
    for (const j of nearest(axes, i, around(cells, cellOf(i), sides, keyOf))) {
      counts[codes[i] * kinds + codes[j]] += 1;
      asked[codes[i]] += 1;
    }
  }
  const all = asked.reduce((sum, v) => sum + v, 0) || 1;
  const [own, chance] = [0, 1].map((which) => asked.reduce((sum, v, a) => sum + (which ? (v / all) ** 2 : counts[a * kinds + a] / all), 0));
  const apart = (own - chance) / (1 - chance || 1);
  let best = null;
  for (let a = 0; a < kinds; a++) {
    for (let b = a + 1; b < kinds; b++) {
      const share = (counts[a * kinds + b] / (asked[a] || 1) + counts[b * kinds + a] / (asked[b] || 1)) / 2;
      if (share > (best?.share ?? 0)) best = { pair: [a, b], share, apart };
    }
  }
  return best;
}

/** Items in the cells around one, in more and more rings until there are enough. */
function around(cells, middle, sides, keyOf) {
  let found = [];
  for (let ring = 1; ring <= FARTHEST && found.length <= NEAREST; ring++) {
    let block = [[]];
    for (const at of middle) {
      const line = [];
      for (let v = Math.max(0, at - ring); v <= Math.min(sides - 1, at + ring); v++) line.push(v);
      block = block.flatMap((cell) => line.map((v) => [...cell, v]));
    }
    found = block.flatMap((cell) => cells.get(keyOf(cell)) ?? []);
  }
  return found;
}

function nearest(axes, i, among) {
  const far = (j) => axes.reduce((sum, axis) => sum + (axis[j] - axis[i]) ** 2, 0);
  return among.filter((j) => j !== i).map((j) => [far(j), j]).sort((a, b) => a[0] - b[0]).slice(0, NEAREST).map(([, j]) => j);
}

/**
 * Say it under the map; pressing the two shows them alone, and all again.
 * @param {HTMLElement} host @param {object} attribute @param {{pair: [number, number], share: number}|null} found
 * @param {string[]} hidden `attribute:value` of the view @param {(hidden: string[]) => void} hide
 */
export function tellMixing(host, attribute, found, hidden, hide) {
  if (!found) {
    host.replaceChildren();
    return;
  }
  if (found.apart < BLURRED) {
    host.replaceChildren(`On this map the values of ${attribute.label.toLowerCase()} all lie among each other; on another map they may not.`);
    return;
  }
  const [a, b] = found.pair.map((k) => attribute.values[k]);
  const mine = (key) => key.startsWith(`${attribute.name}:`);
  const others = attribute.values.filter((value) => value !== a && value !== b).map((value) => `${attribute.name}:${value}`);
  const alone = others.length > 0 && others.every((key) => hidden.includes(key)) && hidden.filter(mine).length === others.length;
  const both = make("button", {
    type: "button", class: "small-action", "aria-pressed": String(alone), text: `${a} and ${b}`, title: "Show these two alone, or all again",
    click: () => hide([...hidden.filter((key) => !mine(key)), ...(alone ? [] : others)]),
  });
  host.replaceChildren("Most mixed on this map: ", both, `: ${percent(found.share)} of the ${NEAREST} items around one are of the other.`);
}
