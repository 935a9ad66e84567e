/** Resample: draws of a prior under a condition, and variations of the item on stage. */

import { compute } from "../compute/compute.js";
import { number, percent } from "../compute/numbers.js";
import { textOf } from "../compute/link.js";
import { bound } from "../compute/refusals.js";
import { pointOf } from "./point.js";
import { draws } from "./recipes.js";
import { cell, files, LARGEST_SEED, pathOf } from "./tab.js";
import { rule } from "./trust.js";
import * as words from "./words.js";

const SOURCES = { prior: "New items", posterior: "Variations of this item" };
const FILES = { png: "PNG", csv: "CSV", safetensors: "safetensors" };
const path = pathOf("resample");
const view = (name) => ({ path: path(name), view: true });
const field = (id, label, inside, more = {}) => ({ kind: "labelled", id: `field-${id}`, label, inside, ...more });

/** @param {import("./facts.js").Facts} facts @param {object} scene @returns {Promise<{nodes: object[], overlay: object}>} */
export async function panel(facts, scene) {
  const chosen = facts.options(scene, "resample");
  const reason = facts.operation("vary").why_not;
  const choices = Object.entries(SOURCES).map(([value, text]) => ({ value, text, ...(value === "posterior" && reason ? { disabled: reason } : {}) }));
  const fromPrior = chosen.source === "prior";
  const points = await draws(scene, chosen);
  const cells = points.map((point, k) => cell(point, { alt: `${fromPrior ? "Draw" : "Variation"} ${k + 1}`, trust: true }));
  const measured = honest(facts, chosen);
  const nodes = [
    {
      kind: "row", id: "source-line", role: "head",
      inside: [
        { kind: "chips", id: "source", label: "What to draw", choices, value: chosen.source, sets: view("source") },
        { kind: "button", id: "new-seed", text: "New draws", look: "plain", sets: { patch: { [path("seed")]: (chosen.seed + 1) % LARGEST_SEED }, view: true } },
      ],
    },
    { kind: "strip", id: "draws", cells },
    { kind: "note", id: "trust-rule", text: `Under each picture, how far it lies from real items. ${rule(facts)}` },
    ...(measured ? [{ kind: "note", id: "measured", text: measured }] : []),
    ...(fromPrior ? await prior(facts, scene, chosen) : [strength(chosen)]),
    field("count", "Count", [{ kind: "slider", id: "count", label: "Count", value: chosen.count, low: 4, high: bound("draws"), step: 1, sets: view("count") }]),
    field("seed", "Seed", [{ kind: "number", id: "seed", label: "Seed", value: chosen.seed, low: 0, high: LARGEST_SEED, step: 1, sets: view("seed") }]),
    { kind: "row", id: "downloads", inside: [{ kind: "note", id: "downloads-what", text: "Save these as" }, ...files(facts, facts.kinds(FILES), { what: "draws", scene: await textOf(facts.rules, scene) })] },
  ];
  return { nodes, overlay: { draws: points } };
}

async function prior(facts, scene, chosen) {
  const { priors } = facts.card;
  const current = priors.find(({ name }) => name === chosen.prior) ?? priors[0];
  const choices = priors.map(({ name, title }) => ({ value: name, text: title }));
  return [
    ...(await condition(facts, scene, chosen)),
    field("prior", "Prior", [
      { kind: "chips", id: "prior", label: "Prior", choices, value: current.name, sets: view("prior") },
      { kind: "note", id: "prior-what", text: current.sentence },
    ]),
    field("temperature", "Temperature", [{ kind: "slider", id: "temperature", label: "Temperature", value: chosen.temperature, low: 0, high: 1.5, step: 0.05, sets: view("temperature") }]),
  ];
}

/** As on stage, or a condition of one's own, which begins as the one on stage. */
async function condition(facts, scene, chosen) {
  const [stage] = await compute.condition([pointOf(scene)]);
  const patch = { [path("own")]: !chosen.own, ...(chosen.own ? {} : { [path("condition")]: stage }) };
  const own = { kind: "button", id: "own-condition", text: chosen.own ? "As on stage" : "Choose others", look: "small", sets: { patch, view: true } };
  const line = field("own-condition", "Attributes", [{ kind: "note", id: "own-condition-now", text: words.asked(facts, chosen.own ? chosen.condition : stage) }], { actions: [own] });
  if (!chosen.own) return [line];
  return [line, { kind: "section", id: "own-conditions", inside: facts.attributes.map((a) => ask(facts, a, chosen.condition[a.name] ?? null)) }];
}

function ask(facts, attribute, value) {
  const id = `draw-${attribute.name}`;
  const sets = view(`condition.${attribute.name}`);
  const { label, low, high } = attribute;
  if (attribute.kind === "continuous") {
    const at = typeof value === "number" ? value : (low + high) / 2;
    return field(id, label, [{ kind: "slider", id, label, value: at, low, high, step: (high - low) / 100, sets }]);
  }
  const choices = attribute.values.map((v) => ({ value: v, text: v }));
  if (facts.can("unset")) choices.unshift({ value: null, text: "any" });
  if (value !== null && typeof value === "object") choices.unshift({ value, text: words.value(attribute, value) });
  return field(id, label, [{ kind: "select", id, label, choices, value, sets }]);
}

function strength(chosen) {
  return field("strength", "Strength", [
    { kind: "slider", id: "strength", label: "Strength", value: chosen.strength, low: 0, high: 4, step: 0.1, sets: view("strength") },
    { kind: "note", id: "strength-what", text: "At 1 these are items that the encoder holds as likely as the one on stage; beyond, they leave it." },
  ]);
}

/** One line on how like real items this prior's draws were when they were measured. */
function honest(facts, chosen) {
  const measured = facts.card.resample ?? {};
  const figures = measured[chosen.prior ?? facts.card.priors[0].name];
  if (chosen.source !== "prior" || !figures) return null;
  const real = measured.held_out ?? {};
  const beside = "two_sample" in real ? `; real ones from each other ${percent(real.two_sample)}` : "";
  const readings = "accuracy" in real ? ` (of real ones in ${percent(real.accuracy)})` : "";
  const parts = [
    `Measured on ${figures.n} draws: a classifier tells them from real items ${percent(figures.two_sample)} of the time (50% is best${beside})`,
    `the attributes read as asked in ${percent(figures.accuracy)}${readings}`,
  ];
  if ("novelty" in figures) parts.push(`their distance to the nearest training item is ${number(figures.novelty)} times that of new real items`);
  return `${parts.join("; ")}.`;
}
