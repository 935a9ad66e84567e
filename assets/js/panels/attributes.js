/** Attributes: one control for each, opened at the item's own values; every value in a row, two attributes as a matrix. */

import { compute } from "../compute/compute.js";
import { number, rounded, stepOf } from "../compute/numbers.js";
import { origin, pointOf, same } from "./point.js";
import { asking, cell, pathOf, requestBase } from "./tab.js";
import * as words from "./words.js";

const MOST_CHIPS = 16;
const FIT = 10; // cells that share the width of the panel; more break into lines
const STEPS = 7; // pictures in the row of a continuous attribute
const word = { anyOf: [{ type: "string", maxLength: 200 }, { type: "null" }], default: null };
const OPTIONS = { type: "object", properties: { row: word, blend: word, first: word, second: word, matrix: { type: "boolean", default: false }, rows: word, columns: word } };
const path = pathOf("attributes");

/** @param {import("./facts.js").Facts} facts @param {object} scene @returns {Promise<{nodes: object[], overlay: object}>} */
export async function panel(facts, scene) {
  const chosen = facts.options(scene, "attributes", OPTIONS);
  const point = pointOf(scene);
  const base = requestBase(facts, point);
  const [now, own] = await compute.condition([point, base ?? origin(point)]);
  const all = facts.asked.map((one) => standing(one, now, own, base));
  const rest = facts.attributes.filter((a) => !facts.asked.includes(a)).map((a) => a.label.toLowerCase());
  const nodes = [
    ...all.flatMap((asked) => field(facts, point, asked, chosen)),
    ...(rest.length ? [{ kind: "note", id: "unasked", text: `The decoder isn't told the ${rest.join(" and the ")}: it must come through the latent, so it can't be asked for.` }] : []),
    ...(facts.attributes.length ? [] : [{ kind: "note", id: "no-attributes", text: "Nothing is known of these items beside themselves, so there is nothing to change here." }]),
    ...(all.length ? [{ kind: "row", id: "attributes-end", inside: [resetAll(all)] }] : []),
    ...matrix(facts, point, chosen),
  ];
  const row = facts.asked.find(({ name }) => name === chosen.row);
  // In the latent all values of an attribute lie in one place.
  const spread = row && facts.map(scene.view.map).space !== "latent";
  return { nodes, overlay: spread ? { draws: values(row).map(([value]) => asking(facts, point, { [row.name]: value })) } : {} };
}

/** One attribute: how it stands, what its item has, and what a control of it sets. */
function standing(attribute, now, own, base) {
  const { name } = attribute;
  const sets = { path: `condition.${name}`, ...(base ? { point: base } : {}) };
  return { attribute, name, now: now[name] ?? null, own: own[name] ?? null, sets, changed: !same(now[name] ?? null, own[name] ?? null) };
}

/** The control of one attribute of a point, alone. @returns {Promise<object[]>} */
export async function control(facts, point, attribute) {
  const base = requestBase(facts, point);
  const [now, own] = await compute.condition([point, base ?? origin(point)]);
  const asked = standing(attribute, now, own, base);
  return [{ kind: "labelled", id: `field-${attribute.name}`, label: attribute.label, changed: asked.changed, actions: asked.changed ? [reset(asked)] : [], inside: inputs(asked) }];
}

function resetAll(all) {
  const changed = all.some((one) => one.changed);
  return { kind: "button", id: "reset-attributes", text: "Reset all", sets: { patch: { condition: {} } }, ...(changed ? {} : { disabled: "Nothing is asked that the item doesn't have." }) };
}

function field(facts, point, asked, chosen) {
  const { attribute, name } = asked;
  const named = attribute.kind === "categorical";
  const actions = [];
  if (asked.changed) actions.push(reset(asked));
  if (named && facts.can("blend")) actions.push(toggle("Blend", "blend", attribute, chosen.blend === name));
  actions.push(toggle("All", "row", attribute, chosen.row === name));
  const out = [{ kind: "labelled", id: `field-${name}`, label: attribute.label, changed: asked.changed, actions, inside: inputs(asked) }];
  if (chosen.blend === name && named) out.push(blend(asked, chosen));
  if (chosen.row === name) {
    const cells = values(attribute).map(([value, caption]) => cell(asking(facts, point, { [name]: value }), { caption }));
    out.push({ kind: "strip", id: `row-${name}`, title: `Every value of ${attribute.label.toLowerCase()}`, cells, fit: cells.length <= FIT });
  }
  return out;
}

