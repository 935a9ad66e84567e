/** Resample, as `explorer/page/tabs/resample.py`: draws of a prior under a condition, and variations of the item on stage. */

import { button, chips, field, note, select, sets, slider } from "./controls.js";
import { number, percent } from "../compute/numbers.js";
import { el, join } from "./html.js";
import { write } from "./link.js";
import { DrawOptions, draws, MAX_DRAWS, options } from "./recipes.js";
import { pointOf } from "./scene.js";
import { strip } from "./strips.js";
import { cell, pathOf } from "./tab.js";
import * as words from "./words.js";

const SOURCES = { prior: "New items", posterior: "Variations of this item" };
const FILES = { png: "PNG", csv: "CSV", safetensors: "safetensors" };
const LARGEST_SEED = 2 ** 31 - 1;
const path = pathOf("resample");

/** The tab's HTML. */
export async function panel(session, scene) {
  const chosen = options(scene, "resample", DrawOptions);
  const reason = session.operations.find("vary").why_not;
  const sources = Object.entries(SOURCES).map(([value, text]) => ({ value, text, disabled: value === "posterior" ? reason : null }));
  const picked = chips("source", sources, chosen.source, sets(path("source"), { view: true }));
  const again = button("New draws", {
    quiet: false, id: "new-seed", "data-set": path("seed"), "data-type": "number", "data-view": true, "data-value": (chosen.seed + 1) % LARGEST_SEED,
  });
  const group = el("div", { id: "source", role: "radiogroup", "aria-label": "What to draw" }, picked);
  const fromPrior = chosen.source === "prior";
  const controls = fromPrior ? await prior(session, scene, chosen) : posterior(chosen);
  const points = await draws(session, scene, chosen);
  const trusts = await session.trusts(points);
  const cells = points.map((point, k) => cell(session, scene, point, { alt: `${fromPrior ? "Draw" : "Variation"} ${k + 1}`, trust: trusts[k] }));
  return String(
    join(
      el("div", { class: "row spread" }, group, again),
      strip(null, await Promise.all(cells), { ident: "draws" }),
      honest(session, chosen),
      controls,
      common(chosen),
      await downloads(session, scene),
    ),
  );
}

/** Where the draws lie. */
export async function overlay(session, scene) {
  const points = await draws(session, scene, options(scene, "resample", DrawOptions));
  return { draws: await session.places(points, scene.view.map) };
}

async function prior(session, scene, chosen) {
  const { priors } = session.card;
  const current = chosen.prior ?? priors[0].name;
  const choices = priors.map(({ name, title }) => ({ value: name, text: title }));
  const sentence = priors.find(({ name }) => name === current)?.sentence ?? "";
  const picked = chips("prior", choices, current, sets(path("prior"), { view: true }));
  const warmth = slider("temperature", sets(path("temperature"), { view: true }), chosen.temperature, [0, 1.5, 0.05]);
  return join(
    field("Prior", [picked, note(sentence)], { ident: "prior", group: true }),
    field("Temperature", warmth, { ident: "temperature" }),
    await condition(session, scene, chosen),
  );
}

/** As on stage, or a condition of one's own, which begins as the one on stage. */
async function condition(session, scene, chosen) {
  const stage = await session.condition(pointOf(scene));
  const patch = { [path("own")]: !chosen.own, ...(chosen.own ? {} : { [path("condition")]: stage }) };
  const own = button(chosen.own ? "As on stage" : "Choose others", { small: true, id: "own-condition", "data-view": true, "data-patch": patch });
  const said = el("p", { class: "note" }, words.asked(session.conditions, chosen.own ? chosen.condition : stage));
  const line = field("Attributes", said, { ident: "own-condition", actions: own });
  if (!chosen.own) return line;
  const unset = session.card.capabilities.includes("unset");
  const asked = session.conditions.attributes.map((a) => ask(a, chosen.condition[a.name] ?? null, unset));
  return join(line, el("div", { class: "conditions" }, asked));
}

function ask(attribute, value, unset) {
  const ident = `draw-${attribute.name}`;
  const setting = sets(path(`condition.${attribute.name}`), { view: true });
  if (attribute.kind === "continuous") {
    const span = attribute.high - attribute.low;
    const at = typeof value === "number" ? value : attribute.low + span / 2;
    return field(attribute.label, slider(ident, setting, at, [attribute.low, attribute.high, span / 100]), { ident });
  }
  const json = JSON.stringify;
  const choices = attribute.values.map((v) => ({ value: json(v), text: v }));
  if (unset) choices.unshift({ value: "null", text: "any" });
  if (value !== null && typeof value === "object") choices.unshift({ value: json(value), text: words.value(attribute, value) });
  return field(attribute.label, select(ident, choices, json(value), setting, { "data-type": "json" }), { ident });
}

function posterior(chosen) {
  const strength = slider("strength", sets(path("strength"), { view: true }), chosen.strength, [0, 4, 0.1]);
  const said = note("At 1 these are items that the encoder holds as likely as the one on stage; beyond, they leave it.");
  return field("Strength", [strength, said], { ident: "strength" });
}

function common(chosen) {
  const count = slider("count", sets(path("count"), { view: true }), chosen.count, [4, MAX_DRAWS, 1]);
  const seed = el("input", {
    type: "number", class: "number", id: "seed", min: 0, max: LARGEST_SEED, step: 1, value: chosen.seed, "data-type": "number", ...sets(path("seed"), { view: true }),
  });
  return join(field("Count", count, { ident: "count" }), field("Seed", seed, { ident: "seed" }));
}

/** One line on how like real items this prior's draws were when they were measured. */
function honest(session, chosen) {
  const measured = session.card.resample ?? {};
  const figures = measured[chosen.prior ?? session.card.priors[0].name];
  if (chosen.source !== "prior" || !figures) return null;
  const real = measured.held_out ?? {};
  const beside = "two_sample" in real ? `; real ones from each other ${percent(real.two_sample)}` : "";
  const readings = "accuracy" in real ? ` (of real ones in ${percent(real.accuracy)})` : "";
  const parts = [
    `Measured on ${figures.n} draws: a classifier tells them from real items ${percent(figures.two_sample)} of the time (50 % is best${beside})`,
    `the attributes read as asked in ${percent(figures.accuracy)}${readings}`,
  ];
  if ("novelty" in figures) parts.push(`their distance to the nearest training item is ${number(figures.novelty)} times that of new real items`);
  return note(`${parts.join("; ")}.`);
}

async function downloads(session, scene) {
  const text = await write(scene);
  const links = Object.entries(FILES)
    .filter(([kind]) => session.saves(kind))
    .map(([kind, title]) => {
      const href = `explorer/export?${new URLSearchParams({ as: kind, what: "draws", scene: text })}`;
      return el("a", { class: "button quiet", id: `export-${kind}`, download: true, href }, title);
    });
  return el("div", { class: "row downloads" }, el("span", { class: "note" }, "Save these as"), links);
}
