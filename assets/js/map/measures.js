/**
 * What can be laid along an axis of the map: attributes, directions and readings, each a number for every item and, where a
 * point has one, for any point. See `Axis` of explorer/core/scene.py.
 */

import { compute } from "../compute/compute.js";
import { unbase64 } from "../compute/link.js";
import { number } from "../compute/numbers.js";
import { compact } from "../compute/points.js";
import { refuse } from "../compute/refusals.js";
import { unitOf } from "../core/dom.js";
import { distances, errors, unplaced, values, vectors } from "./columns.js";

const PRINCIPAL = 6; // directions that are offered, as in the tab
const DIMENSIONS = 128;

const floats = (text) => new Float32Array(unbase64(text).buffer);
const dot = (weights, data, at) => weights.reduce((sum, weight, d) => sum + weight * data[at + d], 0);
const latentsOf = async (points) => (await compute.state(points)).map(({ z }) => floats(z));

/** The latent along some weights, in units of `unit`, from the items' mean or from zero. */
async function projected(facts, weights, unit, centred = true) {
  const { data, size } = await vectors(facts);
  if (weights.length !== size) throw refuse("latent-size", { given: weights.length, size }, "map");
  const raw = Float64Array.from({ length: facts.model.n }, (_, i) => dot(weights, data, i * size));
  const middle = centred ? raw.reduce((sum, v) => sum + v, 0) / raw.length : 0;
  const of = (v) => (v - middle) / unit;
  return { items: Float32Array.from(raw, of), points: async (points) => (await latentsOf(points)).map((z) => of(dot(weights, z, 0))) };
}

/** How each kind of axis is read: `items` float32 [n], NaN where a value isn't known; `points`: the same of any points; `names`: of categories. */
const KINDS = {
  attribute: async (facts, { name }) => {
    const { attributes } = facts.model;
    const attribute = attributes.find((one) => one.name === name);
    if (!attribute) throw refuse("attribute", { name: `'${name}'`, known: attributes.map((one) => one.name) }, "map");
    const names = attribute.kind === "continuous" ? null : attribute.values;
    const code = (value) => (names ? names.indexOf(value) : value) ?? NaN;
    return {
      names,
      items: await values(facts.model, attribute),
      points: async (points) => (await compute.condition(points)).map((asked) => code(asked[name])).map((v) => (typeof v === "number" && v !== -1 ? v : NaN)),
    };
  },
  principal: async (facts, { index }) => {
    const [components, variance] = await Promise.all([compute.tensor("z.components"), compute.tensor("z.variance")]);
    const [many, size] = components.shape;
    if (!(index < many)) throw refuse("principal", { size: many, index }, "map");
    return projected(facts, components.data.subarray(index * size, (index + 1) * size), Math.sqrt(variance.data[index]));
  },
  dimension: async (facts, { index }) => {
    const { data, size } = await vectors(facts);
    if (!(index < size)) throw refuse("dimension", { size, index }, "map");
    return {
      items: Float32Array.from({ length: facts.model.n }, (_, i) => data[i * size + index]),
      points: async (points) => (await latentsOf(points)).map((z) => z[index]),
    };
  },
  direction: async (facts, { vector }) => {
    const weights = floats(vector ?? "");
    return projected(facts, weights, dot(weights, weights, 0) || 1);
  },
  error: async () => ({ items: await errors(), points: async (points) => points.map(() => NaN) }),
  distance: async (facts, { point }) => {
    const from = { start: { item: 0 }, condition: {}, edits: [], ...point };
    const reason = unplaced(facts, from);
    if (reason) throw Object.assign(new Error(reason), { sentence: reason });
    const items = await distances(facts, from);
    const points = async (points) => {
      if (facts.card.latent.kind !== "vector") return points.map(() => NaN);
      const [here, ...all] = await latentsOf([from, ...points]);
      return all.map((z) => Math.sqrt(z.reduce((sum, v, d) => sum + (v - here[d]) ** 2, 0)) / facts.card.typical);
    };
    return { items, points };
  },
};

