/**
 * What anybody can send, checked by the JSON schemas that Python gives (explorer/play/rules.py), and told as Python tells it: see
 * explorer/core/checked.py.
 */

import { bound, phrase, refuse } from "./refusals.js";

/** How a value doesn't fit, and at which place. */
export class Misfit extends Error {
  /** @param {string} kind @param {object} words @param {(string|number)[]} place */
  constructor(kind, words = {}, place = []) {
    super(kind);
    Object.assign(this, { kind, words, place });
  }

  /** Part of a sentence: `edits.0.op is missing`. */
  get phrase() {
    return phrase(`misfit-${this.kind}`, { place: this.place.join(".").slice(0, 80) || "it", ...this.words });
  }
}

const fail = (kind, words) => {
  throw new Misfit(kind, words);
};

const isTable = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

/**
 * A value, whole: what is left out is as by default.
 * @param {object} schema @param {any} value @param {object} defs schemas by name
 * @throws {Misfit}
 */
export function fitting(schema, value, defs) {
  if (schema.$ref) return fitting(defs[schema.$ref.split("/").at(-1)], value, defs);
  if (schema.format === "value") return asked(value, schema);
  if (schema.anyOf) return value === null ? null : fitting(schema.anyOf.find((one) => one.type !== "null"), value, defs);
  if (schema.oneOf) return fitting(told(schema.oneOf, value, defs), value, defs);
  if ("const" in schema) return value === schema.const ? value : fail("choice", { known: String(schema.const) });
  if (schema.enum) return schema.enum.includes(value) ? value : fail("choice", { known: either(schema.enum) });
  return (KINDS[schema.type] ?? ((_, any) => any))(schema, value, defs);
}

/** The first kind whose telling field is there, else the last. */
function told(kinds, value, defs) {
  const named = kinds.map((one) => defs[one.$ref.split("/").at(-1)]);
  return named.find((one) => isTable(value) && Object.hasOwn(value, one.required[0])) ?? named.at(-1);
}

const either = (all) => (all.length > 1 ? `${all.slice(0, -1).join(", ")} or ${all.at(-1)}` : String(all[0]));

/** A value that is asked of an attribute: a name, a number, a blend `{name: share}`, or null. */
function asked(value, { maxLength }) {
  const number = (one) => typeof one === "number" && Number.isFinite(one);
  if (typeof value === "string" && [...value].length > maxLength) fail("long", { bound: maxLength });
  if (value === null || typeof value === "string" || number(value)) return value;
  if (isTable(value) && Object.values(value).every((share) => number(share) && share >= 0 && share <= 1)) return value;
  return fail("value");
}

function within(value, { minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  if (value > maximum) fail("most", { bound: maximum });
  if (value >= exclusiveMaximum) fail("below", { bound: exclusiveMaximum });
  if (value < minimum) fail("least", { bound: minimum });
  if (value <= exclusiveMinimum) fail("above", { bound: exclusiveMinimum });
  return value;
}

const KINDS = {
  number: (schema, value) => (typeof value === "number" && Number.isFinite(value) ? within(value, schema) : fail("number")),
  integer: (schema, value) => (Number.isInteger(value) ? within(value, schema) : fail("whole")),
  boolean: (_, value) => (typeof value === "boolean" ? value : fail("bool")),
  string: text,
  array: row,
  object: table,
};

function text({ maxLength = Infinity, pattern }, value) {
  if (typeof value !== "string") fail("text");
  if (value.length > maxLength && [...value].length > maxLength) fail("long", { bound: maxLength });
  if (pattern && !new RegExp(pattern).test(value)) fail("pattern");
  return value;
}

function row({ items, prefixItems, minItems = 0, maxItems = Infinity }, value, defs) {
  if (!Array.isArray(value)) fail("row");
  const whole = [];
  let wrong = null;
  value.forEach((one, k) => {
    try {
      whole.push(inside(prefixItems?.[k] ?? items ?? {}, one, k, defs));
    } catch (error) {
      wrong ??= error;
    }
    if (whole.length > maxItems) fail("many", { bound: maxItems });
  });
  if (wrong) throw wrong;
  if (prefixItems && value.length < prefixItems.length) throw new Misfit("missing", {}, [value.length]);
  if (value.length < minItems) fail("few", { bound: minItems });
  return whole;
}

function table(schema, value, defs) {
  if (!isTable(value)) fail("table");
  const { properties, required = [], additionalProperties: others } = schema;
  if (!properties) return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(others === true ? {} : (others ?? {}), one, name, defs)]));
  const whole = {};
  for (const [name, kind] of Object.entries(properties)) {
    if (Object.hasOwn(value, name)) whole[name] = inside(kind, value[name], name, defs);
    else if (required.includes(name)) throw new Misfit("missing", {}, [name]);
    else whole[name] = filled(kind, defs);
  }
  const stray = Object.keys(value).find((name) => !Object.hasOwn(properties, name));
  if (stray !== undefined) throw new Misfit("extra", {}, [stray]);
  if (schema.deepest !== undefined && depth(whole) > schema.deepest) fail("nested", { bound: schema.deepest });
  return whole;
}

/** What stands for what is left out, itself whole. */
const filled = (kind, defs) => (kind.default === null || kind.default === undefined ? null : fitting(kind, structuredClone(kind.default), defs));

function inside(kind, value, name, defs) {
  try {
    return fitting(kind, value, defs);
  } catch (error) {
    throw error instanceof Misfit ? new Misfit(error.kind, error.words, [name, ...error.place]) : error;
  }
}

/** How many results a point is the result of. */
export const depth = ({ start }) => (start?.of ? 1 + depth(start.of) : 0);

/** Count the values of JSON, all of its tree, and how deep they lie. @throws {ExplorerError} */
export function bounded(raw, what, where = "stage") {
  let level = [raw];
  let count = 0;
  for (let turn = 0; turn < bound("nesting"); turn++) {
    count += level.length;
    if (count > bound("values")) throw refuse("too-large", { what, most: bound("values") }, where);
    level = level.flatMap((value) => (value !== null && typeof value === "object" ? Object.values(value) : []));
    if (!level.length) return;
  }
  throw refuse("too-deep", { what }, where);
}

/**
 * Something that was sent, whole.
 * @param {object} rules see explorer/play/rules.py @param {object} schema one of them
 * @param {any} raw @param {string} what a scene, a point, a question @param {string} where id of the element to show the sentence at
 * @throws {ExplorerError}
 */
export function checked(rules, schema, raw, what, where = "stage") {
  bounded(raw, what, where);
  try {
    return fitting(schema, raw, rules.defs);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw refuse("unreadable", { what, misfit: error.phrase }, where);
  }
}
