/** Interpolate: from A to B by three ways side by side, a slider to scrub, an animation, and the square of four corners. */

import { end, ends as beside } from "./ends.js";
import { textOf } from "../compute/link.js";
import { bound } from "../compute/refusals.js";
import { alike, before, compact, pointOf } from "./point.js";
import { corners, ends, path as way, square, travel } from "./recipes.js";
import { cell, files, pathOf, player } from "./tab.js";
import { rule } from "./trust.js";

const METHODS = {
  lerp: ["Straight", "a straight line through the latent"],
  slerp: ["On the sphere", "keeps the distance from the centre, where most items are"],
  dense: ["Along the items", "the shortest way over real items"],
};
const CONDITIONS = { interpolate: "Blended", a: "A’s", b: "B’s" };
const EXPORTS = { gif: "GIF", webp: "WebP", png: "PNG strip" };
const path = pathOf("interpolate");

/** @param {import("./facts.js").Facts} facts @param {object} scene @returns {Promise<{nodes: object[], overlay: object}>} */
export async function panel(facts, scene) {
  const { chosen, a, b, t } = await going(facts, scene);
  const strips = Object.entries(METHODS).map(([name, [title, sentence]]) => {
    const points = way(a, b, chosen.steps, name, chosen.condition);
    const cells = points.map((p, k) => cell(p, { alt: `${title}, step ${k + 1} of ${points.length}`, trust: true }));
    return { kind: "strip", id: `strip-${name}`, title: `${title}: ${sentence}`, cells, fit: true };
  });
  const swap = { kind: "button", id: "swap-ends", text: "Swap", sets: { patch: { "view.a": compact(b), "view.b": compact(a) } } };
  const [method, ...rest] = how(scene, chosen, t);
  const nodes = [
    beside("ends", [
      end(facts, scene, { name: "A", point: a, path: "view.a", chosen: scene.view.a !== null }),
      end(facts, scene, { name: "B", point: b, path: "view.b", chosen: scene.view.b !== null }),
      swap,
    ]),
    scrub(a, b, chosen, t),
    method,
    ...strips,
    { kind: "note", id: "trust-rule", text: `Under each step, how far it lies from real items. ${rule(facts)}` },
    ...rest,
    { kind: "row", id: "downloads", inside: [{ kind: "note", id: "downloads-what", text: "Save this way as" }, ...files(facts, facts.kinds(EXPORTS), { what: "path", scene: await linked(facts, scene, chosen, a, b) })] },
    ...(await corner(facts, scene, chosen, a, b)),
  ];
  return { nodes, overlay: { path: way(a, b, chosen.steps, chosen.method, chosen.condition), a, b } };
}

/** Options, A, B, and the share of the way at which the stage is, or null: what is on stage decides by which way it went. */
export async function going(facts, scene) {
  const chosen = facts.options(scene, "interpolate");
  const [a, b] = await ends(facts, scene);
  const point = pointOf(scene);
  const last = point.edits.at(-1);
  if (last?.op !== "between" || !alike(before(point, "between"), a) || !alike(facts.whole(last.params.to), b)) return { chosen, a, b, t: null };
  const { method = chosen.method, condition = chosen.condition, t = 0.5 } = last.params;
  return { chosen: { ...chosen, method, condition }, a, b, t };
}

export function scrub(a, b, chosen, t) {
  const sets = { path: `edits.${a.edits.length}.params.t`, point: compact(travel(a, b, 0, chosen.method, chosen.condition)), live: true };
  return {
    kind: "row", id: "travel", role: "scrub",
    inside: [
      player("play", "scrub"),
      { kind: "slider", id: "scrub", label: "Share of the way from A to B", value: t ?? 0, low: 0, high: 1, step: 0.01, sets },
    ],
  };
}

/** By which way, what becomes of the attributes on it, and in how many steps it is shown. */
function how(scene, chosen, t) {
  const choices = (name, all) => Object.entries(all).map(([value, text]) => ({ value, text, ...(t === null ? {} : { point: compact(changed(pointOf(scene), name, value)) }) }));
  const ways = Object.fromEntries(Object.entries(METHODS).map(([value, [text]]) => [value, text]));
  const line = (id, label, inside) => ({ kind: "labelled", id: `field-${id}`, label, inside: [inside] });
  return [
    line("method", "Way", { kind: "chips", id: "method", label: "Way from A to B", choices: choices("method", ways), value: chosen.method, sets: { path: path("method") } }),
    line("held", "Attributes", { kind: "chips", id: "held", label: "Attributes on the way", choices: choices("condition", CONDITIONS), value: chosen.condition, sets: { path: path("condition") } }),
    line("steps", "Steps", { kind: "slider", id: "steps", label: "Steps", value: chosen.steps, low: 3, high: bound("steps"), step: 1, sets: { path: path("steps"), view: true } }),
  ];
}

/** A point on the way with another value of one parameter of its last step. */
function changed(point, name, value) {
  const last = point.edits.at(-1);
  return { ...point, edits: [...point.edits.slice(0, -1), { ...last, params: { ...last.params, [name]: value } }] };
}

/** A link in which the ends are written down, so that a file is that of this page. */
function linked(facts, scene, { steps, method, condition }, a, b) {
  return textOf(facts.rules, { ...scene, view: { ...scene.view, a, b, options: { interpolate: { steps, method, condition } } } });
}

async function corner(facts, scene, chosen, a, b) {
  const text = chosen.grid ? "Hide the square" : "Square of four corners";
  const line = { kind: "row", id: "square-line", inside: [{ kind: "button", id: "square-toggle", text, look: "plain", pressed: chosen.grid, sets: { patch: { [path("grid")]: !chosen.grid }, view: true } }] };
  if (!chosen.grid) return [line];
  const [c, d] = await corners(a, b, chosen);
  const n = bound("grid");
  const cells = square(a, b, c, d).map((p, k) => cell(p, { alt: `row ${Math.floor(k / n) + 1}, column ${(k % n) + 1}` }));
  return [
    line,
    beside("corners", [
      end(facts, scene, { name: "C", point: c, path: path("c"), chosen: chosen.c !== null }),
      end(facts, scene, { name: "D", point: d, path: path("d"), chosen: chosen.d !== null }),
    ]),
    { kind: "grid", id: "square", label: "Square of four corners", columns: n, cells },
    { kind: "note", id: "square-what", text: "A and B above, C and D below; between them latents and attributes are blended." },
  ];
}
