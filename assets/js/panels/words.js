/** Points in words: for captions and alternative text. */

import { number, percent } from "../compute/numbers.js";

/** One value of an attribute; a blend with its shares. */
export function value(attribute, asked) {
  if (asked === null || asked === undefined) return "not set";
  if (typeof asked === "string") return asked;
  if (typeof asked === "object") return Object.entries(asked).map(([name, weight]) => `${percent(weight)} ${name}`).join(" + ");
  return `${number(asked)}${attribute.unit ? " " : ""}${attribute.unit}`;
}

/** A whole condition: `expression smile, skin tan`; attributes that aren't set are left out. */
export function asked(facts, condition) {
  const parts = facts.attributes.filter(({ name }) => (condition[name] ?? null) !== null).map((a) => `${a.label.toLowerCase()} ${value(a, condition[a.name])}`);
  return parts.join(", ") || "nothing asked";
}

/** Where a point starts. @param {import("./facts.js").Facts} facts @param {object} from */
export function start(facts, from) {
  const name = facts.model?.names?.[from.item];
  if ("item" in from) return name ? `${name} (item ${from.item})` : `item ${from.item}`;
  if ("seed" in from) return `draw ${(from.draw ?? 0) + 1} of seed ${from.seed}`;
  if ("at" in from) return `a spot on the map ${facts.map(from.map).title}`;
  if ("of" in from) return `a result of ${start(facts, from.of.start ?? { item: 0 })}`;
  return `your own ${facts.noun}`;
}

/** One edit by its operation's title, with what tells it from others of its kind: `dimension 17 by 1.5`. */
export function step(facts, { op, params = {} }) {
  let text = String(params.label || facts.operation(op).title.toLowerCase());
  if (Number.isInteger(params.index)) text += ` ${params.index}`;
  if (typeof params.t === "number") text += ` ${percent(params.t)}`;
  if (typeof params.amount === "number") text += ` by ${number(params.amount)}`;
  return text;
}

/** A whole point: `item 12, glasses round, dimension 17 by 1.5`. @param {object} point whole, or as short as it travels */
export function recipe(facts, { start: from = { item: 0 }, condition = {}, edits = [] }) {
  const changes = Object.keys(condition).length ? [asked(facts, condition)] : [];
  return [start(facts, from), ...changes, ...edits.map((edit) => step(facts, edit))].join(", ");
}

/** With a capital at its beginning. */
export const sentence = (text) => text[0].toUpperCase() + text.slice(1);
