/** The parts of a declared tab as nodes, one function for each kind: see the classes of `explorer/play/operations/turned.py`. */

import { compute } from "../compute/compute.js";
import { unbase64 } from "../compute/link.js";
import { phrase } from "../compute/refusals.js";
import { end, ends as beside } from "./ends.js";
import { compact, continued, MAX_EDITS, pointOf } from "./point.js";
import { distant } from "./recipes.js";
import { cell, player } from "./tab.js";

/** @typedef {import("./turned.js").Declared} Declared */

const note = (id, text) => ({ kind: "note", id, text });

export const said = ({ tab }, { id = `${tab}-said`, text }) => [note(id, text)];

/** Nodes that Python made; without a server there are none. */
export const read = (made, { id }) => made.read?.nodes[id] ?? [];

/** A slider, with play, another seed and the way back. @param {Declared} made */
export function turn(made, { parameter, label, start = 0, step = 1, option, play, seed, back, alone, ...part }) {
  const id = part.id ?? `${made.tab}-${parameter}`;
  const { minimum: low = part.low, maximum: high = part.high } = made.schema[parameter] ?? {};
  const value = option ? made.options[parameter] : made.now(parameter, start);
  const there = () => ({ path: made.where(parameter), point: compact(made.at({ [parameter]: value }, part)), live: true });
  const sets = option ? { path: made.path(parameter), view: true, eager: true } : there();
  const bar = { kind: "slider", id, value: Math.min(value, part.high ?? high), low: part.low ?? low, high: part.high ?? high, step, sets };
  const again = { kind: "button", id: `${made.tab}-seed`, text: seed, sets: { patch: made.reseed(1, true) } };
  const run = player(`${id}-play`, id);
  const row = { kind: "row", id: `${id}-scrub`, role: "scrub", inside: [...(play ? [run] : []), bar, ...(seed ? [again] : [])] };
  const actions = back ? [made.back(`reset-${alone ? parameter : made.tab}`, back, alone ? parameter : null)] : [];
  return [{ kind: "labelled", id: `field-${id}`, label, inside: [play || seed ? row : bar, ...(made.read?.nodes[`${id}-said`] ?? [])], actions }];
}

/** One of a parameter's values. @param {Declared} made */
export function pick(made, { parameter, label, values, id = `${made.tab}-${parameter}`, ...part }) {
  const choices = values.map((value) => ({ value, text: value, own: made.begun.own?.[parameter] === value, point: compact(made.at({ [parameter]: value }, part)) }));
  return [{ kind: "labelled", id: `field-${id}`, label, inside: [{ kind: "chips", id, choices, value: made.now(parameter, values[0]), sets: { path: made.path(parameter) } }] }];
}

/** A list of numbers, each off or on. @param {Declared} made */
export function switches(made, { parameter, names, start = [], off = "A", on = "B", id = `${made.tab}-${parameter}`, ...part }) {
  const chosen = new Set(made.now(parameter, start));
  const rows = names.map((label, k) => {
    const choices = [off, on].map((text, digit) => {
      const list = names.map((_, j) => j).filter((j) => (j === k ? digit : chosen.has(j)));
      return { value: names.map((_, j) => (list.includes(j) ? "1" : "0")).join(""), text, point: compact(made.at({ [parameter]: list }, part)) };
    });
    const value = choices[chosen.has(k) ? 1 : 0].value;
    return { kind: "labelled", id: `field-${k}`, label, inside: [{ kind: "chips", id: `${id}-${k}`, choices, value, sets: { path: made.path(parameter) } }] };
  });
  return [{ kind: "row", id, role: "column", inside: rows }];
}

/** A strip of pictures. @param {Declared} made */
export function along(made, { id, title, draws, of, again, bare, fit = true }) {
  const captions = made.read?.captions[id] ?? [];
  const cells = made.strips[id].map((one, k) => (captions[k] === undefined ? one : { ...one, caption: captions[k] }));
  const other = { kind: "button", id: `${id}-again`, text: again, look: "small", sets: { patch: made.reseed(of === "seed" ? draws : 1), view: true } };
  return [{ kind: "strip", id, title: made.read?.titles[id] ?? title, cells, fit, bare, actions: again ? [other] : [] }];
}

/** Other draws, and back. @param {Declared} made */
export function again(made, { text, back }) {
  const other = { kind: "button", id: `${made.tab}-seed`, text, sets: { patch: made.reseed(), view: true } };
  return [{ kind: "row", id: `${made.tab}-again`, inside: [other, ...(back ? [made.back(`reset-${made.tab}`, back)] : [])] }];
}

