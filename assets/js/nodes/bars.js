/** Numbers as bars: each with its interval over the end, and a line across where it is compared with something. */

import { percent } from "../compute/numbers.js";
import { h } from "./patch.js";
import { attributes } from "./sets.js";

/** @param {{id: string, label: string, most?: number, bars: object[]}} node see `Bars` of explorer/core/nodes.py */
export function bars({ id, label, bars: all, most }) {
  const whole = most ?? Math.max(...all.flatMap(({ value, high, beside }) => [value, high ?? 0, beside ?? 0]), 1e-9);
  return h("div", { class: "bars", id, role: "group", "aria-label": label }, all.map((one) => bar(one, whole)));
}

function bar({ text, value, low, high, beside, figure = "", title, do: command, data, sets, disabled }, whole) {
  const at = (number) => percent(Math.min(Math.max(number / whole, 0), 1), 2);
  const style = [["value", value], ["low", low], ["high", high], ["beside", beside]].filter(([, number]) => typeof number === "number").map(([name, number]) => `--${name}:${at(number)}`);
  const inside = [
    h("span", { class: "bar-name" }, text),
    h("span", { class: "bar-track", "aria-hidden": "true" }, h("span", { class: "bar-fill" }), typeof low === "number" ? h("span", { class: "bar-range" }) : null, typeof beside === "number" ? h("span", { class: "bar-beside" }) : null),
    h("span", { class: "bar-figure" }, figure),
  ];
  const said = { key: text, style: style.join(";"), title: [title, disabled].filter(Boolean).join(". ") };
  if (!command && !sets) return h("div", { class: "tally", ...said }, inside);
  return h("button", {
    type: "button", class: "tally", ...said, disabled: Boolean(disabled), "data-do": command,
    "data-value": command && data !== undefined ? JSON.stringify(data) : null, ...attributes(sets),
  }, inside);
}
