/** Points in words, as `explorer/page/views/words.py`: for captions, for alternative text, for the names of files. */

import { number, percent } from "../compute/numbers.js";

/** One value of an attribute; a blend with its shares. */
export function value(attribute, asked) {
  if (asked === null || asked === undefined) return "not set";
  if (typeof asked === "string") return asked;
  if (typeof asked === "object") return Object.entries(asked).map(([name, weight]) => `${percent(weight)} ${name}`).join(" + ");
  return `${number(asked)}${attribute.unit ? " " : ""}${attribute.unit}`;
}

/** A whole condition: `expression smile, skin tan`; attributes that aren't set are left out. */
export function asked(conditions, condition) {
  const parts = Object.entries(condition)
    .filter(([, v]) => v !== null && v !== undefined)
    .map(([name, v]) => `${conditions.find(name).label.toLowerCase()} ${value(conditions.find(name), v)}`);
  return parts.join(", ") || "nothing asked";
}

/** Where a point starts. */
export function start(where) {
  if ("item" in where) return `item ${where.item}`;
  if ("seed" in where) return `draw ${where.draw + 1} of seed ${where.seed}`;
  if ("at" in where) return "a blend of the nearest items";
  if ("of" in where) return `a result of ${start(where.of.start)}`;
  return "your own item";
}

/** One edit by its operation's title, with what tells it from others of its kind: `dimension 17 by 1.5`. */
export function step(edit, operations) {
  const { params } = edit;
  let text = String(params.label || operations.find(edit.op).title.toLowerCase());
  if (Number.isInteger(params.index)) text += ` ${params.index}`;
  if (typeof params.t === "number") text += ` ${percent(params.t)}`;
  if (typeof params.amount === "number") text += ` by ${number(params.amount)}`;
  return text;
}

/** A whole point: `item 12, glasses round, dimension 17 by 1.5`. */
export function recipe(point, conditions, operations) {
  const changes = Object.keys(point.condition).length ? [asked(conditions, point.condition)] : [];
  return [start(point.start), ...changes, ...point.edits.map((edit) => step(edit, operations))].join(", ");
}

/** A distance in units of the usual one between a real item and its nearest. */
export const distance = (ratio) => (ratio < 0.01 ? "on a real item" : `${number(ratio, 1)}× the usual distance`);
