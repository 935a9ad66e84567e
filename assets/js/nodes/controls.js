/** What a person moves, chooses or presses. Native elements throughout, so that keyboard and screen readers work by themselves. */

import { fixed, general, percent } from "../compute/numbers.js";
import { h, names } from "./patch.js";
import { attributes, isJson, written } from "./sets.js";

/** A label on the left, controls, small actions on the right. Chips make it a group, which then carries their id. */
export function labelled({ label, remark, inside, actions = [], changed }, draw) {
  const group = inside.find((one) => one.kind === "chips");
  const target = group ?? inside.find(named) ?? first(inside) ?? {};
  const ident = target.id;
  const name = ident && `${ident}-label`;
  const head = group ? h("span", { class: "label", id: name }, label) : h("label", { class: "label", for: ident, id: name }, label);
  const tail = actions.length ? h("div", { class: "field-actions", key: "actions" }, draw(actions)) : null;
  const whole = group ? { role: "radiogroup", id: ident, "aria-labelledby": name } : { key: `field-${ident}` };
  const control = h("div", { class: "control", key: "control" }, group ? inside.map((one) => (one === group ? choices(one) : draw([one]))) : draw(inside));
  return h("div", { class: names("field", changed && "changed"), ...whole }, head, remark ? h("small", { class: "remark" }, remark) : null, control, tail);
}

/** What a label can name: a row, a strip or a note beside it isn't. */
const named = (one) => Boolean(one.id) && ["slider", "select", "number", "text"].includes(one.kind);

/** The first control inside of rows. */
const first = (inside) => inside.flatMap((one) => one.inside ?? []).find(named);

/** Radio buttons as chips, or as swatches where every choice is a colour. */
export const chips = (node) => h("div", { id: node.id, role: "radiogroup", "aria-label": node.label }, choices(node));

function choices({ id, choices: all, value = null, sets }) {
  const swatches = all.every((choice) => choice.colour);
  const json = isJson(all);
  const chosen = written(value, json);
  return h("div", { class: swatches ? "swatches" : "choice", key: "choices" }, all.map((choice) => chip(id, choice, chosen, sets, { swatches, json })));
}

function chip(id, choice, chosen, sets, { swatches, json }) {
  const text = written(choice.value, json);
  const box = h("input", {
    type: "radio", name: `${id}-value`, value: text, checked: text === chosen, disabled: Boolean(choice.disabled), class: choice.own ? "own" : null,
    "data-type": json ? "json" : null, ...attributes(choice.point ? { ...sets, point: choice.point } : sets),
  });
  if (!swatches) return h("label", { title: choice.disabled, key: text }, box, h("span", {}, choice.text));
  const face = h("span", { class: names("swatch", choice.own && "own"), style: `--colour:${choice.colour}` });
  return h("label", { title: choice.disabled ?? choice.text, key: text }, box, face, h("span", { class: "visually-hidden" }, choice.text));
}

/** A list to choose from; `options` adds this browser's groups or pins, see shell/options.js. */
export function select({ id, choices: all, value = null, sets, label, options }) {
  const json = isJson(all) || Boolean(options);
  const chosen = written(value, json);
  const listed = all.map((choice) => {
    const text = written(choice.value, json);
    return h("option", { value: text, selected: text === chosen, disabled: Boolean(choice.disabled), title: choice.disabled, key: text }, choice.text);
  });
  return h("select", { id, "aria-label": label, "data-chosen": chosen, "data-type": json ? "json" : null, "data-options": options, ...attributes(sets) }, listed);
}

/** A range with its value beside it. */
export function slider({ id, value, low, high, step, unit = "", sets, label, shown = true, blend, disabled }) {
  const digits = (general(step).split(".")[1] ?? "").length;
  const share = (Math.min(Math.max(value, low), high) - low) / (high - low);
  const text = fixed(value, digits).replace(/^-(?=[0.]*$)/, ""); // nobody reads a minus before nothing
  const bar = h("input", {
    type: "range", class: "slider", id, min: general(low), max: general(high), step: general(step), value: text, disabled: Boolean(disabled), title: disabled,
    style: `--at:${percent(share, 1)}`, "aria-label": label, "data-type": "number", "data-unit": unit || null, "data-blend": blend, ...attributes(sets),
  });
  return [bar, shown ? h("output", { class: "value", for: id, key: `${id}-value` }, `${text}${unit}`) : null];
}

/** A number to type. */
export const number = ({ id, value, low, high, step = 1, sets, label }) =>
  h("input", { type: "number", class: "number", id, min: general(low), max: general(high, 12), step: general(step), value: general(value, 12), "aria-label": label, "data-type": "number", ...attributes(sets) });

/** A line of text to type. */
export const text = ({ id, value, most, sets, label }) =>
  h("input", { type: "text", class: "text", id, maxlength: most, value, "aria-label": label, autocomplete: "off", spellcheck: "false", ...attributes(sets) });

/** A button, or a file to fetch. */
export function button({ id, text, title, label, look = "quiet", pressed = null, disabled, sets, do: command, of, href }) {
  const classes = look === "small" ? "small-action" : names("button", look === "quiet" && "quiet");
  if (href) return h("a", { id, class: classes, href, download: true, title }, text);
  return h("button", {
    id, type: "button", class: classes, "aria-pressed": pressed === null ? null : String(pressed), disabled: Boolean(disabled), title: disabled || title,
    "aria-label": label, "data-do": command, "data-for": of, ...attributes(sets),
  }, text);
}
