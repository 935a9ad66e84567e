/** Own item, as `explorer/page/tabs/own_item.py`: a person's picture as the model takes it, its reconstruction, its neighbours. */

import { button, field, note, select, sets, slider } from "./controls.js";
import { el, join } from "./html.js";
import { record } from "./check.js";
import { options } from "./recipes.js";
import { item } from "./scene.js";
import { strip } from "./strips.js";
import { cell, isFar } from "./tab.js";
import * as words from "./words.js";

const NEAREST = 6;
const Options = record("Options", {});

/** The tab's HTML. */
export async function panel(session, scene) {
  options(scene, "own", Options);
  const { start } = scene;
  if (!("sha256" in start)) return String(invitation(session));
  const mine = { start, condition: {}, edits: [] };
  return String(
    join(
      await pictures(session, mine),
      el("div", { "data-own-readings": start.sha256, id: "own-readings", "aria-live": "polite" }),
      corrections(session, start),
      await nearest(session, scene, mine),
      el("div", { class: "row panel-end" }, button("Another picture", { quiet: false, "data-do": "own-file" })),
    ),
  );
}

/** Nothing of its own on the map. */
export const overlay = async () => ({});

/** The item as fitted (it is kept in the browser, so the page puts it there) beside its reconstruction. */
async function pictures(session, mine) {
  const kept = el("img", { hidden: true, alt: "Your picture as the model takes it", "data-own-picture": mine.start.sha256, id: "own-fitted" });
  const made = el("img", { src: await session.picture(mine), alt: "Its reconstruction", id: "own-reconstruction" });
  const frame = (img, text, more = {}) => el("figure", { class: "frame", ...more }, img, el("figcaption", {}, text));
  return el("div", { class: "own-pictures" }, frame(kept, "As the model takes it"), frame(made, "Its reconstruction", { "data-point": { start: mine.start } }));
}

function corrections(session, start) {
  const fields = session.conditions.attributes.map((a) => {
    const value = start.condition[a.name] ?? null;
    const ident = `correct-${a.name}`;
    if (a.kind === "continuous") {
      const at = typeof value === "number" ? value : (a.low + a.high) / 2;
      return field(a.label, slider(ident, sets(), at, [a.low, a.high, (a.high - a.low) / 100], { "data-correct": a.name }), { ident });
    }
    const choices = a.values.map((v) => ({ value: JSON.stringify(v), text: v }));
    return field(a.label, select(ident, choices, JSON.stringify(value), sets(), { "data-correct": a.name, "data-type": "json" }), { ident });
  });
  const said = note("Read from your picture. Correct what is wrong, and it is encoded again under what you say.");
  return join(el("p", { class: "strip-title" }, "Attributes"), said, el("div", { class: "conditions" }, fields));
}

async function nearest(session, scene, mine) {
  const points = (await session.neighbours(mine, NEAREST)).map(([index]) => item(index));
  const cells = await Promise.all(points.map((p) => cell(session, scene, p, { caption: words.start(p.start) })));
  const trust = await session.trust(mine);
  const place = words.distance(trust.distance / (await session.typical()));
  const sentence = isFar(trust) ? `It lies ${place}: farther out than almost any real item.` : `It lies ${place}.`;
  return strip(["Nearest items", el("small", {}, sentence)], cells, { ident: "own-nearest" });
}

function invitation(session) {
  const where = session.alone
    ? "It stays in this browser: the model runs here, and nothing is sent anywhere."
    : "It goes to the server only to be encoded, and the server keeps nothing of it.";
  return el(
    "div",
    { class: "own-drop", id: "own-drop" },
    el("p", { class: "own-title" }, "Drop a picture here, or anywhere on the page; or paste one."),
    note(`It is fitted to what this model takes, its attributes are read, and it becomes a point like any other: all tabs work on it. ${where}`),
    el(
      "div",
      { class: "row" },
      button("Choose a picture", { quiet: false, id: "own-choose", "data-do": "own-file" }),
      button("Use the camera", { quiet: false, id: "own-take", "data-do": "own-camera" }),
    ),
  );
}
