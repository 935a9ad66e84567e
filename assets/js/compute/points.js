/** Points as they are asked about: without what is as by default, so that one recipe has one name. */

const FIRST = { item: 0 };
const DEFAULTS = { draw: 0, temperature: 1, prior: null, condition: {} };

function shortStart(from) {
  if ("of" in from) return { of: compact(from.of) };
  return Object.fromEntries(Object.entries(from).filter(([key, value]) => !(key in DEFAULTS) || !same(value, DEFAULTS[key])));
}

/** A point without what is as by default: how it travels in an element or in a step. @param {object} point a scene will do */
export function compact({ start = FIRST, condition = {}, edits = [] }) {
  const out = {};
  if (!same(start, FIRST)) out.start = shortStart(start);
  if (Object.keys(condition).length) out.condition = condition;
  if (edits.length) out.edits = edits.map(({ op, params = {} }) => (Object.keys(params).length ? { op, params } : { op }));
  return out;
}

/** The axes of a view, without what they don't hold. */
export const leanAxes = (axes) =>
  axes.map((axis) => Object.fromEntries(Object.entries(axis).flatMap(([key, value]) => (value === null || value === undefined ? [] : [[key, key === "point" ? compact(value) : value]]))));

/** Whether two values of JSON say the same, whatever the order of names. */
export function same(a, b) {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}
