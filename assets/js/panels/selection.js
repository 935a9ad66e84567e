/** The selection: all its items to scroll through, and what they are beside all items. What is selected is said by `../map/selection.js`. */

import { number, percent } from "../compute/numbers.js";
import { count, unitOf } from "../core/dom.js";
import { distances, errors, unplaced, values } from "../map/columns.js";
import { extent } from "../map/points.js";
import { size } from "../map/selection.js";
import { quartiles, tally } from "./breakdown.js";
import { combine, ends, joined, OPTIONS as COMBINED, pair, title } from "./combine.js";
import { different } from "./different.js";
import { pointOf } from "./point.js";
import { pathOf } from "./tab.js";
import { times } from "./trust.js";

const MOST = 12; // values of an attribute that are shown at once
const ATTRIBUTE = "attribute-";
const path = pathOf("selection");
const OPTIONS = { type: "object", properties: { sort: { type: "string", maxLength: 80, default: "number" }, down: { type: "boolean", default: false }, ...COMBINED } };
const note = (id, text) => ({ kind: "note", id, text });

/**
 * @param {import("./facts.js").Facts} facts @param {object} scene
 * @param {{selection: () => import("../map/selection.js").Selection}} kept
 * @returns {Promise<{nodes: object[], overlay: object}>}
 */
export async function panel(facts, scene, kept) {
  const selection = kept.selection();
  const chosen = facts.options(scene, "selection", OPTIONS);
  const { now } = selection;
  const shown = now ? (await Promise.all([gallery(facts, scene, chosen, now), different(facts, now)])).flat() : [];
  const others = await made(facts, scene, chosen, selection);
  return { nodes: [...head(facts, selection, now), ...others, ...shown, ...(await breakdown(facts, now))], overlay: {} };
}

/** Selections that can be made of groups and of a number's range; what the buttons then do is left with the selection. */
async function made(facts, scene, chosen, selection) {
  const groups = selection.map.groups.all;
  const numbers = await Promise.all(orderings(facts, pointOf(scene)).filter(({ unit }) => unit !== undefined).map(async (order) => {
    if (order.disabled) return { ...order, low: 0, high: 1, by: [] };
    const { by } = await order.make();
    const [low, high] = extent(by);
    if (low > high) return { ...order, by, low: 0, high: 1, disabled: "Of no item is it known." };
    return { ...order, by, low: Math.floor(100 * low) / 100, high: Math.ceil(100 * high) / 100 };
  }));
  selection.offers.combine = () => {
    const two = pair(groups, chosen);
    selection.make(title(two, chosen.how), joined(two[0].mask, two[1].mask, chosen.how));
  };
  selection.offers.range = () => {
    const one = numbers.find(({ value, disabled }) => value === chosen.number && !disabled) ?? numbers.find(({ disabled }) => !disabled);
    const [low, high] = ends(chosen, one);
    selection.make(`${one.text} ${number(low)} to ${number(high)}${one.unit}`, Uint8Array.from(one.by, (value) => (value >= low && value <= high ? 1 : 0)));
  };
  return combine(chosen, groups, numbers);
}

/** What is selected, and what can be done with it. */
function head(facts, { before }, now) {
  const { n } = facts.model;
  const button = (id, text, command, title, off = null) => ({ kind: "button", id, text, title, do: command, ...(off ? { disabled: off } : {}) });
  if (!now) {
    return [
      note("selected", "Nothing is selected. Draw around items on the map with the lasso (L) or the box (R), search for them, or press a value below."),
      { kind: "row", id: "selection-actions", inside: [button("select-all", "All items", "select-all", "Select all items")] },
    ];
  }
  const many = size(now.mask);
  const unlearned = facts.model.tabs.find(({ id }) => id === "plugin")?.disabled_reason;
  const back = { search: "A search is taken back in its field.", group: "A group is left by its name on the map." }[now.kind] ?? (before.length ? null : "Nothing was selected before.");
  return [
    note("selected", `${now.name}: ${count(many)} of ${count(n)} items (${percent(many / n, 1)}).`),
    {
      kind: "row", id: "selection-actions",
      inside: [
        button("select-back", "Back", "select-back", "What was selected before", back),
        { ...button("select-control", "Make it a control", "select-control", "Learn what these items share: draw more like them, and move any item towards them", unlearned ?? (many ? null : "There are no items in it.")), look: "plain" },
        button("select-keep", "Keep as a group", "select-keep", "Keep these items under a name, in this browser", now.kind === "group" ? "It is a group already." : many ? null : "There are no items in it."),
        button("select-all", "All items", "select-all", "Select all items", many === n ? "All items are selected." : null),
        button("select-none", "Nothing", "clear", "Take the selection back (Esc)"),
      ],
    },
  ];
}

