/** The parts of a lesson's step: its text, the form of a prediction, and what is said once it is made. */

import { make } from "../core/dom.js";

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

/** A number with its unit, or a choice. */
export const answered = ({ unit = "" }, value) => (typeof value === "number" && unit ? `${value} ${unit}` : String(value));

/** Whether a prediction is right. */
export const right = ({ answer, within = 0 }, value) => (typeof answer === "number" ? Math.abs(value - answer) <= within : value === answer);

/** The form in which a prediction is made. @param {object} end @param {(value: string|number) => void} store */
export function prediction(end, store) {
  const warning = make("p", { class: "note", id: "lesson-warning", role: "status" });
  const given = end.choices
    ? end.choices.map((value) => make("label", { class: "lesson-choice" }, make("input", { type: "radio", name: "lesson-prediction", value }), make("span", { text: value })))
    : [make("label", { class: "row" }, make("input", { type: "number", class: "text", name: "lesson-prediction", step: "any", "aria-describedby": "lesson-ask" }), make("span", { text: end.unit ?? "" }))];
  const submit = (event) => {
    event.preventDefault();
    const chosen = event.target.querySelector(end.choices ? "input:checked" : "input");
    if (!chosen?.value) warning.textContent = end.choices ? "Choose one first." : "Enter a number first.";
    else store(end.choices ? chosen.value : Number(chosen.value));
  };
  return make(
    "form",
    { class: "lesson-end", submit },
    make("fieldset", {}, make("legend", { id: "lesson-ask", text: end.ask }), ...given),
    make("button", { type: "submit", class: "button primary", text: "Keep my prediction" }),
    warning,
  );
}

/** What was predicted beside what is so. */
export function outcome(end, value) {
  const so = right(end, value);
  const text = so ? `As you predicted: ${answered(end, end.answer)}.` : `You predicted ${answered(end, value)}. It is ${answered(end, end.answer)}.`;
  return make("div", { class: "lesson-end" }, make("p", { class: "lesson-ask", text: end.ask }), make("p", { class: "lesson-outcome", "data-right": String(so), tabindex: -1, text }));
}

/** What came of the whole lesson. @param {object} lesson @param {{said: object, reached: object}} kept */
export function results(lesson, { said, reached }) {
  const rows = lesson.steps.filter(({ end }) => end).map(({ title, end }) => {
    let text = "skipped";
    if (end.kind === "predict" && title in said) text = right(end, said[title]) ? `predicted: ${answered(end, said[title])}` : `predicted ${answered(end, said[title])}; it is ${answered(end, end.answer)}`;
    else if (title in reached) text = { yes: "done", shown: "done, with the example" }[reached[title]] ?? "done";
    return make("li", {}, make("strong", { text: title }), ` ${text}`);
  });
  return [make("p", { text: lesson.goal }), ...(rows.length ? [make("ul", { class: "lesson-results" }, ...rows)] : [])];
}
