/** Scenes and points: validated, made whole, and short again, as `explorer/core/scene.py`. The scene that the page holds is in `../scene.js`. */

import { bool, float, int, json, literal, Misfit, optional, record, row, table, text } from "./check.js";

export const MAX_DEPTH = 8;
export const MAX_EDITS = 32;
export const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;
export const FIRST = { item: 0 };

/** A value that is asked of an attribute: a name, a number, a blend `{name: weight}`, or null (unset). */
function asked(value) {
  if (value === null || typeof value === "string") return value;
  return typeof value === "number" ? float()(value) : table(float({ ge: 0, le: 1 }))(value);
}

export const condition = table(asked);
const name = text({ pattern: NAME });
const seed = int({ ge: 0, lt: 2 ** 31 });

// Told apart by a field that only one of them has; the last one stands for none of them.
const STARTS = {
  seed: record("PriorStart", {
    seed: [seed], draw: [int({ ge: 0, lt: 4096 }), 0], temperature: [float({ ge: 0, le: 2 }), 1], prior: [optional(name), null], condition: [condition, {}],
  }),
  map: record("SpotStart", { map: [name], at: [row(float(), { least: 2, most: 3 })] }),
  sha256: record("UploadStart", { sha256: [text({ pattern: /^[0-9a-f]{64}$/ })], latent: [text({ most: 65536 })], condition: [condition, {}] }),
  of: record("ResultStart", { of: [(value) => point(value)] }),
  item: record("ItemStart", { item: [int({ ge: 0 })] }),
};

function start(value) {
  const kind = Object.keys(STARTS).find((key) => value !== null && typeof value === "object" && Object.hasOwn(value, key)) ?? "item";
  try {
    return STARTS[kind](value);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    // Of what fits no kind of start, the server names the first kind.
    const first = kind === "item" ? error : new Misfit("Field required", ["item"]);
    throw first.under("ItemStart");
  }
}

const edit = record("Edit", { op: [name], params: [table(json), {}] });
const RECIPE = { start: [start, FIRST], condition: [condition, {}], edits: [row(edit, { most: MAX_EDITS }), []] };
const bare = record("Point", RECIPE);

/** A recipe for one picture, whole: start, condition, edits. */
export function point(value) {
  const whole = bare(value);
  if (depth(whole) > MAX_DEPTH) throw new Misfit(`Value error, more than ${MAX_DEPTH} results of results`);
  return whole;
}

const view = record("View", {
  map: [optional(name), null], colour: [optional(name), null], hidden: [row(text(), { most: 256 }), []], density: [bool, false],
  camera: [row(float(), { most: 16 }), []], tab: [name, "attributes"], difference: [bool, false],
  a: [optional(point), null], b: [optional(point), null], options: [table(table(json)), {}],
});
const VIEW = view({});

/** A scene, whole. */
export const scene = record("Scene", { version: [literal(1), 1], model: [name], ...RECIPE, view: [view, VIEW] });

/** How many results a point is the result of. */
export const depth = (of) => ("of" in of.start ? 1 + depth(of.start.of) : 0);

export const pointOf = ({ start: from, condition: c, edits }) => ({ start: from, condition: c, edits });

/** The same start with nothing asked and no step. */
export const origin = (of) => ({ start: of.start, condition: {}, edits: [] });

/** A point that starts at an item. */
export const item = (index) => ({ start: { item: index }, condition: {}, edits: [] });

/** A point with one more step. */
export const then = (of, op, params) => ({ ...of, edits: [...of.edits, { op, params }] });

const DEFAULTS = { draw: 0, temperature: 1, prior: null, condition: {} };

function shortStart(from) {
  if ("of" in from) return { of: compact(from.of) };
  return Object.fromEntries(Object.entries(from).filter(([key, value]) => !(key in DEFAULTS) || !same(value, DEFAULTS[key])));
}

/** A point without what is as by default: how it travels in an element or in a step. */
export function compact(of) {
  const out = {};
  if (!same(of.start, FIRST)) out.start = shortStart(of.start);
  if (Object.keys(of.condition).length) out.condition = of.condition;
  if (of.edits.length) out.edits = of.edits.map(({ op, params }) => (Object.keys(params).length ? { op, params } : { op }));
  return out;
}

/** The same of a scene. */
export function compactScene(of) {
  const look = {};
  for (const [key, value] of Object.entries(of.view)) {
    if (!same(value, VIEW[key])) look[key] = (key === "a" || key === "b") && value ? compact(value) : value;
  }
  return { model: of.model, ...compact(of), ...(Object.keys(look).length ? { view: look } : {}) };
}

/** Whether two values of JSON say the same, whatever the order of names. */
export function same(a, b) {
  if (a === b) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object" || Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** A vector as it travels in a scene: URL-safe base64 of little-endian float32. @param {Float32Array} values */
export function pack(values) {
  return base64(new Uint8Array(Float32Array.from(values).buffer));
}

/** Bytes -> URL-safe base64 without its padding. @param {Uint8Array} bytes */
export function base64(bytes) {
  let raw = "";
  for (let k = 0; k < bytes.length; k += 8192) raw += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The inverse; throws what isn't base64. @param {string} code */
export function unbase64(code) {
  if (!/^[\w-]*$/.test(code) || code.length % 4 === 1) throw new Error("not base64");
  return Uint8Array.from(atob(code.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}
