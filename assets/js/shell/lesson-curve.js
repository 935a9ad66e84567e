/** A prediction by a drawn curve: how a reading goes along a slider, at five places of it; then the true curve over it, measured on the model. */

import { compute } from "../compute/compute.js";
import { number } from "../compute/numbers.js";
import { make, shape } from "../core/dom.js";
import { pointOf, whole } from "../core/scene.js";
import { trusts } from "../panels/trust.js";

const PLACES = 5; // as `explorer/museum/lessons/lesson.py`
const [WIDTH, HEIGHT] = [200, 120];

const spots = ({ least, most }) => Array.from({ length: PLACES }, (_, k) => least + ((most - least) * k) / (PLACES - 1));
const words = (name) => name.replaceAll("_", " ");
const shownAt = ({ low, high }, k, value) => [((k + 0.5) * WIDTH) / PLACES, HEIGHT * (1 - (value - low) / (high - low))];

/** The mean distance between a curve and the true one, in the reading's unit. */
export const gap = ({ at, truth }) => at.reduce((sum, value, k) => sum + Math.abs(value - truth[k]), 0) / at.length;

/** A scene at a place of the slider; as `Curve.at` in Python. */
export function along({ scene, along: name }, x) {
  const there = structuredClone(whole(scene));
  const last = there.edits.at(-1);
  if (name === "temperature" && "seed" in there.start) there.start.temperature = x;
  else if (last && name in last.params) last.params[name] = x;
  else there.condition[name] = x;
  return there;
}

/** The true curve. @param {import("../panels/facts.js").Facts} facts of the model that is open @returns {Promise<number[]>} */
export async function truth(facts, curve) {
  const points = spots(curve).map((x) => pointOf(along(curve, x)));
  if (curve.reads === "distance") return (await trusts(facts, points)).map(({ share }) => share);
  return (await compute.judge(points)).map((seen) => seen[curve.reads].value);
}

/** The area, with a line for each curve; places that aren't drawn yet are left out. */
function area(curve, lines) {
  const svg = shape("svg", { class: "lesson-curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" });
  for (let k = 0; k < PLACES; k++) svg.append(shape("line", { class: "rule", x1: shownAt(curve, k, 0)[0], x2: shownAt(curve, k, 0)[0], y1: 0, y2: HEIGHT }));
  for (const [kind, values] of lines) {
    const points = values.flatMap((value, k) => (Number.isFinite(value) ? [shownAt(curve, k, Math.min(curve.high, Math.max(curve.low, value)))] : []));
    svg.append(shape("polyline", { class: kind, points: points.map((at) => at.join(",")).join(" ") }));
    for (const [x, y] of points) svg.append(shape("ellipse", { class: `${kind} knot`, cx: x, cy: y, rx: 3, ry: 3 }));
  }
  return svg;
}

/** What stands around the area: the range of the reading beside it, what lies across and up below. */
function framed(curve, inside, below) {
  const { low, high, unit = "", along: name, reads } = curve;
  const range = make("div", { class: "lesson-curve-range", "aria-hidden": "true" }, make("span", { text: `${number(high)}${unit}` }), make("span", { text: `${number(low)}${unit}` }));
  const said = make("p", { class: "note", text: `Across: ${words(name)}. Up: ${words(reads)}.` });
  return make("div", { class: "lesson-curve-frame" }, range, inside, below, said);
}

/** The control in which it is drawn: by a pointer, or as five numbers. @param {object} curve */
export function sketch(curve) {
  const { low, high, along: name, reads } = curve;
  const step = Number(number((high - low) / 20));
  const fields = spots(curve).map((x) =>
    make("input", { type: "number", class: "text", name: "lesson-curve", min: low, max: high, step: "any", "aria-label": `${words(reads)} at ${words(name)} ${number(x)}`, input: () => draw(), keydown: (event) => {
      const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!way) return;
      event.preventDefault();
      const { target } = event;
      put(target, (target.value === "" ? (low + high) / 2 : Number(target.value)) + way * step);
    } }));
  const plot = make("div", { class: "lesson-curve-plot" });
  const draw = () => plot.replaceChildren(area(curve, [["guess", fields.map(({ value }) => (value === "" ? NaN : Number(value)))]]));
  const put = (field, value) => {
    field.value = String(Number(number(Math.min(high, Math.max(low, value)))));
    draw();
  };
  let last = null; // the place under the pointer before: what was passed in between is drawn too
  const follow = (event) => {
    const box = plot.getBoundingClientRect();
    const k = Math.min(PLACES - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * PLACES)));
    const value = high - ((event.clientY - box.top) / box.height) * (high - low);
    const from = last ?? { k, value };
    const steps = Math.abs(k - from.k) || 1;
    for (let one = 1; one <= steps; one++) put(fields[from.k + Math.sign(k - from.k) * (k === from.k ? 0 : one)], from.value + ((value - from.value) * one) / steps);
    last = { k, value };
  };
  plot.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    plot.setPointerCapture(event.pointerId);
    last = null;
    follow(event);
  });
  plot.addEventListener("pointermove", (event) => plot.hasPointerCapture(event.pointerId) && follow(event));
  draw();
  const cells = spots(curve).map((x, k) => make("label", {}, make("span", { "aria-hidden": "true", text: number(x) }), fields[k]));
  return framed(curve, plot, make("div", { class: "lesson-curve-fields" }, ...cells));
}

/** What a form's fields hold, or null where one is empty or outside. @param {HTMLFormElement} form */
export function sketched(form) {
  const fields = [...form.querySelectorAll("[name=lesson-curve]")];
  return fields.every(({ value, validity }) => value !== "" && validity.valid) ? fields.map(({ value }) => Number(value)) : null;
}

/** Both curves. @param {{at: number[], truth: number[]}} value */
export function both(curve, value) {
  const plot = make("div", { class: "lesson-curve-plot", role: "img", "aria-label": `Yours: ${value.at.map((one) => number(one)).join(", ")}. True: ${value.truth.map((one) => number(one)).join(", ")}.` }, area(curve, [["guess", value.at], ["truth", value.truth]]));
  const ticks = make("div", { class: "lesson-curve-fields", "aria-hidden": "true" }, ...spots(curve).map((x, k) => make("span", {}, make("span", { text: number(x) }), make("b", { text: number(value.truth[k]) }))));
  return make("div", {}, framed(curve, plot, ticks), make("p", { class: "lesson-curve-key", "aria-hidden": "true" }, make("i", { class: "guess" }), "yours ", make("i", { class: "truth" }), "the model's, measured now"));
}