function inputs({ attribute, name, now, own, sets }) {
  const id = `attribute-${name}`;
  const { label } = attribute;
  if (attribute.kind === "continuous") {
    const { low, high } = attribute;
    const value = typeof now === "number" ? now : (low + high) / 2;
    return [{ kind: "slider", id, label, value, low, high, step: stepOf(low, high), unit: attribute.unit && ` ${attribute.unit}`, sets: { ...sets, live: true } }];
  }
  const choices = attribute.values.map((v, k) => ({ value: v, text: v, own: v === own, ...(attribute.colours?.[k] ? { colour: attribute.colours[k] } : {}) }));
  const value = typeof now === "string" ? now : null;
  if (choices.length > MOST_CHIPS) return [{ kind: "select", id, label, choices, value, sets }];
  return [{ kind: "chips", id, label, choices, value, sets }, ...(value === null ? [{ kind: "note", id: `${id}-now`, text: words.value(attribute, now) }] : [])];
}

function reset({ attribute, name, own, sets }) {
  const title = `Reset ${attribute.label.toLowerCase()} to ${words.value(attribute, own)}`;
  return { kind: "button", id: `reset-${name}`, text: "Reset", look: "small", title, sets: { unset: [sets.path] } };
}

function toggle(text, option, { name, label }, on) {
  const title = `${option === "row" ? "Every value" : "Blend two values"} of ${label.toLowerCase()}`;
  return { kind: "button", id: `${option}-of-${name}`, text, look: "small", title, pressed: on, sets: { patch: { [path(option)]: on ? null : name }, view: true } };
}

/** Two values and a slider between them. */
function blend({ attribute, name, now, own, sets }, chosen) {
  const weights = typeof now === "string" ? { [now]: 1 } : (now ?? {});
  const mixed = Object.keys(weights).length === 2 ? Object.keys(weights) : [];
  const first = [chosen.first, mixed[0], typeof own === "string" ? own : attribute.values[0]].find((v) => attribute.values.includes(v));
  const rest = attribute.values.filter((v) => v !== first);
  const second = [chosen.second, mixed[1], ...rest].find((v) => rest.includes(v));
  const id = `blend-${name}`;
  const label = attribute.label.toLowerCase();
  const choices = attribute.values.map((v) => ({ value: v, text: v }));
  return {
    kind: "row", id: `${id}-line`, role: "scrub",
    inside: [
      { kind: "select", id: `${id}-first`, label: `Blend ${label} from`, choices, value: first, sets: { path: path("first"), view: true } },
      { kind: "slider", id, label: `Share of ${second} in the blend of ${label}`, value: weights[second] ?? 0, low: 0, high: 1, step: 0.01, shown: false, blend: [first, second], sets: { ...sets, live: true } },
      { kind: "select", id: `${id}-second`, label: `Blend ${label} to`, choices: choices.filter(({ value }) => value !== first), value: second, sets: { path: path("second"), view: true } },
    ],
  };
}

function matrix(facts, point, chosen) {
  const attributes = facts.asked;
  if (attributes.length < 2) return [];
  const row = attributes.find(({ name }) => name === chosen.rows) ?? attributes[0];
  const others = attributes.filter((a) => a !== row);
  const column = others.find(({ name }) => name === chosen.columns) ?? others[0];
  const choose = (id, label, among, value) => ({
    kind: "select", id: `matrix-${id}`, label, choices: among.map((a) => ({ value: a.name, text: a.label })), value: value.name, sets: { path: path(id), view: true },
  });
  const line = {
    kind: "row", id: "matrix-line",
    inside: [
      { kind: "button", id: "matrix-toggle", text: chosen.matrix ? "Hide the matrix" : "Matrix of two attributes", look: "plain", pressed: chosen.matrix, sets: { patch: { [path("matrix")]: !chosen.matrix }, view: true } },
      ...(chosen.matrix ? [choose("rows", "Rows of the matrix", attributes, row), choose("columns", "Columns of the matrix", others, column)] : []),
    ],
  };
  if (!chosen.matrix) return [line];
  const [down, across] = [row, column].map(values);
  const cells = down.flatMap(([r, rowText]) => across.map(([c, columnText]) => cell(asking(facts, point, { [row.name]: r, [column.name]: c }), { alt: `${rowText}, ${columnText}` })));
  const label = `${row.label} by ${column.label.toLowerCase()}`;
  return [line, { kind: "matrix", id: "matrix", label, rows: down.map(([, t]) => t), columns: across.map(([, t]) => t), cells }];
}

/** All values of an attribute, or some round ones of a continuous one, each with its name. */
export function values(attribute) {
  if (attribute.kind === "categorical") return attribute.values.map((v) => [v, v]);
  const { low, high } = attribute;
  const digits = [50, 5].filter((wide) => high - low < wide).length;
  const even = Array.from({ length: STEPS }, (_, k) => low + ((high - low) * k) / (STEPS - 1));
  const some = even.map((v) => Math.min(Math.max(rounded(v, digits), low), high));
  return some.map((v) => [v, `${number(v)}${attribute.unit && " "}${attribute.unit}`]);
}
