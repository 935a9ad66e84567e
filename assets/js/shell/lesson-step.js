/** What stands on stage as a step of a lesson: the Markdown that `explorer/museum/lessons/read.py` reads, see docs/lessons.md. */

import { compute } from "../compute/compute.js";
import { compactScene, write } from "../compute/link.js";
import { number } from "../compute/numbers.js";
import { show } from "../core/dialog.js";
import { copy, make } from "../core/dom.js";
import { toast } from "../core/notices.js";
import { pointOf } from "../core/scene.js";
import { STARTS, root } from "./lesson-goal.js";

const SPARE = 0.05; // of a number's range, on both sides of what was asked

/** A value as TOML writes it. */
function toml(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const pairs = Object.entries(value).map(([name, one]) => `${name} = ${toml(one)}`);
  return `{${pairs.join(", ")}}`;
}

/** A scene as JSON, which a person can read, or as a link where TOML couldn't quote it. */
async function text(rules, scene) {
  const json = JSON.stringify(compactScene(rules, { ...scene, build: null }));
  return json.includes("'") ? write(rules, { ...scene, build: null }) : json;
}

/** The item from which a person would begin: that of the recipe, or else the one that is nearest. */
async function beginning({ start }) {
  if ("item" in start) return start.item;
  const [{ nearest }] = await compute.trust([{ start, condition: {}, edits: [] }]);
  return nearest;
}

/** What is so of a point and not of another: asked of the picture, read off it, and done to it. */
async function goalOf(facts, point, before) {
  const [[asked, usual], [seen, first]] = await Promise.all([compute.condition([point, before]), compute.judge([point, before])]);
  const [condition, reads] = [{}, {}];
  for (const { name, values, low, high } of facts.asked) {
    const value = asked[name];
    if (value === usual[name] || value === null || typeof value === "object") continue;
    const spare = SPARE * (high - low);
    condition[name] = values.length ? value : { least: Number(number(value - spare)), most: Number(number(value + spare)) };
  }
  for (const { name, values } of facts.attributes) {
    const value = seen?.[name]?.value;
    if (values.length && value !== undefined && value !== first?.[name]?.value) reads[name] = value;
  }
  const begins = root(point.start);
  const [starts] = Object.entries(STARTS).find(([name, field]) => name !== "item" && field in begins) ?? [];
  const all = { condition, reads, starts, step: point.edits.at(-1)?.op };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => (typeof value === "object" ? Object.keys(value).length : value)));
}

/**
 * @param {import("../panels/facts.js").Facts} facts of the model that is open
 * @param {object} scene whole
 * @returns {Promise<string>} the step: from the item as it is to what stands on stage, or that scene alone where nothing was done
 */
export async function stepOf(facts, scene) {
  const before = { ...scene, start: { item: await beginning(scene) }, condition: {}, edits: [] };
  const goal = await goalOf(facts, pointOf(scene), pointOf(before));
  const any = Object.keys(goal).length > 0;
  const block = (kind, inside) => `\`\`\`${kind}\n${inside}\n\`\`\`\n`;
  const parts = ["## Title of the step\n", "What there is to see.\n", block("scene", await text(facts.rules, any ? before : scene))];
  if (any) {
    const lines = ['ask = "What is to be done."', `example = '${await text(facts.rules, scene)}'`, "[goal]", ...Object.entries(goal).map(([name, value]) => `${name} = ${toml(value)}`)];
    parts.push(block("reach", lines.join("\n")), "What it shows.\n");
  }
  return parts.join("\n");
}

/** Put the step on the clipboard, and show it. */
export async function save(facts, scene) {
  const step = await stepOf(facts, scene);
  const copied = await copy(step);
  const again = make("button", { type: "button", class: "button quiet", id: "copy-step", text: "Copy", click: async () => toast((await copy(step)) ? "Copied" : "Select the lines and copy them") });
  show(
    copied ? "Step copied" : "A step of a lesson",
    make("p", { class: "note", text: "Paste it into the file of a lesson, and write its text. The goal is what differs between the item as it is and what stands on stage." }),
    make("code", { class: "copy", id: "code-step", tabindex: 0, role: "group", "aria-label": "The step as Markdown", text: step }),
    again,
  );
}
