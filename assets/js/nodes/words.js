/** Sentences, tables, meters, and what holds other nodes. */

import { general, percent } from "../compute/numbers.js";
import { heading } from "./cells.js";
import { h, names } from "./patch.js";

const ROLES = { scrub: "scrub travel", ends: "ends", end: "end", head: "row spread", story: "story", large: "story large", pair: "codebook", beside: "code-stage", column: "code-controls", line: "note apart-line" };

export const note = ({ id, text, tone = "note" }) => h("p", { class: tone, id }, text);

/** Nodes side by side; `role` says what they are together. */
export const row = ({ id, inside, role = "", changed }, draw) => h("div", { class: names(ROLES[role] ?? "row", changed && "changed"), id }, draw(inside));

/** Nodes under a title; one that is folded is opened by the person. */
export function section({ id, title = "", inside, actions = [], folded = null }, draw) {
  if (folded === null) return h("div", { class: "strip", id }, heading(title, draw(actions)), draw(inside));
  return h("details", { class: "more", id, open: !folded }, h("summary", { key: "summary" }, title, draw(actions)), draw(inside));
}

/** Words and numbers; the first of a row is its head. */
export function table({ id, label, columns, rows }) {
  const said = (value) => (typeof value === "number" ? general(value) : (value ?? ""));
  const head = h("tr", {}, columns.map((name, k) => (k || name ? h("th", { scope: "col" }, name) : h("td"))));
  const body = rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, said(first)), rest.map((value) => h("td", {}, said(value)))));
  return h("div", { class: "scroll", id }, h("table", { class: "facts", "aria-label": label }, h("thead", {}, head), h("tbody", {}, body)));
}

const MARKS = { new: "ins", gone: "del", unknown: "mark" };

/** A text to read; what differs from another one, and words that the model doesn't know, are marked. */
export const sentence = ({ id, parts }) =>
  h("p", { class: "sentence", id }, parts.flatMap(([text, mark], k) => [k ? " " : null, mark ? h(MARKS[mark], { key: `${k}-${mark}` }, text) : text]));

/** A number on a scale with a mark; over the mark it is an alarm. */
export function meter({ id, label, value, low, high, mark }) {
  const at = (number) => percent(Math.min(Math.max((number - low) / Math.max(high - low, 1e-9), 0), 1), 1);
  return h("div", { class: names("meter", value > mark ? "alarm" : "calm"), id, role: "img", "aria-label": label, style: `--at:${at(value)};--threshold:${at(mark)}` }, h("span"));
}
