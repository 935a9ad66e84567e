/** Attributes, as `explorer/page/tabs/attributes.py`: one control for each; every value in a row, two attributes as a matrix. */

import { bool, optional, record, text } from "./check.js";
import { button, chips, field, note, select, sets, slider } from "./controls.js";
import { number, rounded } from "../compute/numbers.js";
import { el, join } from "./html.js";
import { options } from "./recipes.js";
import { origin, pointOf, same } from "./scene.js";
import { matrix, strip } from "./strips.js";
import { ask, cell, pathOf, requestBase } from "./tab.js";
import * as words from "./words.js";

const MOST_CHIPS = 16;
const FIT = 10;
const STEPS = 7;
const word = [optional(text()), null];
const Options = record("AttributesOptions", { row: word, blend: word, first: word, second: word, matrix: [bool, false], rows: word, columns: word });
const path = pathOf("attributes");

/** The tab's HTML. */
export async function panel(session, scene) {
  const chosen = options(scene, "attributes", Options);
  const point = pointOf(scene);
  const base = requestBase(session, point);
  const [now, own] = await Promise.all([session.condition(point), session.condition(base ?? origin(point))]);
  const asked = session.conditions.attributes.map((a) => {
    const set = (live) => sets(`condition.${a.name}`, { point: base, live });
    return { attribute: a, now: now[a.name], own: own[a.name], set, ident: `attribute-${a.name}`, changed: !same(now[a.name], own[a.name]) };
  });
  const fields = await Promise.all(asked.map((one) => attributeField(session, scene, one, chosen)));
  const reset = button("Reset all", { id: "reset-attributes", "data-patch": { condition: {} }, disabled: !asked.some((one) => one.changed) });
  return String(join(fields, el("div", { class: "row panel-end" }, reset), await pairs(session, scene, chosen)));
}

/** The row of values, on maps that know the condition; in the latent they all lie in one place. */
export async function overlay(session, scene) {
  const chosen = options(scene, "attributes", Options);
  if (chosen.row === null || session.map(scene.view.map).space === "latent") return {};
  const points = row(session, pointOf(scene), session.conditions.find(chosen.row)).map(([point]) => point);
  return { draws: await session.places(points, scene.view.map) };
}

async function attributeField(session, scene, asked, chosen) {
  const { attribute } = asked;
  const named = attribute.kind === "categorical";
  const [open, blending] = [chosen.row === attribute.name, chosen.blend === attribute.name];
  const actions = [];
  if (asked.changed) actions.push(reset(asked));
  if (named && session.card.capabilities.includes("blend")) actions.push(toggle("Blend", "blend", attribute, blending));
  actions.push(toggle("All", "row", attribute, open));
  const out = [control(asked, actions)];
  if (blending && named) out.push(blend(asked, chosen));
  if (open) {
    const cells = await Promise.all(row(session, pointOf(scene), attribute).map(([point, caption]) => cell(session, scene, point, { caption })));
    out.push(strip(`Every value of ${attribute.label.toLowerCase()}`, cells, { ident: `row-${attribute.name}`, fit: cells.length <= FIT }));
  }
  return join(out);
}

function toggle(title, option, attribute, on) {
  const what = `${option === "row" ? "Every value" : "Blend two values"} of ${attribute.label.toLowerCase()}`;
  return button(title, {
    small: true, pressed: on, title: what, "aria-label": what, id: `${option}-of-${attribute.name}`,
    "data-set": path(option), "data-view": true, "data-type": "json", "data-value": JSON.stringify(on ? null : attribute.name),
  });
}

/** Two values and a slider between them. */
function blend(asked, chosen) {
  const { attribute, now } = asked;
  const weights = typeof now === "string" ? { [now]: 1 } : (now ?? {});
  const mixed = Object.keys(weights).length === 2 ? Object.keys(weights) : [];
  const own = typeof asked.own === "string" ? asked.own : attribute.values[0];
  const first = [chosen.first, mixed[0], own].find((v) => attribute.values.includes(v));
  const rest = attribute.values.filter((v) => v !== first);
  const second = [chosen.second, mixed[1], ...rest].find((v) => rest.includes(v));
  const ident = `blend-${attribute.name}`;
  const label = attribute.label.toLowerCase();
  const ends = attribute.values.map((v) => ({ value: v, text: v }));
  const bar = slider(ident, asked.set(true), weights[second] ?? 0, [0, 1, 0.01], {
    shown: false, label: `Share of ${second} in the blend of ${label}`, "data-blend": [first, second],
  });
  const left = select(`${ident}-first`, ends, first, sets(path("first"), { view: true }), { label: `Blend ${label} from` });
  const others = ends.filter((end) => end.value !== first);
  const right = select(`${ident}-second`, others, second, sets(path("second"), { view: true }), { label: `Blend ${label} to` });
  return el("div", { class: "blend" }, left, bar, right);
}

