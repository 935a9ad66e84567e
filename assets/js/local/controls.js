/** Controls of a panel, as `explorer/page/views/controls.py`: what a person moves, chooses or presses, and which place of the scene that sets. */

import { fixed, general, percent } from "../compute/numbers.js";
import { el, join, names } from "./html.js";
import { compact } from "./scene.js";

/**
 * What a control sets, as its attributes.
 * @param {string|null} path place in the scene
 * @param {{point?: object, live?: boolean, view?: boolean}} how `point` is put on stage first
 */
export const sets = (path = null, { point = null, live = false, view = false } = {}) => ({
  "data-set": path, "data-point": point && compact(point), "data-live": live, "data-view": view,
});

/** A control with its name on the left and small actions on the right. @param {{ident: string, changed?: boolean, actions?: any, group?: boolean}} how */
export function field(label, control, { ident, changed = false, actions = null, group = false }) {
  const name = `${ident}-label`;
  const head = group ? el("span", { class: "label", id: name }, label) : el("label", { class: "label", for: ident, id: name }, label);
  const any = Array.isArray(actions) ? actions.length : actions;
  const tail = any ? el("div", { class: "field-actions" }, actions) : null;
  const whole = group ? { role: "radiogroup", id: ident, "aria-labelledby": name } : {};
  return el("div", { class: names("field", changed && "changed"), ...whole }, head, el("div", { class: "control" }, control), tail);
}

/** Radio buttons as chips, or as swatches where every choice is a colour. @param {{value: string, text: string, own?: boolean, colour?: string, point?: object, disabled?: string}[]} choices */
export function chips(ident, choices, chosen, setting) {
  const swatches = choices.every((choice) => choice.colour);
  return el("div", { class: swatches ? "swatches" : "choice" }, choices.map((choice) => chip(ident, choice, choice.value === chosen, setting, swatches)));
}

function chip(ident, choice, on, setting, swatch) {
  const own = choice.point ? { "data-point": compact(choice.point) } : {};
  const disabled = choice.disabled ?? null;
  const box = el("input", {
    type: "radio", name: `${ident}-value`, value: choice.value, checked: on, disabled: disabled !== null, class: choice.own ? "own" : null, ...setting, ...own,
  });
  if (!swatch) return el("label", { title: disabled }, box, el("span", {}, choice.text));
  const face = el("span", { class: names("swatch", choice.own && "own"), style: `--colour:${choice.colour}` });
  return el("label", { title: choice.text }, box, face, el("span", { class: "visually-hidden" }, choice.text));
}

/** A list to choose from. */
export function select(ident, choices, chosen, setting, { label = null, ...more } = {}) {
  const options = choices.map((choice) => el("option", { value: choice.value, selected: choice.value === chosen }, choice.text));
  return el("select", { id: ident, "aria-label": label, ...setting, ...more }, options);
}

/** A range with its value beside it; `span` is [lowest, highest, step]. */
export function slider(ident, setting, value, [low, high, step], { label = null, unit = "", shown = true, ...more } = {}) {
  const digits = (general(step).split(".")[1] ?? "").length;
  const share = (Math.min(Math.max(value, low), high) - low) / (high - low);
  const text = fixed(value, digits);
  const bar = el("input", {
    type: "range", class: "slider", id: ident, min: general(low), max: general(high), step: general(step), value: text,
    style: `--at:${percent(share, 1)}`, "aria-label": label, "data-type": "number", "data-unit": unit || null, ...setting, ...more,
  });
  return join(bar, shown ? el("output", { class: "value", for: ident }, `${text}${unit}`) : null);
}

/** A button; `small` for the words at the end of a field, `pressed` for one that stays down. */
export function button(text, { quiet = true, small = false, pressed = null, ...more } = {}) {
  const state = pressed === null ? null : String(pressed);
  return el("button", { type: "button", class: small ? "small-action" : names("button", quiet && "quiet"), "aria-pressed": state, ...more }, text);
}

/** A sentence: `note`, `warning` or `error`. */
export const note = (text, kind = "note") => el("p", { class: kind }, text);
