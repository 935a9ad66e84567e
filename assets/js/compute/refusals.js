/** What a person is told when something can't be done. The sentences come from Python (`explorer/core/refusals.py`) as data; none stands here. */

import { ExplorerError } from "./error.js";
import { general } from "./numbers.js";

let known = {};
let bounds = { listed: 6, longest: 48 };

/** Take the sentences and bounds that came with a model. @param {{refusals: object, bounds: object}} rules see explorer/play/rules.py */
export function learn(rules) {
  known = rules.refusals;
  ({ bounds } = rules);
}

/** The bounds that the server holds to, by name. */
export const bound = (name) => bounds[name];

const fill = (text, words) => text.replace(/\{(\w+)\}/g, (_, name) => words[name]);

/**
 * The error of a named refusal.
 * @param {string} refusal @param {object} words what the sentence is about @param {string} where for sentences shown at several places
 */
export function refuse(refusal, words = {}, where = "stage") {
  const [sentence, place] = known[refusal] ?? [refusal, where];
  const said = { where, ...Object.fromEntries(Object.entries(words).map(([name, value]) => [name, written(value)])) };
  return new ExplorerError(fill(sentence, said), fill(place, said));
}

/** A named part of a sentence. */
export const phrase = (refusal, words = {}) => refuse(refusal, words).sentence;

/** A text as it is, a number in six digits at most, names as a list; as `written` of refusals.py. */
export function written(value) {
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || value === null || value === undefined) return String(value ?? null);
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : general(value);
  const rest = value.length > bounds.listed ? ` and ${value.length - bounds.listed} more` : "";
  return value.slice(0, bounds.listed).join(", ") + rest || "none";
}

/** What somebody sent, as it is told back: a text in quotes and cut, a number as such, anything else by its kind. */
export function quoted(value) {
  if (typeof value === "string") {
    const plain = [...value].filter((letter) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(letter) && (letter === " " || !/\p{Zs}/u.test(letter)));
    return `'${plain.slice(0, bounds.longest).join("")}${plain.length > bounds.longest ? "…" : ""}'`;
  }
  if (Array.isArray(value)) return "a list";
  return value !== null && typeof value === "object" ? "a blend" : written(value);
}
