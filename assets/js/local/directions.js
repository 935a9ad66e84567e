/** Directions, as `explorer/page/tabs/directions.py`: principal ones, single dimensions, the difference of two groups, A - B + C. */

import { int, literal, optional, record, text } from "./check.js";
import { button, chips, field, note, select, sets, slider } from "./controls.js";
import { ExplorerError } from "./error.js";
import { number, percent } from "../compute/numbers.js";
import { el, join, names } from "./html.js";
import { distant, options } from "./recipes.js";
import { compact, MAX_EDITS, origin, pack, point as whole, pointOf, same, then } from "./scene.js";
import { face } from "./strips.js";
import { cell, pathOf } from "./tab.js";
import * as words from "./words.js";

const KINDS = { principal: "Principal", dimensions: "Dimensions", groups: "Two groups", arithmetic: "A − B + C" };
const PRINCIPAL = 6;
const PAGE = 8;
const path = pathOf("directions");
const Group = record("Group", { name: [text({ most: 80 })], members: [text({ most: 65536 })] });
const Options = record("DirectionsOptions", {
  show: [literal("principal", "dimensions", "groups", "arithmetic"), "principal"], page: [int({ ge: 0, le: 4096 }), 0],
  plus: [optional(Group), null], minus: [optional(Group), null], b: [optional(whole), null], c: [optional(whole), null],
});

/** The tab's HTML. */
export async function panel(session, scene) {
  const chosen = options(scene, "directions", Options);
  const picked = chips("show", Object.entries(KINDS).map(([value, text]) => ({ value, text })), chosen.show, sets(path("show"), { view: true }));
  const reset = button("Reset all", { id: "reset-directions", "data-patch": { edits: [] }, disabled: !scene.edits.length });
  const head = el("div", { class: "row spread" }, el("div", { id: "show", role: "radiogroup", "aria-label": "Kind of direction" }, picked), reset);
  return String(join(head, await { principal, dimensions, groups, arithmetic }[chosen.show](session, scene, chosen)));
}

/** Nothing of its own on the map. */
export const overlay = async () => ({});

async function principal(session, scene) {
  const [variance, spread] = await Promise.all(["z.variance", "z.std"].map((name) => session.tensor(name)));
  const total = spread.data.reduce((sum, s) => sum + s * s, 0);
  const rows = [...variance.data.subarray(0, PRINCIPAL)].map((v, k) =>
    mover(session, scene, { op: "principal", params: { index: k } }, { label: `Direction ${k}`, remark: `${percent(v / total)} of the spread` }),
  );
  return join(note("The directions in which the items differ most, in standard deviations of the items."), await Promise.all(rows));
}

async function dimensions(session, scene, chosen) {
  const { data: spread } = await session.tensor("z.std");
  const order = [...spread.keys()].sort((a, b) => spread[b] - spread[a] || a - b);
  const pages = Math.ceil(order.length / PAGE);
  const page = Math.min(chosen.page, pages - 1);
  const shown = order.slice(page * PAGE, (page + 1) * PAGE);
  const rows = shown.map((k) =>
    mover(session, scene, { op: "dimension", params: { index: k } }, { label: `Dimension ${k}`, remark: `spread ${number(spread[k])}` }),
  );
  const common = { "data-set": path("page"), "data-type": "number", "data-view": true };
  const pager = el(
    "div",
    { class: "row" },
    button("More active", { id: "page-before", "data-value": page - 1, disabled: page === 0, ...common }),
    el("span", { class: "note" }, `${page * PAGE + 1} to ${page * PAGE + shown.length} of ${order.length}`),
    button("Less active", { id: "page-after", "data-value": page + 1, disabled: page + 1 >= pages, ...common }),
  );
  const said = note("The latent's own dimensions, the most active first; one whose spread is near zero carries nothing.");
  return join(said, await Promise.all(rows), pages > 1 ? pager : null);
}

async function groups(session, scene, chosen) {
  const json = (group) => JSON.stringify(group);
  const kept = (group) => (group ? [{ value: json(group), text: group.name }] : []);
  const common = { "data-options": "groups", "data-type": "json" };
  const choose = (name, first, group) =>
    select(`group-${name}`, [{ value: "null", text: first }, ...kept(group)], json(group), sets(path(name), { view: true }), common);
  const head = join(
    note("Draw around items on the map with the lasso to make a group. The slider goes from one mean to the other."),
    field("Towards", choose("plus", "choose a group", chosen.plus), { ident: "group-plus" }),
    field("Away from", choose("minus", "everything else", chosen.minus), { ident: "group-minus" }),
  );
  if (!chosen.plus) return head;
  const label = `${chosen.plus.name} − ${chosen.minus ? chosen.minus.name : "the others"}`;
  const vector = await difference(session, chosen.plus, chosen.minus);
  const edit = { op: "direction", params: { vector: pack(vector), label: label.slice(0, 80) } };
  const length = Math.hypot(...vector) / (await session.typical());
  return join(head, await mover(session, scene, edit, { label, remark: `length ${number(length, 1)}×`, reach: 2 }));
}

