/** Which two values of an attribute lie most among each other on a map, by the nearest neighbours of its items. */

import { percent } from "../compute/numbers.js";
import { make } from "../core/dom.js";

export const NEAREST = 8;
const MOST = 4000; // items that are looked at, evenly spaced
const QUERIES = 1000; // those that are asked for their neighbours
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
  const step = Math.ceil(n / MOST);
  const sides = Math.max(1, Math.round((n / step / FULL) ** (1 / axes.length)));
  const spans = axes.map((axis) => axis.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [Infinity, -Infinity]));
  const cellOf = (i) => axes.map((axis, d) => Math.min(sides - 1, Math.floor((sides * (axis[i] - spans[d][0])) / (spans[d][1] - spans[d][0] || 1))));
  const keyOf = (cell) => cell.reduce((key, v) => key * sides + v, 0);
  const cells = new Map();
  for (let i = 0; i < n; i += step) {
    if (codes[i] >= kinds) continue;
    const key = keyOf(cellOf(i));
    cells.has(key) ? cells.get(key).push(i) : cells.set(key, [i]);
  }
  const counts = new Float64Array(kinds * kinds);
  const asked = new Float64Array(kinds);
  const stride = step * Math.max(1, Math.floor(n / step / QUERIES));
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
    found = [];
    const [low, high] = [-ring, ring].map((step) => middle.map((at) => Math.min(sides - 1, Math.max(0, at + step))));
    const cell = [...low];
    for (let d = 0; d >= 0; ) {
      for (const item of cells.get(keyOf(cell)) ?? []) found.push(item);
      for (d = cell.length - 1; d >= 0 && cell[d] === high[d]; d--) cell[d] = low[d];
      if (d >= 0) cell[d] += 1;
    }
  }
  return found;
}

function nearest(axes, i, among) {
  const best = []; // [square of the distance, item], ascending
  for (const j of among) {
    let far = 0;
    for (const axis of axes) far += (axis[j] - axis[i]) ** 2;
    if (j === i || (best.length === NEAREST && far >= best[NEAREST - 1][0])) continue;
    let at = best.length;
    while (at && best[at - 1][0] > far) at--;
    best.splice(at, 0, [far, j]);
    if (best.length > NEAREST) best.pop();
  }
  return best.map(([, j]) => j);
}

/** The same, worked out once for each map and attribute; null where places are numbers of one's own choice, spread over bands. */
export function mixed(points, attribute, values) {
  if (points.scales) return null;
  points.mixed ??= {};
  return (points.mixed[attribute.name] ??= mixing(points.axes, values, attribute.values.length) ?? {});
}

/**
 * Say it under the map; pressing the two shows them alone, and all again.
 * @param {HTMLElement} host @param {object} attribute @param {object|null} found of `mixing`; without a pair where all lie apart, null where nothing is to be said
 * @param {string[]} hidden `attribute:value` of the view @param {(hidden: string[]) => void} hide
 */
export function tellMixing(host, attribute, found, hidden, hide) {
  const values = attribute && `the values of ${attribute.label.toLowerCase()}`;
  if (!found?.pair || found.apart < BLURRED) {
    host.replaceChildren(!found ? "" : found.pair ? `On this map ${values} all lie among each other; on another map they may not.` : `On this map ${values} lie apart: none mixes with another.`);
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
