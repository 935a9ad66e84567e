/** Whether the page is as a step's goal says; as `explorer/museum/lessons/check.py`. */

import { compute } from "../compute/compute.js";
import { pointOf } from "../core/scene.js";
import { trusts } from "../panels/trust.js";

/** Where a recipe begins -> the field that says so. */
export const STARTS = { item: "item", prior: "seed", spot: "map" };

const within = (value, { least = null, most = null }) => typeof value === "number" && (least === null || value >= least) && (most === null || value <= most);

/** A value that is asked for: one, one of several, or a range. */
export const fits = (value, wanted) => (Array.isArray(wanted) ? wanted.includes(value) : typeof wanted === "object" ? within(value, wanted) : value === wanted);

/** The start of a recipe, behind all results. */
export function root(start) {
  while (start.of) start = start.of.start ?? { item: 0 };
  return start;
}

/** What needs no model. @param {object} scene whole @param {object} goal */
export function shown(scene, goal, maps) {
  const begins = root(scene.start);
  const { starts, step, temperature, map, tab } = goal;
  return (
    (!starts || STARTS[starts] in begins) &&
    (!step || scene.edits.some(({ op }) => op === step)) &&
    (!temperature || ("seed" in begins && within(begins.temperature ?? 1, temperature))) &&
    (!map || (!scene.view.axes.length && (scene.view.map ?? maps[0].name) === map)) &&
    (!tab || scene.view.tab === tab)
  );
}

/**
 * @param {import("../panels/facts.js").Facts} facts of the model that is open
 * @param {object} scene whole, of that model
 * @param {object} goal
 * @returns {Promise<boolean>}
 */
export async function met(facts, scene, goal) {
  if (!shown(scene, goal, facts.model.maps)) return false;
  const point = pointOf(scene);
  const all = (wanted, found) => Object.entries(wanted).every(([name, one]) => fits(found(name), one));
  if (goal.condition) {
    const [asked] = await compute.condition([point]);
    if (!all(goal.condition, (name) => asked[name])) return false;
  }
  if (goal.reads) {
    const [seen] = await compute.judge([point]);
    if (!seen || !all(goal.reads, (name) => seen[name]?.value)) return false;
  }
  if (!goal.distance) return true;
  const [{ text, share }] = await trusts(facts, [point]);
  return text !== "" && within(share, goal.distance);
}
