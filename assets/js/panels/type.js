/** Type: a text set in the design on stage, which follows weight, width and slant; the way to another design; letters of one's own. */

import { compute } from "../compute/compute.js";
import { textOf } from "../compute/link.js";
import { phrase } from "../compute/refusals.js";
import { needed } from "../nodes/specimen.js";
import { control } from "./attributes.js";
import { end, ends as beside } from "./ends.js";
import { going, scrub } from "./interpolate.js";
import { compact, pointOf } from "./point.js";
import { travel } from "./recipes.js";
import { asking, files, pathOf } from "./tab.js";

const NAMED = "character";
const MOST = 8; // letters of one's own, see explorer/play/lettering.py
const LONGEST = 120;
const ALONG = 5;
const SHORT = 14; // characters that the way is shown with
const SMALL = [0.1, 0.3];
const FONTS = { otf: "OpenType (.otf)", ttf: "TrueType (.ttf)", pdf: "Specimen (PDF)" };
const text = (standard, maxLength) => ({ type: "string", maxLength, default: standard });
const OPTIONS = { type: "object", properties: { text: text("Hamburgefonstiv 1925", LONGEST), said: text("", MOST) } };
const path = pathOf("type");

/** The letters that a text needs, each as a recipe. */
const letters = (facts, point, known, words) =>
  Object.fromEntries(needed(words).filter((one) => known.includes(one)).map((one) => [one, compact(asking(facts, point, { [NAMED]: one }))]));

const rested = new Map();

/** What was made last while nothing moved; under a hand that moves it stays. */
async function atRest(live, name, make) {
  if (!live || !rested.has(name)) rested.set(name, await make());
  return rested.get(name);
}

/**
 * @param {import("./facts.js").Facts} facts @param {object} scene @param {object} kept @param {boolean} live while a pointer still moves
 * @returns {Promise<{nodes: object[], overlay: object}>}
 */
export async function panel(facts, scene, kept, live) {
  const chosen = facts.options(scene, "type", OPTIONS);
  const point = pointOf(scene);
  const known = facts.attribute(NAMED).values;
  const lacking = needed(chosen.text).filter((one) => !known.includes(one));
  const numbers = await Promise.all(facts.asked.filter(({ kind }) => kind === "continuous").map((one) => control(facts, point, one)));
  const specimen = { kind: "specimen", id: "type-specimen", label: "Your text in this design", text: chosen.text, letters: letters(facts, point, known, chosen.text) };
  const nodes = [
    { kind: "labelled", id: "field-type-text", label: "Text", inside: [{ kind: "text", id: "type-text", label: "Text", value: chosen.text, most: LONGEST, sets: { path: path("text"), view: true, eager: true } }] },
    specimen,
    ...(lacking.length ? [{ kind: "note", id: "type-lacking", text: phrase("lacking", { letters: lacking.join(" ") }) }] : []),
    ...numbers.flat(),
    await atRest(live, "download", () => download(facts, scene, chosen.text)),
    ...(await way(facts, scene, known, chosen.text, live)),
    ...own(facts, chosen, scene),
  ];
  return { nodes, overlay: {} };
}

async function download(facts, scene, words) {
  const inside = [
    { kind: "note", id: "type-save", text: "Save this design as" },
    ...files(facts, FONTS, { scene: await textOf(facts.rules, scene), text: words }),
    { kind: "button", id: "type-svg", text: "This text as SVG", do: "type-svg" },
  ];
  return { kind: "row", id: "type-downloads", inside };
}

const steps = (facts, [a, b], { method, condition }, known, words) =>
  Array.from({ length: ALONG }, (_, k) => {
    const point = travel(a, b, k / (ALONG - 1), method, condition);
    const label = `${Math.round((100 * k) / (ALONG - 1))}% of the way from A to B`;
    return { kind: "specimen", id: `type-step-${k}`, label, text: words, sizes: SMALL, point: compact(point), letters: letters(facts, point, known, words) };
  });

/** As many of the first words as are short; at least something. */
function beginning(text) {
  const words = text.trim().split(/\s+/);
  const many = words.findLastIndex((_, k) => words.slice(0, k + 1).join(" ").length <= SHORT) + 1;
  return (many ? words.slice(0, many).join(" ") : words[0].slice(0, SHORT)) || "Hamburg";
}

/** From A to B, as a slider and in steps. */
async function way(facts, scene, known, words, live) {
  const { chosen, a, b, t } = await going(facts, scene);
  const inside = await atRest(live, "steps", () => steps(facts, [a, b], chosen, known, beginning(words)));
  const ends = [
    end(facts, scene, { name: "A", point: a, path: "view.a", chosen: scene.view.a !== null }),
    end(facts, scene, { name: "B", point: b, path: "view.b", chosen: scene.view.b !== null }),
  ];
  return [{ kind: "section", id: "type-way", title: "From this design to another", inside: [beside("type-ends", ends), scrub(a, b, chosen, t), { kind: "row", id: "type-steps", role: "column", inside }] }];
}

/** Letters that a person brings. */
function own(facts, chosen, { start }) {
  if (!facts.can("assemble") || facts.files) return [];
  const brought = "sha256" in start;
  const words = `Bring 1 to ${MOST} letters, drawn or photographed on a plain ground with room between them, in one picture or in several; or a font (.ttf, .otf, .woff2). The other letters follow from them.`;
  return [{
    kind: "section", id: "letters", title: "Letters of your own",
    inside: [
      { kind: "note", id: "letters-how", text: words },
      { kind: "labelled", id: "field-letters-said", label: "They say", remark: "empty: they are read", inside: [{ kind: "text", id: "letters-said", label: "What your letters say", value: chosen.said, most: MOST, sets: { path: path("said"), view: true } }] },
      { kind: "row", id: "letters-ways", inside: [{ kind: "button", id: "letters-choose", text: brought ? "Bring other letters" : "Bring letters or a font", look: "plain", do: "letters" }, { kind: "button", id: "letters-draw", text: "Draw letters", look: "plain", do: "letters-draw" }] },
    ],
  }];
}

