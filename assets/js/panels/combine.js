/** Selections that are made of others: two groups by and, or, minus; and a range of a number. `../map/selection.js` makes them. */

import { stepOf } from "../compute/numbers.js";
import { pathOf } from "./tab.js";

const path = pathOf("selection");
const HOW = { and: "and", or: "or", minus: "without" };
const TEXT = { type: "string", maxLength: 80 };
const either = (schema) => ({ anyOf: [schema, { type: "null" }], default: null });
const END = either({ type: "number" });
/** Options of the tab that choose what is combined. */
export const OPTIONS = {
  left: either(TEXT), how: { enum: Object.keys(HOW), default: "and" }, right: either(TEXT), number: either(TEXT),
  ranges: { type: "object", additionalProperties: { type: "object", properties: { low: END, high: END } }, default: {} },
};

/** Of two groups: items of both, of either, or of the first alone. @param {Uint8Array} a @param {Uint8Array} b @param {"and"|"or"|"minus"} how */
export const joined = (a, b, how) => a.map((yes, i) => (how === "and" ? yes & b[i] : how === "or" ? yes | b[i] : yes & (1 - b[i])));

/** The groups that the options name, else the first two. @param {{name: string, mask: Uint8Array}[]} all */
export function pair(all, { left, right }) {
  const first = all.find(({ name }) => name === left) ?? all[0];
  return [first, all.find(({ name }) => name === right) ?? all.find((one) => one !== first)];
}

/** What both are called together. */
export const title = ([a, b], how) => `${a.name} ${HOW[how]} ${b.name}`;

/**
 * @param {object} chosen options of the tab @param {{name: string, mask: Uint8Array}[]} groups
 * @param {{value: string, text: string, low: number, high: number, unit: string, disabled?: string}[]} numbers that a range can be of
 * @returns {object[]} nodes
 */
export function combine(chosen, groups, numbers) {
  const inside = [...pairs(chosen, groups), ...ranges(chosen, numbers)];
  return inside.length ? [{ kind: "section", id: "combine", title: "Combine groups, or choose a range", folded: true, inside }] : [];
}

function pairs(chosen, groups) {
  if (groups.length < 2) return [{ kind: "note", id: "combine-few", text: "With two groups or more, they can be joined here, or one taken from the other." }];
  const two = pair(groups, chosen);
  const choices = groups.map(({ name }) => ({ value: name, text: name }));
  const list = (id, label, k) => ({ kind: "select", id: `combine-${id}`, label, choices, value: two[k].name, sets: { path: path(id), view: true } });
  const how = { kind: "chips", id: "combine-how", label: "How they are combined", choices: Object.entries(HOW).map(([value, text]) => ({ value, text })), value: chosen.how, sets: { path: path("how"), view: true } };
  const make = { kind: "button", id: "combine-select", text: "Select", do: "select-combine", title: "Select these items" };
  return [{ kind: "row", id: "combine-groups", inside: [list("left", "First group", 0), how, list("right", "Second group", 1), make] }];
}

/** The ends of a range that was chosen, within all that there is. */
export function ends({ ranges: kept }, { value, low, high }) {
  const own = kept[value] ?? {};
  const within = (end, otherwise) => (end === null || end === undefined ? otherwise : Math.min(Math.max(end, low), high));
  return [within(own.low, low), within(own.high, high)];
}

function ranges(chosen, numbers) {
  const able = numbers.filter(({ disabled }) => !disabled);
  if (!able.length) return [];
  const one = able.find(({ value }) => value === chosen.number) ?? able[0];
  const [low, high] = ends(chosen, one);
  const step = one.high > one.low ? stepOf(one.low, one.high) : 1;
  const field = (id, label, value) => ({ kind: "number", id: `range-${id}`, label: `${label} of ${one.text}`, value, low: one.low, high: one.high, step, sets: { path: path(`ranges.${one.value}.${id}`), view: true } });
  const what = { kind: "select", id: "range-number", label: "Number", choices: numbers.map(({ value, text, disabled }) => ({ value, text, disabled })), value: one.value, sets: { path: path("number"), view: true } };
  const make = { kind: "button", id: "range-select", text: "Select", do: "select-range", title: "Select all items in this range", ...(low > high ? { disabled: "The first number is larger than the second." } : {}) };
  const unit = one.unit ? [{ kind: "note", id: "range-unit", text: one.unit }] : [];
  return [{ kind: "row", id: "range", inside: [what, field("low", "Lowest", low), { kind: "note", id: "range-to", text: "to" }, field("high", "Highest", high), ...unit, make] }];
}
