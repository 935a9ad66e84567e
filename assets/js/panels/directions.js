/** Directions: principal ones, single dimensions, the difference of two groups, and A - B + C, each as a slider. */

import { compute } from "../compute/compute.js";
import { unbase64 } from "../compute/link.js";
import { number, percent } from "../compute/numbers.js";
import { before, compact, continued, full, MAX_EDITS, pointOf, same } from "./point.js";
import { distant } from "./recipes.js";
import { cell, pathOf } from "./tab.js";
import * as words from "./words.js";

const KINDS = { principal: "Principal", dimensions: "Dimensions", groups: "Two groups", arithmetic: "A − B + C" };
const PRINCIPAL = 6;
const PAGE = 8;
const path = pathOf("directions");
const optional = (schema) => ({ anyOf: [schema, { type: "null" }], default: null });
const GROUP = optional({ type: "object", properties: { name: { type: "string", maxLength: 80 }, members: { type: "string", maxLength: 65536 } }, required: ["name", "members"] });
const POINT = optional({ $ref: "#/$defs/Point" });
const OPTIONS = {
  type: "object",
  properties: {
    show: { enum: Object.keys(KINDS), default: "principal" }, page: { type: "integer", minimum: 0, maximum: 4096, default: 0 },
    plus: GROUP, minus: GROUP, b: POINT, c: POINT,
  },
};
const note = (id, said) => ({ kind: "note", id, text: said });

/**
 * @param {import("./facts.js").Facts} facts @param {object} scene
 * @param {{groups: () => object[], pins: () => object[]}} kept what this browser keeps
 * @returns {Promise<{nodes: object[], overlay: object}>}
 */
export async function panel(facts, scene, kept) {
  const chosen = facts.options(scene, "directions", OPTIONS);
  const choices = Object.entries(KINDS).map(([value, said]) => ({ value, text: said }));
  const head = {
    kind: "row", id: "show-line", role: "head",
    inside: [
      { kind: "chips", id: "show", label: "Kind of direction", choices, value: chosen.show, sets: { path: path("show"), view: true } },
      { kind: "button", id: "reset-directions", text: "Reset all", sets: { patch: { edits: [] } }, ...(scene.edits.length ? {} : { disabled: "Nothing is moved." }) },
    ],
  };
  const inside = await { principal, dimensions, groups, arithmetic }[chosen.show](facts, scene, chosen, kept);
  return { nodes: [head, ...inside], overlay: {} };
}

async function principal(_, scene) {
  const [variance, spread] = await Promise.all(["z.variance", "z.std"].map((name) => compute.tensor(name)));
  const total = spread.data.reduce((sum, s) => sum + s * s, 0);
  const rows = [...variance.data.subarray(0, PRINCIPAL)].map((v, k) =>
    mover(scene, { op: "principal", params: { index: k } }, { label: `Direction ${k}`, remark: `${percent(v / total)} of the spread` }),
  );
  return [note("principal-what", "The directions in which the items differ most, in standard deviations of the items."), ...rows];
}

async function dimensions(_, scene, chosen) {
  const { data: spread } = await compute.tensor("z.std");
  const order = [...spread.keys()].sort((a, b) => spread[b] - spread[a] || a - b);
  const pages = Math.ceil(order.length / PAGE);
  const page = Math.min(chosen.page, pages - 1);
  const shown = order.slice(page * PAGE, (page + 1) * PAGE);
  const turn = (id, said, to, why) => ({ kind: "button", id, text: said, sets: { patch: { [path("page")]: to }, view: true }, ...(to < 0 || to >= pages ? { disabled: why } : {}) });
  const pager = {
    kind: "row", id: "pager",
    inside: [
      turn("page-before", "More active", page - 1, "These are the most active ones."),
      note("page-now", `${page * PAGE + 1} to ${page * PAGE + shown.length} of ${order.length}`),
      turn("page-after", "Less active", page + 1, "These are the least active ones."),
    ],
  };
  return [
    note("dimensions-what", "The latent's own dimensions, the most active first; one whose spread is near zero carries nothing."),
    ...shown.map((k) => mover(scene, { op: "dimension", params: { index: k } }, { label: `Dimension ${k}`, remark: `spread ${number(spread[k])}` })),
    ...(pages > 1 ? [pager] : []),
  ];
}

async function groups(_, scene, chosen, kept) {
  const choose = (name, first, label, group) => {
    const all = kept.groups();
    if (group && !all.some((one) => same(one, group))) all.unshift(group); // of a link, where this browser has no such group
    const choices = [{ value: null, text: first }, ...all.map((one) => ({ value: one, text: one.name }))];
    return { kind: "labelled", id: `field-group-${name}`, label, inside: [{ kind: "select", id: `group-${name}`, label, choices, value: group, sets: { path: path(name), view: true } }] };
  };
  const head = [
    note("groups-what", "Draw around items on the map with the lasso to make a group. The slider goes from one mean to the other."),
    choose("plus", "choose a group", "Towards", chosen.plus),
    choose("minus", "everything else", "Away from", chosen.minus),
  ];
  if (!chosen.plus) return head;
  const label = `${chosen.plus.name} − ${chosen.minus ? chosen.minus.name : "the others"}`;
  const [{ vector, length }] = await compute.direction([{ name: chosen.plus.name, plus: chosen.plus.members, ...(chosen.minus ? { minus: chosen.minus.members } : {}) }]);
  return [...head, mover(scene, { op: "direction", params: { vector, label: label.slice(0, 80) } }, { label, remark: `length ${number(length, 1)} times the usual distance between items`, reach: 2 })];
}

