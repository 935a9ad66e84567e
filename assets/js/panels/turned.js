/**
 * Tabs that operations declare (`explorer/play/operations/turned.py`): the parts that a declaration lists, as nodes.
 *
 * Values are those of the step on stage, else those that the tab's options keep, else those to begin with. What Python says of
 * the pictures is asked of the server; without one, it is left out.
 */

import { compute } from "../compute/compute.js";
import { phrase } from "../compute/refusals.js";
import { alike, before, compact, continued, MAX_EDITS, pointOf } from "./point.js";
import { ends as endsOf } from "./recipes.js";
import { asking, cell, LARGEST_SEED, pathOf } from "./tab.js";
import * as own from "./turned-parts.js";

const STEPS = new Set(["turn", "pick", "switches", "along", "again", "ends", "others"]); // those that a point with all its steps can't have
const UNREAD = "What is measured of these pictures takes a server, and this page has none.";

/** A declared tab of a scene: what is on stage, and what its parts ask of that. */
export class Declared {
  constructor(facts, scene, { id, declared }) {
    Object.assign(this, { facts, scene, declared, tab: id, point: pointOf(scene), path: pathOf(id), begun: {}, read: null, strips: {} });
    this.options = facts.options(scene, id, declared.options);
    this.operation = declared.operation;
    this.server = compute.server !== null;
    this.schema = facts.rules.operations[this.operation].properties;
    const last = this.point.edits.at(-1);
    this.params = last?.op === this.operation ? (last.params ?? {}) : null;
    this.base = this.params && !this.has("each") ? before(this.point, this.operation) : this.point;
  }

  has(kind) {
    return this.declared.parts.find((part) => part.kind === kind);
  }

  /** Who A and B are, and what the step is given where none is taken. */
  async begin() {
    if (this.has("ends")) {
      const [a, b] = await endsOf(this.facts, this.scene, this.operation);
      const on = this.params?.to && alike(this.base, a) && alike(this.facts.whole(this.params.to), b);
      Object.assign(this, { a, b, base: a, params: on ? this.params : null });
    }
    const read = this.declared.starts && this.server;
    if (read) this.begun = await compute.one("begun", { tab: this.tab, base: compact(this.base) });
  }

  /** A parameter's value as it is now. @param {string} name @param {any} [first] where none is taken, kept or named */
  now(name, first) {
    const usual = this.schema[name]?.default;
    if (this.declared.parts.some((part) => part.option && part.parameter === name)) return this.options[name];
    if (this.params) return this.params[name] ?? usual ?? first;
    return this.kept(name) ?? this.begun.start?.[name] ?? first ?? usual;
  }

  /** What the tab's options keep of a parameter; of switches, which ones are on. */
  kept(name) {
    const value = this.options[name];
    const part = this.declared.parts.find((one) => one.kind === "switches" && one.parameter === name);
    if (!part) return value;
    return value?.length === part.names.length ? [...value].flatMap((digit, k) => (digit === "1" ? [k] : [])) : part.start;
  }

