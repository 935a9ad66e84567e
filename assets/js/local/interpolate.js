/** Interpolate, as `explorer/page/tabs/interpolate.py`: from A to B by three ways, a slider to scrub, and the square of four corners. */

import { button, chips, field, note, sets, slider } from "./controls.js";
import { el, join } from "./html.js";
import { write } from "./link.js";
import { corners, ends, GRID, MAX_STEPS, options, path as way, PathOptions, square, travel } from "./recipes.js";
import { compact, point as whole, pointOf, same } from "./scene.js";
import { face, grid, strip } from "./strips.js";
import { cell, pathOf } from "./tab.js";
import * as words from "./words.js";

const METHODS = {
  lerp: ["Straight", "a straight line through the latent"],
  slerp: ["On the sphere", "keeps the distance from the centre, where most items are"],
  dense: ["Along the items", "the shortest way over real items"],
};
const CONDITIONS = { interpolate: "Blended", a: "A’s", b: "B’s" };
const EXPORTS = { gif: "GIF", webp: "WebP", png: "PNG strip" };
const path = pathOf("interpolate");

/** The tab's HTML. */
export async function panel(session, scene) {
  const { chosen, a, b, t } = await going(session, scene);
  const ways = Object.keys(METHODS).map((method) => [method, way(a, b, chosen.steps, method, chosen.condition)]);
  const trusts = await session.trusts(ways.flatMap(([, points]) => points));
  const strips = [];
  for (const [m, [method, points]] of ways.entries()) {
    const [title, sentence] = METHODS[method];
    const cells = points.map((p, k) => cell(session, scene, p, { alt: `${title}, step ${k + 1} of ${points.length}`, trust: trusts[m * points.length + k] }));
    strips.push(strip([methodTitle(scene, method, chosen, t), el("small", {}, sentence)], await Promise.all(cells), { ident: `strip-${method}`, fit: true }));
  }
  return String(
    join(
      await both(session, scene, a, b),
      scrub(a, b, chosen, t),
      el("div", { role: "radiogroup", id: "method", "aria-label": "Way from A to B" }, strips),
      note("Under each step, how far its latent lies from the nearest real item, in units of the usual distance."),
      how(scene, chosen, t),
      await downloads(session, scene, chosen, a, b),
      await corner(session, scene, chosen),
    ),
  );
}

/** The chosen way on the map, and its ends. */
export async function overlay(session, scene) {
  const { chosen, a, b } = await going(session, scene);
  const points = way(a, b, chosen.steps, chosen.method, chosen.condition);
  const [first, last] = await session.places([a, b], scene.view.map);
  return { path: await session.places(points, scene.view.map), a: first, b: last };
}

/** Options, A, B, and the share of the way at which the stage is, or null: what is on stage decides by which way it went. */
async function going(session, scene) {
  const chosen = options(scene, "interpolate", PathOptions);
  const [a, b] = await ends(session, scene);
  const last = scene.edits.at(-1);
  const before = { ...pointOf(scene), edits: scene.edits.slice(0, -1) };
  const equal = (p, q) => same(compact(p), compact(q));
  if (last?.op !== "between" || !equal(before, a) || !equal(whole(last.params.to), b)) return { chosen, a, b, t: null };
  const { method = chosen.method, condition = chosen.condition, t = 0.5 } = last.params;
  return { chosen: { ...chosen, method, condition }, a, b, t };
}

async function both(session, scene, a, b) {
  const both = [["A", a, scene.view.a], ["B", b, scene.view.b]];
  const shown = await Promise.all(both.map(([name, point, own]) => end(session, scene, name, point, `view.${name.toLowerCase()}`, own !== null)));
  const swap = button("Swap", { id: "swap-ends", "data-patch": { "view.a": compact(b), "view.b": compact(a) } });
  return el("div", { class: "ends" }, shown, swap);
}

/** One end: its picture, what it is, and how to choose another. */
async function end(session, scene, name, point, where, chosen) {
  const what = words.recipe(point, session.conditions, session.operations);
  const picture = face(await cell(session, scene, point, { alt: `${name}: ${what}` }), false);
  const here = button("Set from stage", {
    small: true, id: `end-${name.toLowerCase()}-stage`, "aria-label": `Set ${name} from the stage`,
    "data-set": where, "data-type": "json", "data-value": compact(pointOf(scene)),
  });
  const clear = chosen ? button("Clear", { small: true, "aria-label": `Clear ${name}`, "data-unset": where }) : null;
  const text = el("div", {}, el("span", { class: "end-name" }, name), el("span", { class: "end-what" }, what), el("span", {}, here, clear));
  return el("div", { class: "end", id: `end-${name.toLowerCase()}` }, picture, text);
}

