/** Items outside of what a map opens on: an arrow at the edge for each that is out of sight, and how one sees them all. */

import { count, make } from "../core/dom.js";

const EDGE = 7; // pixels from the edge
const CELL = 8; // pixels that one arrow stands for

/**
 * @param {import("./map.js").ItemMap} map
 * @returns {[number, number[], number][]} items, each with its spot and the angle in which it lies; of those that share a spot the first
 */
export function edges({ camera, strays, points, filter }) {
  if (!camera || !strays?.length) return [];
  const { width, height, inset } = camera;
  const [left, top, right, low] = [inset.left + EDGE, inset.top + EDGE, width - inset.right - EDGE, height - inset.bottom - EDGE];
  const found = new Map();
  for (const item of strays) {
    const [x, y] = camera.pixel(points.axes[0][item], points.axes[1][item]);
    if ((x >= inset.left && y >= inset.top && x <= width && y <= height - inset.foot) || !filter(item)) continue;
    const spot = [Math.max(left, Math.min(right, x)), Math.max(top, Math.min(low, y))];
    const key = spot.map((v) => Math.round(v / CELL)).join();
    if (!found.has(key)) found.set(key, [item, spot, (Math.atan2(y - spot[1], x - spot[0]) * 180) / Math.PI]);
  }
  return [...found.values()];
}

/** The path of an arrow at a spot that points along an angle, and how it is turned. */
export const arrow = ([x, y], angle) => ({ d: `M${x - 5},${y - 5}L${x + 5},${y}L${x - 5},${y + 5}Z`, transform: `rotate(${Math.round(angle)} ${x} ${y})` });

/** Say under the map that it doesn't open on all items. @param {HTMLElement} host @param {number} many @param {() => void} all sees all of them, or again most */
export function tellStrays(host, many, all) {
  if (!many) return;
  const term = make("span", { "data-term": "outlier", tabindex: 0, text: many === 1 ? "outlier" : "outliers" });
  const button = make("button", { type: "button", class: "small-action", text: "Show all", title: "Whole map (0); again: as it opened", click: all });
  host.append(` The map opens without ${count(many)} `, term, ", to which arrows at its edge point. ", button);
}