/** A and B, and a B that an operation draws. @param {Declared} made */
export function ends(made, { draw, text, said: how }) {
  const { facts, scene, a, b } = made;
  const both = [["A", a], ["B", b]].map(([name, point]) => end(facts, scene, { name, point, path: `view.${name.toLowerCase()}`, chosen: scene.view[name.toLowerCase()] !== null }));
  const swap = { kind: "button", id: "swap-ends", text: "Swap", sets: { patch: { "view.a": compact(b), "view.b": compact(a) } } };
  const row = beside("ends", [...both, swap]);
  if (!draw) return [row];
  const patch = made.reseed();
  const drawn = compact(continued({ start: { item: 0 }, condition: {}, edits: [] }, draw, { seed: Object.values(patch)[0] }));
  const disabled = made.server || facts.operation(draw).portable ? undefined : phrase("no-server");
  const button = { kind: "button", id: `${made.tab}-draw`, text, sets: { patch: { "view.b": drawn, ...patch } }, disabled };
  return [row, { kind: "row", id: `${made.tab}-random`, inside: [button, note(`${made.tab}-how`, how)] }];
}

/** A with steps towards B and towards others far from both. @param {Declared} made */
export async function others(made, { id, title, label, count, rows }) {
  const all = [made.b];
  while (all.length < count) all.push(await distant(made.a, ...all));
  const columns = all.map((_, k) => (k ? String(k) : "B"));
  const cells = Object.entries(rows).flatMap(([row, fixed]) =>
    all.map((other, k) => cell(fixed ? continued(made.a, made.operation, { to: compact(other), ...fixed }) : other, { alt: `A, ${row} ${columns[k]}` })),
  );
  const table = { kind: "matrix", id, label, rows: Object.keys(rows), columns, cells };
  return [{ kind: "section", id: `${id}-section`, title, inside: [table] }];
}

/** Many steps of one operation, a row for each. @param {Declared} made */
export async function each(made, { by, parameter, label, rows, low, high, said: text, back }) {
  const { point, operation } = made;
  const [{ z }] = await compute.state([point]);
  const latent = new Float32Array(unbase64(z).buffer);
  const set = (number, value) => {
    const at = point.edits.findIndex(({ op, params }) => op === operation && params?.[by] === number);
    const step = { op: operation, params: { [by]: number, [parameter]: value } };
    if (at >= 0) return { ...point, edits: point.edits.with(at, step) };
    return point.edits.length < MAX_EDITS ? { ...point, edits: [...point.edits, step] } : point;
  };
  const row = ([number, remark, stops]) => {
    const at = point.edits.findIndex(({ op, params }) => op === operation && params?.[by] === number);
    const value = latent[number];
    const full = at < 0 && point.edits.length >= MAX_EDITS;
    const name = `${label} ${number}`;
    const path = `edits.${at < 0 ? point.edits.length : at}.params.${parameter}`;
    const sets = full ? {} : { path, live: true, ...(at < 0 ? { point: compact(set(number, value)) } : {}) };
    const bar = { kind: "slider", id: `${made.tab}-${number}`, value, low, high, step: 1, label: `Value of ${name.toLowerCase()}`, sets, disabled: full ? phrase("full", { most: MAX_EDITS }) : undefined };
    const reset = { kind: "button", text: "Reset", look: "small", label: `Reset ${name.toLowerCase()}`, sets: { unset: [`edits.${at}`] } };
    const shown = stops.filter(([v, , always]) => always || v === value);
    const cells = shown.map(([v, caption]) => cell(set(number, v), { caption, alt: `${name} at ${caption}${v === value ? ", as here" : ""}` }));
    const head = { kind: "labelled", id: `field-${number}`, label: name, remark, inside: [bar], actions: at < 0 ? [] : [reset] };
    return { kind: "row", id: `row-${number}`, role: "pair", changed: at >= 0, inside: [head, { kind: "strip", id: `values-${number}`, cells, fit: true, bare: true }] };
  };
  const all = { kind: "button", id: `reset-${made.tab}`, text: back, sets: { patch: { edits: [] } }, disabled: point.edits.length ? undefined : "Nothing is changed." };
  return [{ kind: "row", id: `${made.tab}-head`, role: "head", inside: [note(`${made.tab}-said`, text), all] }, ...rows.map(row)];
}