/** What stands at an axis. @param {object} facts of the model that is open @param {object} axis */
export function titleOf(facts, { of, name, index, label, point }) {
  const { attributes, modality } = facts.model;
  if (of === "attribute") {
    const attribute = attributes.find((one) => one.name === name);
    return attribute ? attribute.label + (attribute.unit ? ` (${unitOf(attribute).trim()})` : "") : name;
  }
  if (of === "principal") return `Direction ${index} (s.d.)`;
  if (of === "dimension") return `Dimension ${index}`;
  if (of === "direction") return label || "Direction";
  if (of === "error") return `Reconstruction (${modality.view === "text" ? "% of its words" : "dB"})`;
  const { start = { item: 0 }, condition = {}, edits = [] } = point ?? {};
  const changed = Object.keys(condition).length || edits.length ? ", changed" : "";
  return `Distance from ${"item" in start ? `item ${start.item}` : "a point"}${changed} (×)`;
}

/**
 * An axis, read.
 * @param {object} facts of the model that is open @param {object} axis
 * @returns {Promise<{title: string, names: string[]|null, items: Float32Array, points: (points: object[]) => Promise<number[]>}>}
 * @throws {ExplorerError} the model has no such thing
 */
export async function measure(facts, axis) {
  return { title: titleOf(facts, axis), names: null, ...(await KINDS[axis.of](facts, axis)) };
}

/**
 * What one can choose from, by kind.
 * @param {object} facts of the model that is open @param {object} scene @param {{name: string, members: string}[]} groups that this browser keeps
 * @returns {{title: string, choices: {key: string, title: string, make: () => object|Promise<object>}[]}[]} `make` gives the axis
 */
export function offers(facts, scene, groups) {
  const { model, card } = facts;
  const choice = (axis, title = titleOf(facts, axis)) => ({ key: JSON.stringify(axis), title, make: () => axis });
  const shelves = [{ title: "Attributes", choices: model.attributes.map(({ name }) => choice({ of: "attribute", name })) }];
  const here = compact(scene);
  const readings = card.capabilities.includes("encode") ? [choice({ of: "error" })] : [];
  if (!unplaced(facts, { start: scene.start, edits: scene.edits })) readings.push(choice({ of: "distance", point: here }));
  shelves.push({ title: "Readings", choices: readings });
  if (card.latent.kind !== "vector") return shelves.filter(({ choices }) => choices.length);
  const size = card.latent.shape.reduce((a, b) => a * b, 1);
  const many = (k, of) => Array.from({ length: k }, (_, index) => choice({ of, index }));
  const kept = scene.edits.filter(({ op }) => op === "direction").map(({ params: { vector, label } }) => choice({ of: "direction", vector, label: label || "Direction on stage" }));
  const between = ({ name, plus, minus, title }) => ({
    key: `groups ${name} ${plus.length} ${plus} ${minus ?? ""}`,
    title,
    make: async () => {
      const [{ vector }] = await compute.direction([{ name, plus, ...(minus ? { minus } : {}) }]);
      return { of: "direction", vector, label: title.slice(0, 80) };
    },
  });
  const { plus, minus } = scene.view.options.directions ?? {};
  if (plus?.members && minus?.members) kept.push(between({ name: plus.name, plus: plus.members, minus: minus.members, title: `${plus.name} − ${minus.name}` }));
  kept.push(...groups.map(({ name, members }) => between({ name, plus: members, title: `${name} − the others` })));
  shelves.push(
    { title: "Kept directions", choices: kept },
    { title: "Principal directions", choices: many(Math.min(PRINCIPAL, size), "principal") },
    { title: "Dimensions of the latent", choices: many(Math.min(DIMENSIONS, size), "dimension") },
  );
  return shelves.filter(({ choices }) => choices.length);
}

/** The two axes that stand there at first. @returns {object[]} of `offers`, an attribute or a direction across, a reading up */
export function usual(facts, scene) {
  const shelves = offers(facts, scene, []);
  const { attributes } = facts.model;
  const first = attributes.find(({ kind }) => kind === "continuous") ?? attributes[0];
  const all = [first && { of: "attribute", name: first.name }, { of: "error" }, { of: "principal", index: 0 }, { of: "dimension", index: 0 }, { of: "distance", point: compact(scene) }];
  const there = new Set(shelves.flatMap(({ choices }) => choices.map(({ key }) => key)));
  return all.filter((axis) => axis && there.has(JSON.stringify(axis))).slice(0, 2);
}

/** A tick's number, as short as it can be told from the next one. */
export const tickText = (value, step) => number(value, Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9))));