async function arithmetic(facts, scene, chosen, kept) {
  const base = before(pointOf(scene), "arithmetic");
  const b = chosen.b ?? (scene.view.a ? facts.whole(scene.view.a) : await distant(base));
  const c = chosen.c ?? (scene.view.b ? facts.whole(scene.view.b) : await distant(base, b));
  const sign = (id, said) => note(`sign-${id}`, said);
  const slots = [slot(facts, scene, "A", base), sign("minus", "−"), slot(facts, scene, "B", b, chosen.b, kept), sign("plus", "+"), slot(facts, scene, "C", c, chosen.c, kept)];
  return [
    note("arithmetic-what", "Adds to the item on stage what tells C from B. The attributes stay as they are: here they aren't in the latent."),
    { kind: "row", id: "slots", role: "ends", inside: slots },
    mover(scene, { op: "arithmetic", params: { minus: compact(b), plus: compact(c) } }, { label: "Amount", reach: 2 }),
  ];
}

/** A place of the sum: its picture, and how to choose another; A is what is on stage. */
function slot(facts, scene, name, point, own = null, kept = null) {
  const what = words.recipe(facts, point);
  const id = `slot-${name.toLowerCase()}`;
  const picture = { kind: "strip", id: `${id}-picture`, cells: [cell(point, { alt: `${name}: ${what}` })], bare: true };
  if (!kept) return { kind: "row", id, role: "end", inside: [picture, note(`${id}-what`, `${name}: on stage`)] };
  const choices = [{ value: null, text: own ? "as at first" : what }, { value: compact(pointOf(scene)), text: "the item on stage" }];
  for (const [end, p] of [["A", scene.view.a], ["B", scene.view.b]]) if (p) choices.push({ value: compact(p), text: `end ${end}` });
  kept.pins().forEach((pin, k) => choices.push({ value: compact(pin.point), text: `Pinned ${k + 1}: ${pin.title}` }));
  const value = own && compact(own);
  if (own && !choices.some((choice) => same(choice.value, value))) choices.push({ value, text: what });
  return { kind: "row", id, role: "end", inside: [picture, note(`${id}-what`, `${name}: ${what}`), { kind: "select", id: `${id}-from`, label: `Choose ${name}`, choices, value, sets: { path: path(name.toLowerCase()), view: true } }] };
}

/** A slider over the amount of a step, between the pictures at its two ends; one that exists is moved, else added. */
function mover(scene, { op, params }, { label, remark = "", reach = 3 }) {
  const id = "index" in params ? `${op}-${params.index}` : op;
  const line = (inside, more = {}) => ({ kind: "labelled", id: `mover-${id}`, label, remark, inside, ...more });
  const slider = { kind: "slider", id, label, low: -reach, high: reach, step: 0.05, value: 0 };
  const point = pointOf(scene);
  const at = point.edits.findIndex((edit) => edit.op === op && Object.entries(params).every(([key, value]) => near(key, edit.params[key], value)));
  if (at < 0 && point.edits.length >= MAX_EDITS) {
    return line([note(`${id}-full`, full().sentence)]);
  }
  const moved = at >= 0;
  const where = moved ? at : point.edits.length;
  const base = moved ? point : continued(point, op, { ...params, amount: 0 });
  const value = base.edits[where].params.amount ?? 1;
  const sets = { path: `edits.${where}.params.amount`, live: true, ...(moved ? {} : { point: compact(base) }) };
  const stop = (amount) => ({ kind: "strip", id: `${id}-at-${amount}`, cells: [cell(atAmount(base, where, amount), { alt: `${label} at ${number(amount)}` })], bare: true });
  const reset = { kind: "button", id: `reset-${id}`, text: "Reset", look: "small", title: `Reset ${label}`, sets: { unset: [`edits.${where}`] } };
  return line([stop(-reach), { ...slider, value, sets }, stop(reach)], moved ? { changed: true, actions: [reset] } : {});
}

const atAmount = (point, where, amount) => ({
  ...point, edits: point.edits.map((edit, k) => (k === where ? { ...edit, params: { ...edit.params, amount } } : edit)),
});

/** Whether two values of a parameter say the same: of vectors, which two engines add up, up to rounding. */
function near(key, ours, theirs) {
  if (key !== "vector" || typeof ours !== "string") return same(ours, theirs);
  const [a, b] = [ours, theirs].map((code) => new Float32Array(unbase64(code).buffer));
  const size = Math.hypot(...b);
  return a.length === b.length && Math.hypot(...a.map((v, k) => v - b[k])) <= 1e-3 * size;
}