async function arithmetic(session, scene, chosen) {
  let base = pointOf(scene);
  if (base.edits.at(-1)?.op === "arithmetic") base = { ...base, edits: base.edits.slice(0, -1) };
  const b = chosen.b ?? scene.view.a ?? (await distant(session, origin(base)));
  const c = chosen.c ?? scene.view.b ?? (await distant(session, origin(base), b));
  const sign = (text) => el("span", { class: "sign" }, text);
  const slots = [
    await end(session, scene, "A", base, el("span", { class: "end-what" }, "on stage")),
    sign("−"), await slot(session, scene, "B", b, chosen.b),
    sign("+"), await slot(session, scene, "C", c, chosen.c),
  ];
  const edit = { op: "arithmetic", params: { minus: compact(b), plus: compact(c) } };
  const said = note("Adds to the item on stage what tells C from B. The attributes stay as they are: here they aren't in the latent.");
  return join(said, el("div", { class: "ends sum" }, slots), await mover(session, scene, edit, { label: "Amount", reach: 2 }));
}

async function slot(session, scene, name, point, own) {
  const json = (p) => JSON.stringify(p && compact(p));
  const what = words.recipe(point, session.conditions, session.operations);
  const key = name.toLowerCase();
  const choices = [{ value: "null", text: own ? "as at first" : what }, { value: json(pointOf(scene)), text: "the item on stage" }];
  for (const [k, p] of [["A", scene.view.a], ["B", scene.view.b]]) if (p) choices.push({ value: json(p), text: `end ${k}` });
  if (own && !choices.some((choice) => choice.value === json(own))) choices.push({ value: json(own), text: what });
  const picked = select(`slot-${key}-from`, choices, json(own), sets(path(key), { view: true }), {
    label: `Choose ${name}`, "data-options": "pins", "data-type": "json",
  });
  return end(session, scene, name, point, picked);
}

async function end(session, scene, name, point, below) {
  const what = words.recipe(point, session.conditions, session.operations);
  const picture = face(await cell(session, scene, point, { alt: `${name}: ${what}` }), false);
  return el("div", { class: "end", id: `slot-${name.toLowerCase()}` }, picture, el("span", { class: "end-name" }, name), below);
}

/** Mean latent of a group less that of another, or of all other items. */
export async function difference(session, plus, minus) {
  const z = await session.tensor("z");
  const n = z.shape[0];
  const size = z.data.length / n;
  const first = members(plus.members, n);
  const second = minus ? members(minus.members, n) : first.map((yes) => 1 - yes);
  if (!second.some(Boolean)) throw new ExplorerError(`${plus.name} holds every item, so nothing is left to tell it from.`, "panel");
  const [towards, away] = [first, second].map((mask) => mean(z.data, mask, size));
  return Float32Array.from(towards, (v, k) => v - away[k]);
}

function mean(z, mask, size) {
  const sum = new Float64Array(size);
  let count = 0;
  mask.forEach((yes, i) => {
    if (!yes) return;
    count += 1;
    for (let k = 0; k < size; k++) sum[k] += z[i * size + k];
  });
  return sum.map((v) => v / count);
}

/** A group's bits, the least significant of each byte first, as base64 of either alphabet -> one byte an item. */
export function members(code, n) {
  let raw;
  try {
    raw = atob(code.trim().replace(/=+$/, "").replace(/-/g, "+").replace(/_/g, "/").replace(/ /g, "+"));
  } catch {
    throw new ExplorerError("This group of items isn't readable.", "panel");
  }
  if (raw.length !== Math.ceil(n / 8)) throw new ExplorerError("This group of items belongs to another model.", "panel");
  const mask = Uint8Array.from({ length: n }, (_, i) => (raw.charCodeAt(i >> 3) >> (i & 7)) & 1);
  if (!mask.some(Boolean)) throw new ExplorerError("This group holds no item.", "panel");
  return mask;
}

/** A slider over the amount of an edit, between the pictures at its two ends; one that exists is moved, else added. */
async function mover(session, scene, { op, params }, { label, remark = "", reach = 3 }) {
  const { edits } = scene;
  const ident = "index" in params ? `${op}-${params.index}` : op;
  const name = [el("label", { class: "label", for: ident }, label), el("small", { class: "remark" }, remark)];
  const span = [-reach, reach, 0.05];
  const frame = (title, bar) => el("div", { class: "mover", title }, el("div", { class: "mover-name" }, name), el("div", { class: "mover-bar" }, bar));
  const at = edits.findIndex((e) => e.op === op && Object.entries(params).every(([key, value]) => same(e.params[key], value)));
  if (at < 0 && edits.length >= MAX_EDITS) {
    return frame(`This picture has ${MAX_EDITS} steps behind it, as many as it can have.`, slider(ident, sets(), 0, span, { disabled: true }));
  }
  const moved = at >= 0;
  const where = moved ? at : edits.length;
  const point = moved ? pointOf(scene) : then(pointOf(scene), op, { ...params, amount: 0 });
  const amount = point.edits[where].params.amount ?? 1;
  const setting = sets(`edits.${where}.params.amount`, { point: moved ? null : point, live: true });
  const ends = [-reach, reach].map((stop) => cell(session, scene, atAmount(point, where, stop), { alt: `${label} at ${number(stop)}` }));
  const [low, high] = (await Promise.all(ends)).map((one) => face(one, false));
  if (moved) name.push(button("Reset", { small: true, "aria-label": `Reset ${label}`, "data-unset": `edits.${where}` }));
  const bar = el("div", { class: "mover-bar" }, slider(ident, setting, amount, span));
  return el("div", { class: names("mover", moved && "changed") }, el("div", { class: "mover-name" }, name), low, bar, high);
}

const atAmount = (point, where, amount) => ({
  ...point, edits: point.edits.map((edit, k) => (k === where ? { ...edit, params: { ...edit.params, amount } } : edit)),
});