async function pairs(session, scene, chosen) {
  const { attributes } = session.conditions;
  if (attributes.length < 2) return null;
  const all = attributes.map((a) => a.name);
  const down = all.includes(chosen.rows) ? chosen.rows : all[0];
  const across = all.includes(chosen.columns) && chosen.columns !== down ? chosen.columns : all.find((name) => name !== down);
  const choices = attributes.map((a) => ({ value: a.name, text: a.label }));
  const line = el(
    "div",
    { class: "row matrix-line" },
    button(chosen.matrix ? "Hide the matrix" : "Matrix of two attributes", {
      quiet: false, pressed: chosen.matrix, id: "matrix-toggle", "data-set": path("matrix"), "data-view": true, "data-type": "json", "data-value": JSON.stringify(!chosen.matrix),
    }),
    select("matrix-rows", choices, down, sets(path("rows"), { view: true }), { label: "Rows of the matrix" }),
    el("span", { class: "by" }, "by"),
    select("matrix-columns", choices.filter((c) => c.value !== down), across, sets(path("columns"), { view: true }), { label: "Columns of the matrix" }),
  );
  if (!chosen.matrix) return line;
  const [rows, columns] = [down, across].map((name) => values(session.conditions.find(name)));
  const cells = rows.flatMap(([r, downText]) =>
    columns.map(([c, acrossText]) => cell(session, scene, ask(session, pointOf(scene), { [down]: r, [across]: c }), { alt: `${downText}, ${acrossText}` })),
  );
  const label = `${session.conditions.find(down).label} by ${session.conditions.find(across).label.toLowerCase()}`;
  return join(line, matrix(rows.map(([, t]) => t), columns.map(([, t]) => t), await Promise.all(cells), { ident: "matrix", label }));
}

function control(asked, actions) {
  const { attribute, now, own, ident, changed } = asked;
  const common = { ident, changed, actions };
  if (attribute.kind === "continuous") {
    const span = attribute.high - attribute.low;
    const at = typeof now === "number" ? now : attribute.low + span / 2;
    const bar = slider(ident, asked.set(true), at, [attribute.low, attribute.high, span / 100], { unit: attribute.unit && ` ${attribute.unit}` });
    return field(attribute.label, bar, common);
  }
  const choices = attribute.values.map((v, k) => ({ value: v, text: v, own: v === own, colour: attribute.colours[k] ?? null }));
  const chosen = typeof now === "string" ? now : null;
  if (choices.length > MOST_CHIPS) return field(attribute.label, select(ident, choices, chosen, asked.set()), common);
  const said = chosen === null ? note(words.value(attribute, now)) : null;
  return field(attribute.label, [chips(ident, choices, chosen, asked.set()), said], { ...common, group: true });
}

function reset({ attribute, own }) {
  const what = `Reset ${attribute.label.toLowerCase()} to ${words.value(attribute, own)}`;
  return button("Reset", { small: true, title: what, "aria-label": what, id: `reset-${attribute.name}`, "data-unset": `condition.${attribute.name}` });
}

/** All values of an attribute, or some round ones of a continuous one, each with its name. */
function values(attribute) {
  if (attribute.kind === "categorical") return attribute.values.map((v) => [v, v]);
  const { low, high } = attribute;
  const digits = [50, 5].filter((wide) => high - low < wide).length;
  const even = Array.from({ length: STEPS }, (_, k) => low + ((high - low) * k) / (STEPS - 1));
  const some = even.map((v) => Math.min(Math.max(rounded(v, digits), low), high));
  return some.map((v) => [v, `${number(v)}${attribute.unit && " "}${attribute.unit}`]);
}

const row = (session, point, attribute) => values(attribute).map(([value, caption]) => [ask(session, point, { [attribute.name]: value }), caption]);
