/** The parts of a lesson's step: its text, the form of a prediction, and what is said once it is made. */

import { number } from "../compute/numbers.js";
import { make } from "../core/dom.js";
import { both, gap as off, sketch, sketched } from "./lesson-curve.js";

const TAGS = new Set(["p", "ul", "ol", "li", "blockquote", "em", "strong", "br", "hr", "code", "pre", "h4", "span", "a"]);

/** Text as `explorer/museum/lessons/prose.py` gives it -> nodes; whatever else it holds is text. @param {Array} parts */
export function prose(parts = []) {
  return parts.map((part) => {
    if (!Array.isArray(part)) return document.createTextNode(String(part));
    const [tag, { href, term }, ...inside] = part;
    if (!TAGS.has(tag)) return document.createTextNode("");
    const web = /^https?:/.test(href ?? "") ? { href, target: "_blank", rel: "noopener noreferrer" } : {};
    return make(tag, { ...web, "data-term": term, tabindex: term ? 0 : null }, ...prose(inside));
  });
}

/** A number with its unit, a choice, or a picture by its letter. */
const answered = ({ unit = "", pictures }, value) => (typeof value === "number" && unit ? `${value} ${unit}` : pictures ? `picture ${value}` : String(value));

/** How far a place that was predicted lies from the true one, in the map's units. */
const gap = ({ at, truth }) => Math.hypot(at[0] - truth[0], at[1] - truth[1]);

/** Whether a prediction is right. */
const right = ({ answer, within = 0, place, curve }, value) => (curve ? off(value) : place ? gap(value) : typeof answer === "number" ? Math.abs(value - answer) : value === answer ? 0 : Infinity) <= within;

/** Whether what this browser keeps answers a question as it is asked now. */
export const answers = ({ place, curve }, value) => value !== undefined && (!(place || curve) || Array.isArray(value?.truth));

/** Pictures by their letters; `assets/js/shell/lesson-panel.js` fills them. @param {(face: Node[], letter: string) => Node} frame */
function lettered({ pictures }, frame) {
  return make("div", { class: "lesson-pictures" }, ...pictures.map((scene, k) => {
    const letter = LETTERS[k];
    return frame([make("img", { alt: `Picture ${letter}`, draggable: "false" }), make("span", { class: "lesson-letter", text: letter })], letter);
  }));
}

const LETTERS = "ABCDEF";
const MISSING = { choices: "Choose one first.", pictures: "Choose one first.", place: "Press a place on the map first.", curve: "Draw it from one end to the other first.", number: "Enter a number first." };
const PLACING = "Press the map where you expect it. By keyboard: Ctrl and the arrows move the map, X presses its middle.";

/** By what a question is answered. */
const kindOf = ({ choices, pictures, place, curve }) => (curve ? "curve" : choices ? "choices" : pictures ? "pictures" : place ? "place" : "number");

/** The controls by which a question is answered. */
function asking(end) {
  const radio = (value) => make("input", { type: "radio", name: "lesson-prediction", value });
  switch (kindOf(end)) {
    case "choices":
      return end.choices.map((value) => make("label", { class: "lesson-choice" }, radio(value), make("span", { text: value })));
    case "pictures":
      return [lettered(end, (face, letter) => make("label", {}, radio(letter), ...face))];
    case "curve":
      return [sketch(end.curve)];
    case "place":
      return [make("p", { class: "note", id: "lesson-aim", text: PLACING })];
    default:
      return [make("label", { class: "row" }, make("input", { type: "number", class: "text", name: "lesson-prediction", step: "any", "aria-describedby": "lesson-ask" }), make("span", { text: end.unit ?? "" }))];
  }
}

/**
 * The form in which a prediction is made.
 * @param {object} end
 * @param {(value: string|number|number[]) => void} store
 * @param {() => number[]|null} aimed the place on the map that was pressed last
 */
export function prediction(end, store, aimed) {
  const kind = kindOf(end);
  const warning = make("p", { class: "note", id: "lesson-warning", role: "status" });
  const submit = (event) => {
    event.preventDefault();
    const given = kind === "place" ? aimed() : kind === "curve" ? sketched(event.target) : event.target.querySelector(kind === "number" ? "input" : "input:checked")?.value;
    if (!given) warning.textContent = MISSING[kind];
    else store(kind === "number" ? Number(given) : given);
  };
  return make(
    "form",
    { class: "lesson-end", submit },
    make("fieldset", {}, make("legend", { id: "lesson-ask", text: end.ask }), ...asking(end)),
    make("button", { type: "submit", class: "button primary", text: "Keep my prediction" }),
    warning,
  );
}

/** What was predicted beside what is so. */
export function outcome(end, value) {
  const so = right(end, value);
  const placed = end.place && `Your place is ${number(gap(value))} from the true one; up to ${number(end.within)} is right.`;
  const { unit = "" } = end.curve ?? {};
  const drawn = end.curve && `Your curve lies ${number(off(value))}${unit} from the true one on average; up to ${number(end.within)}${unit} is right.`;
  const text = placed ?? drawn ?? (so ? `As you predicted: ${answered(end, end.answer)}.` : `You predicted ${answered(end, value)}. It is ${answered(end, end.answer)}.`);
  const seen = end.curve ? [both(end.curve, value)] : end.pictures ? [lettered(end, (face, letter) => make("figure", { "data-answer": letter === end.answer }, ...face))] : [];
  return make("div", { class: "lesson-end" }, make("p", { class: "lesson-ask", text: end.ask }), ...seen, make("p", { class: "lesson-outcome", "data-right": String(so), tabindex: -1, text }));
}

/** The same in a few words. */
function brief(end, value) {
  if (end.curve) return `drawn, ${number(off(value))}${end.curve.unit ?? ""} from the true curve`;
  if (end.place) return `predicted, ${number(gap(value))} from the true place`;
  return right(end, value) ? `predicted: ${answered(end, end.answer)}` : `predicted ${answered(end, value)}; it is ${answered(end, end.answer)}`;
}

/** What came of the whole lesson. @param {object} lesson @param {{said: object, reached: object}} kept */
export function results(lesson, { said, reached }) {
  const rows = lesson.steps.filter(({ end }) => end).map(({ title, end }) => {
    let text = "skipped";
    const own = Object.hasOwn(said, title) ? said[title] : undefined;
    if (end.kind === "predict" && answers(end, own)) text = brief(end, own);
    else if (Object.hasOwn(reached, title)) text = { yes: "done", shown: "done, with the example" }[reached[title]] ?? "done";
    return make("li", {}, make("strong", { text: title }), ` ${text}`);
  });
  return [make("p", { text: lesson.goal }), ...(rows.length ? [make("ul", { class: "lesson-results" }, ...rows)] : [])];
}
