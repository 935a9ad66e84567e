/** Answers of a step as a small chart: counts of choices, a histogram of numbers, places on a map, pictures that were reached. */

import { compute } from "../compute/compute.js";
import { read } from "../compute/link.js";
import { number } from "../compute/numbers.js";
import { make, shape } from "../core/dom.js";
import { pointOf, whole } from "../core/scene.js";

const BINS = 8;
const SHOWN = 60; // pictures at once
const LETTERS = "ABCDEF";

/** A row of a bar chart. */
function bar(label, count, most, { right = false, face = null } = {}) {
  return make(
    "li",
    { "data-answer": right },
    ...(face ? [face] : []),
    make("span", { class: "class-label", text: label }),
    make("span", { class: "class-bar-line", "aria-hidden": "true" }, make("i", { style: `width: ${most ? (100 * count) / most : 0}%` })),
    make("b", { text: String(count) }),
  );
}

/** What lies between two ends, in as many equal parts as make sense. @param {number[]} values */
export function bins(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (low === high) return [{ low, high, count: values.length }];
  const rough = (high - low) / BINS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const width = power * [1, 2, 5, 10].find((step) => step * power >= rough * 0.999);
  const first = Math.floor(low / width);
  const made = Array.from({ length: Math.floor(high / width) - first + 1 }, (_, k) => ({ low: (first + k) * width, high: (first + k + 1) * width, count: 0 }));
  for (const value of values) made[Math.min(made.length - 1, Math.floor(value / width) - first)].count += 1;
  return made;
}

function counted(end, values, reveal) {
  const offered = end.choices ?? end.pictures.map((_, k) => LETTERS[k]);
  const counts = offered.map((one) => values.filter((value) => value === one).length);
  const most = Math.max(...counts);
  const rows = offered.map((one, k) => {
    const face = end.pictures ? make("img", { alt: `Picture ${one}`, "data-scene": JSON.stringify(end.pictures[k]) }) : null;
    return bar(one, counts[k], most, { right: reveal && one === end.answer, face });
  });
  return make("ul", { class: "class-bars" }, ...rows);
}

function numbers(end, values, reveal) {
  if (!values.length) return make("p", { class: "note", text: "No number yet." });
  const made = bins(values);
  const most = Math.max(...made.map(({ count }) => count));
  const unit = end.unit ? ` ${end.unit}` : "";
  const holds = ({ low, high }, k) => reveal && end.answer >= low && (end.answer < high || (k === made.length - 1 && end.answer === high));
  return make("ul", { class: "class-bars" }, ...made.map((one, k) => bar((one.low === one.high ? number(one.low) : `${number(one.low)} to ${number(one.high)}`) + unit, one.count, most, { right: holds(one, k) })));
}

function places(values, truth) {
  const all = truth ? [...values, truth] : values;
  if (!all.length) return make("p", { class: "note", text: "No place yet." });
  const [x, y] = [0, 1].map((k) => all.map((at) => at[k]));
  const [left, top] = [Math.min(...x), Math.max(...y)];
  const span = Math.max(Math.max(...x) - left, top - Math.min(...y)) || 1;
  const dot = (kind, [a, b]) => shape("circle", { class: kind, cx: 5 + (90 * (a - left)) / span, cy: 5 + (90 * (top - b)) / span, r: 2.2 });
  const svg = shape("svg", { class: "class-places", viewBox: "0 0 100 100", role: "img", "aria-label": `${values.length} places on the map` });
  svg.append(...values.map((at) => dot("class-place", at)), ...(truth ? [dot("class-truth", truth)] : []));
  return svg;
}

function curves({ low, high }, values) {
  if (!values.length) return make("p", { class: "note", text: "No curve yet." });
  const svg = shape("svg", { class: "class-places", viewBox: "0 0 100 100", role: "img", "aria-label": `${values.length} curves` });
  for (const all of values) {
    const at = (value, k) => `${(100 * k) / (all.length - 1)},${100 * (1 - (Math.min(high, Math.max(low, value)) - low) / (high - low))}`;
    svg.append(shape("polyline", { class: "class-curve", points: all.map(at).join(" ") }));
  }
  return svg;
}

function reached(values, press, one) {
  const most = values.length;
  const counts = [["Done", "yes"], ["Done, with the example", "shown"]].map(([label, how]) => bar(label, values.filter((one) => one.how === how).length, most));
  const pictures = values.filter(({ recipe }) => recipe).slice(0, SHOWN).map(({ recipe, who, label }) => {
    const face = make("img", { alt: "", "data-link": recipe });
    const name = label ? [make("span", { text: label })] : [];
    return press
      ? make("button", { type: "button", class: "class-picture", "data-who": who, "aria-label": `Show the picture of ${label} to all`, click: () => press(who) }, face, ...name)
      : make("figure", { class: "class-picture" }, face, ...name);
  });
  const bars = one ? [] : [make("ul", { class: "class-bars" }, ...counts)];
  return make("div", {}, ...bars, make("div", { class: "class-pictures" }, ...pictures));
}

/**
 * @param {object} end of the step
 * @param {Array} values of `explorer/page/classes/answers.py`; those of a task may carry `who` and `label`
 * @param {{reveal?: boolean, truth?: number[]|null, press?: ((who: number) => void)|null, one?: boolean}} how `reveal`: mark what is
 *   right; `one`: a picture alone, without counts
 */
export function chart(end, values, { reveal = false, truth = null, press = null, one = false } = {}) {
  if (end.kind !== "predict") return reached(values, press, one);
  if (end.choices || end.pictures) return counted(end, values, reveal);
  if (end.curve) return curves(end.curve, values);
  return end.place ? places(values, reveal ? truth : null) : numbers(end, values, reveal);
}

const drawn = new Map(); // recipe -> picture, of the model that is open
let model = null;

/** Draw the pictures of a chart, where they are of the model that is open. @param {HTMLElement} node @param {object} facts */
export async function draw(node, facts) {
  if (!facts) return;
  if (model !== facts.model.name) {
    model = facts.model.name;
    drawn.clear();
  }
  for (const image of node.querySelectorAll("img[data-link], img[data-scene]")) {
    if (image.src) continue;
    const text = image.dataset.link ?? image.dataset.scene;
    try {
      if (!drawn.has(text)) {
        const scene = whole(await read(facts.rules, text));
        if (scene.model !== facts.model.name) continue;
        drawn.set(text, compute.picture([pointOf(scene)]).then(([picture]) => picture));
      }
      image.src = await drawn.get(text);
    } catch (error) {
      drawn.delete(text);
      image.alt = error.sentence ?? "";
    }
  }
}