  /** The point with the step taken so far as these values say. @param {object} sets @param {{keep?: string[], stays?: string[]}} part */
  at(sets, { keep = [], stays = [] } = {}) {
    const held = [...keep.map((name) => [name, this.now(name)]), ...stays.map((name) => [name, this.params?.[name]])];
    const all = { ...(this.b ? { to: compact(this.b) } : {}), ...Object.fromEntries(held), ...sets };
    return continued(this.base, this.operation, Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined && value !== null)));
  }

  /** Where a parameter of the step lies in the scene. */
  where(name) {
    return `edits.${this.base.edits.length}.params.${name}`;
  }

  /** A patch that takes another seed: the option, and the step on stage where that has one. */
  reseed(by = 1, step = false) {
    const seed = ((step ? this.now("seed") : (this.options.seed ?? 0)) + by) % (LARGEST_SEED - by);
    return { [this.path("seed")]: seed, ...(step && this.params ? { [this.where("seed")]: seed } : {}) };
  }

  /** A button that takes the step back, or one parameter of it. */
  back(id, text, alone = null) {
    const taken = alone ? (this.params?.[alone] ?? null) !== null : this.params !== null;
    const { [alone]: _, ...rest } = this.params ?? {};
    const to = alone && taken ? continued(this.base, this.operation, rest) : this.base;
    const disabled = taken ? undefined : alone ? "It is as usual." : "No such step is taken.";
    return { kind: "button", id, text, ...(alone ? { look: "small" } : {}), sets: { patch: { edits: compact(to).edits ?? [] } }, disabled };
  }

  /** The recipes of a strip. */
  pictures({ stops = [], draws = 0, of = "draw", sets: common = {}, caption = "", alt: words = "Draw {}", trust, ...part }) {
    const first = this.options.seed ?? 0;
    const drawn = Array.from({ length: draws }, (_, k) => {
      const sets = of === "seed" ? { seed: first + k } : { seed: first, draw: k };
      return { sets: { ...common, ...sets }, caption: caption.replace("{}", first + k), alt: words.replace("{}", k + 1) };
    });
    return [...stops, ...drawn].map(({ sets = {}, caption: text = "", alt = "" }) => cell(this.at(sets, part), { caption: text, alt, ...(trust ? { trust } : {}) }));
  }

  /** What Python says of the strips. */
  async measure(strips) {
    if (!this.declared.reads || !this.server) return;
    const names = this.declared.parts.map(({ parameter }) => parameter).filter((name) => name && Object.hasOwn(this.schema, name));
    const taken = Object.fromEntries(names.map((name) => [name, this.now(name)]).filter(([, value]) => value !== undefined && value !== null));
    const points = Object.fromEntries(Object.entries(strips).map(([id, cells]) => [id, cells.map(({ point }) => point)]));
    this.read = await compute.one("reading", { tab: this.tab, point: compact(this.point), base: compact(this.base), taken, options: this.options, strips: points });
  }
}

/**
 * What a declared tab shows.
 * @param {import("./facts.js").Facts} facts @param {object} scene @param {{id: string, declared: object}} tab
 * @returns {Promise<{nodes: object[], overlay: object}>}
 */
export async function panel(facts, scene, tab) {
  const made = new Declared(facts, scene, tab);
  await made.begin();
  const nodes = [];
  const full = made.base.edits.length >= MAX_EDITS && !made.has("each");
  const parts = full ? made.declared.parts.filter(({ kind }) => !STEPS.has(kind)) : made.declared.parts;
  const strips = parts.filter(({ kind }) => kind === "along");
  const asks = parts.find(({ kind }) => kind === "asked");
  const [condition] = asks ? await compute.condition([made.base]) : [];
  const stop = asks?.unasked && !Object.values(condition).some((value) => value !== null);
  made.strips = stop ? {} : Object.fromEntries(strips.map((part) => [part.id, made.pictures(part)]));
  if (!stop) await made.measure(made.strips);
  for (const part of parts) {
    nodes.push(...(part.kind === "asked" ? asked(made, condition) : await own[part.kind](made, part)));
    if (stop && part === asks) return { nodes: [...nodes, { kind: "note", id: "unasked", text: asks.unasked }], overlay: {} };
  }
  if (full) nodes.push({ kind: "note", id: "full", text: phrase("full", { most: MAX_EDITS }) });
  if (made.declared.reads && !made.server) nodes.push({ kind: "note", id: "unread", text: UNREAD });
  return { nodes, overlay: overlay(made, strips) };
}

function overlay({ strips, a, b }, parts) {
  const points = (name) => parts.filter((part) => part[name]).flatMap(({ id }) => strips[id]?.map(({ point }) => point) ?? []);
  const all = { path: points("path"), draws: points("drawn"), ...(a ? { a: [a], b: [b] } : {}) };
  const shown = Object.entries(all).filter(([, list]) => list.length);
  return Object.fromEntries(shown.map(([name, list]) => [name, name.length === 1 ? list[0] : list]));
}

/** What is asked of the picture: asking again starts from what was there before the step. */
function asked({ facts, tab, base }, condition) {
  return facts.attributes.filter(({ kind }) => kind === "categorical").map(({ name, label, values }) => {
    const value = typeof condition[name] === "string" ? condition[name] : null;
    const choices = values.map((v) => ({ value: v, text: v, point: compact(asking(facts, base, { [name]: v })) }));
    const chips = { kind: "chips", id: `${tab}-${name}`, choices, value, sets: { path: `condition.${name}` } };
    return { kind: "labelled", id: `field-${name}`, label, inside: [chips] };
  });
}