function scrub(a, b, chosen, t) {
  const base = travel(a, b, 0, chosen.method, chosen.condition);
  const setting = sets(`edits.${a.edits.length}.params.t`, { point: base, live: true });
  const bar = slider("scrub", setting, t ?? 0, [0, 1, 0.01], { label: "Share of the way from A to B" });
  const play = button("Play", { quiet: false, id: "play", "data-do": "play", "data-for": "scrub" });
  return el("div", { class: "scrub travel" }, play, bar);
}

/** The title of a strip, by which its way is chosen for slider, map and files. */
function methodTitle(scene, method, chosen, t) {
  const setting = sets(path("method"), { point: changed(pointOf(scene), t, "method", method) });
  const box = el("input", { type: "radio", name: "method", value: method, checked: method === chosen.method, id: `method-${method}`, ...setting });
  return el("label", {}, box, METHODS[method][0]);
}

/** What becomes of the attributes on the way, and in how many steps it is shown. */
function how(scene, chosen, t) {
  const choices = Object.entries(CONDITIONS).map(([value, text]) => ({ value, text, point: changed(pointOf(scene), t, "condition", value) }));
  const held = chips("held", choices, chosen.condition, sets(path("condition")));
  const steps = slider("steps", sets(path("steps"), { view: true }), chosen.steps, [3, MAX_STEPS, 1]);
  return join(field("Attributes", held, { ident: "held", group: true }), field("Steps", steps, { ident: "steps" }));
}

/** Links to files of the chosen way; the ends are written into the scene, so that a file is that of this page. */
async function downloads(session, scene, chosen, a, b) {
  const whole = { steps: 9, method: "slerp", condition: "interpolate", grid: false, c: null, d: null };
  const own = Object.entries(chosen).filter(([name, value]) => !same(value, whole[name])).map(([name, value]) => [name, name.length === 1 ? compact(value) : value]);
  const text = await write({ ...scene, view: { ...scene.view, a, b, options: { interpolate: Object.fromEntries(own) } } });
  const links = Object.entries(EXPORTS)
    .filter(([kind]) => session.saves(kind))
    .map(([kind, title]) => {
      const href = `explorer/export?${new URLSearchParams({ as: kind, what: "path", scene: text })}`;
      return el("a", { class: "button quiet", id: `export-${kind}`, download: true, href }, title);
    });
  return el("div", { class: "row downloads" }, el("span", { class: "note" }, "Save this way as"), links);
}

async function corner(session, scene, chosen) {
  const toggle = button(chosen.grid ? "Hide the square" : "Square of four corners", {
    id: "square-toggle", quiet: false, pressed: chosen.grid,
    "data-set": path("grid"), "data-view": true, "data-type": "json", "data-value": JSON.stringify(!chosen.grid),
  });
  const line = el("div", { class: "row panel-end" }, toggle);
  if (!chosen.grid) return line;
  const points = await square(session, scene, chosen);
  const cells = points.map((p, k) => cell(session, scene, p, { alt: `row ${Math.floor(k / GRID) + 1}, column ${(k % GRID) + 1}` }));
  const [, , c, d] = await corners(session, scene, chosen);
  const both = [["C", c, chosen.c], ["D", d, chosen.d]];
  const shown = await Promise.all(both.map(([name, point, own]) => end(session, scene, name, point, path(name.toLowerCase()), own !== null)));
  const said = note("A and B above, C and D below; between them latents and attributes are blended.");
  return join(line, el("div", { class: "ends" }, shown), grid(await Promise.all(cells), GRID, { ident: "square", label: "Square of four corners" }), said);
}

/** A point on the way with another value of one parameter of its last edit; null where it isn't on the way. */
function changed(point, t, name, value) {
  if (t === null) return null;
  const last = point.edits.at(-1);
  return { ...point, edits: [...point.edits.slice(0, -1), { ...last, params: { ...last.params, [name]: value } }] };
}