/** All items of the selection, in an order that one chooses. */
async function gallery(facts, scene, chosen, now) {
  const { model } = facts;
  const rows = [...now.mask.keys()].filter((i) => now.mask[i]);
  if (!rows.length) return [note("gallery-none", "No item is in this selection.")];
  const point = pointOf(scene);
  const orders = orderings(facts, point);
  const order = orders.find(({ value, disabled }) => value === chosen.sort && !disabled) ?? orders[0];
  const { by, say } = await order.make();
  if (by) {
    const key = (i) => (Number.isNaN(by[i]) ? Infinity : chosen.down ? -by[i] : by[i]); // what isn't known comes last
    rows.sort((a, b) => key(a) - key(b) || a - b);
  } else if (chosen.down) rows.reverse();
  const captions = say ? rows.map((i) => (Number.isNaN(by[i]) ? "not known" : say(by[i]))) : [];
  const select = { kind: "select", id: "gallery-sort", label: "Order of the gallery", choices: orders.map(({ value, text, disabled }) => ({ value, text, disabled })), value: order.value, sets: { path: path("sort"), view: true } };
  const turn = { kind: "button", id: "gallery-down", text: "Reverse", pressed: chosen.down, sets: { patch: { [path("down")]: !chosen.down }, view: true }, ...(rows.length > 1 ? {} : { disabled: "There is one item." }) };
  const made = model.thumbs.shows !== "items" && !(facts.text && model.names?.length);
  return [
    { kind: "labelled", id: "gallery-field", label: "Order", remark: made ? "items as the model makes them" : "", inside: [select], actions: [turn] },
    { kind: "items", id: "gallery", label: `Items of ${now.name}`, items: rows, captions },
  ];
}

/** What the gallery can be sorted by; each gives a number for every item, and how it is said. */
function orderings(facts, point) {
  const known = facts.attributes.map((attribute) => ({
    value: `${ATTRIBUTE}${attribute.name}`, text: attribute.label, ...(attribute.kind === "continuous" ? { unit: unitOf(attribute) } : {}), make: async () => ({ by: await values(facts.model, attribute), say: said(attribute) }),
  }));
  const encodes = facts.can("encode");
  return [
    { value: "number", text: "Item number", make: async () => ({}) },
    ...known,
    ...(encodes ? [{ value: "error", text: "Reconstruction", unit: facts.text ? "% of its words" : " dB", make: async () => ({ by: await errors(), say: (v) => facts.likeness(v) }) }] : []),
    { value: "distance", text: "Distance from the item on stage", unit: "×", disabled: unplaced(facts, point), make: async () => ({ by: await distances(facts, point), say: times }) },
  ];
}

const said = (attribute) => (attribute.kind === "continuous" ? (v) => `${number(v)}${unitOf(attribute)}` : (code) => attribute.values[code]);

/** Each attribute: how often each value is met in the selection, beside all items. */
async function breakdown(facts, now) {
  const parts = await Promise.all(facts.attributes.map(async (attribute) => part(attribute, await values(facts.model, attribute), now)));
  if (!parts.length) return [note("breakdown-none", "Nothing is known of these items but their pictures.")];
  const key = now
    ? "The bar is the share in the selection with its 95% interval (Wilson); the line across is the share in all items. Press a value to narrow the selection to it."
    : "The bar is the share in all items. Press a value to select its items.";
  return [{ kind: "section", id: "breakdown", title: now ? "Beside all items" : "All items", inside: [note("breakdown-key", key), ...parts] }];
}

function part(attribute, all, now) {
  const { known, whole, rows } = tally(attribute, all, now?.mask ?? null);
  const id = `breakdown-${attribute.name}`;
  const selected = now ? size(now.mask) : all.length;
  const lines = rows.map((row) => bar(row, known, whole, now));
  const most = Math.max(...rows.map(({ high, share, beside }) => Math.max(now ? high : share, beside)), 0.01);
  const order = rows.map((_, k) => k);
  if (rows.length > MOST && attribute.kind !== "continuous") order.sort((a, b) => rows[b].count - rows[a].count || rows[b].of - rows[a].of);
  const shelf = (name, some) => ({ kind: "bars", id: name, label: attribute.label, most, bars: some.map((k) => lines[k]) });
  const rest = order.slice(MOST);
  const more = rest.length ? [{ kind: "section", id: `${id}-more`, title: `${rest.length} more`, folded: true, inside: [shelf(`${id}-rest`, rest)] }] : [];
  const unknown = selected > known ? [note(`${id}-unknown`, `${count(selected - known)} of them have no known value.`)] : [];
  return { kind: "section", id, title: attribute.label, inside: [...spread(attribute, all, now, id), shelf(`${id}-bars`, order.slice(0, MOST)), ...more, ...unknown] };
}

/** Quartiles of a number, here and everywhere. */
function spread(attribute, all, now, id) {
  if (attribute.kind !== "continuous") return [];
  const say = (three) => {
    if (!three) return "not known";
    const [low, middle, high] = three.map((v) => number(v));
    return `median ${middle}${unitOf(attribute)}, half of them from ${low} to ${high}`;
  };
  const whole = say(quartiles(all, null));
  return [note(`${id}-spread`, now ? `Here ${say(quartiles(all, now.mask))}; of all items ${whole}.` : `${whole[0].toUpperCase()}${whole.slice(1)}.`)];
}

const share = (value) => percent(value, value && value < 0.0995 ? 1 : 0);

function bar({ choice, count: here, of, share: part, low, high, beside }, known, whole, now) {
  const disabled = now ? (here ? (here === known && here === size(now.mask) ? "All of the selection have it." : null) : "No item of the selection has it.") : of ? null : "No item has it.";
  if (!now) return { text: choice.text, value: part, figure: `${count(of)} · ${share(part)}`, title: `${count(of)} of ${count(whole)} items, ${share(part)}`, do: "narrow", data: choice, disabled };
  const title = `${count(here)} of ${count(known)} selected items, ${share(part)} (${share(low)} to ${share(high)}); of all items ${count(of)}, ${share(beside)}`;
  return { text: choice.text, value: part, low, high, beside, figure: `${count(here)} · ${share(part)}, all ${share(beside)}`, title, do: "narrow", data: choice, disabled };
}
