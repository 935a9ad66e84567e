/** One paper of the reading room: its picture and idea on the left, its claim and what was measured on the right. */

import { make, shape } from "../core/dom.js";

export const VERDICTS = { holds: "Holds", "does not hold": "Does not hold", mixed: "Mixed", tie: "Tie" };
const [WIDTH, ROW, INSET] = [320, 22, 6]; // of the plot of seeds, in its own units

/** @param {object} paper see `explorer/page/views/room.py` @param {string} home address of the explorer */
export function entry(paper, home) {
  const { number, title } = paper;
  const play = make("a", { class: "button primary", id: `play-${number}`, href: home + paper.play, "aria-label": `Play with ${title}`, text: "Play" });
  const head = make(
    "div",
    { class: "exhibit-head" },
    paper.cover
      ? make("a", { class: "exhibit-picture", href: play.href, tabindex: -1, "aria-hidden": "true" }, make("img", { src: home + paper.cover, alt: "", width: 192, height: 96, loading: "lazy", decoding: "async" }))
      : make("span", { class: "exhibit-picture none", "aria-hidden": "true", text: String(number) }),
    make("p", { class: "exhibit-number", text: `${number} · ${paper.year}` }),
    make("h3", { text: title }),
    make("p", { class: "exhibit-authors", text: paper.authors }),
    make("p", { class: "exhibit-idea", text: paper.idea }),
    ...(paper.look ? [make("p", { class: "exhibit-look" }, make("strong", { text: "Look for: " }), paper.look)] : []),
    make("div", { class: "row" }, play, make("a", { class: "button quiet", href: paper.paper, rel: "noreferrer", text: "Paper" })),
  );
  return make("article", { class: "exhibit", id: `paper-${number}` }, head, make("div", { class: "exhibit-claim" }, ...claim(paper)));
}

function claim({ claim: said, command, measured, fault, sceptic }) {
  const sentence = make("p", { class: "claim-sentence", text: said });
  if (!measured) return [sentence, make("p", { class: "note", text: fault ?? `Not measured yet: ${command}` })];
  return [
    make("p", { class: `verdict ${measured.verdict.replaceAll(" ", "-")}`, text: VERDICTS[measured.verdict] ?? measured.verdict }),
    ...(measured.stale ? [make("p", { class: "note stale", text: `Stale: ${measured.stale}` })] : []),
    sentence,
    plot(measured),
    make("p", { class: "outcome", text: measured.outcome }),
    ...(sceptic ? [make("details", { class: "more" }, make("summary", { text: "A sceptic asks" }), make("p", { class: "sceptic", text: sceptic }))] : []),
    details(measured, command),
  ];
}

/** Figures of one unit, each seed a dot on a common axis; the measured one is filled, its baselines are rings. */
function plot({ figures, better }) {
  const every = figures.flatMap((figure) => figure.values);
  const [low, high] = [Math.min(...every), Math.max(...every)];
  const at = (value) => (INSET + ((WIDTH - 2 * INSET) * (value - low)) / (high - low || 1)).toFixed(1);
  const rows = figures.map((figure, k) => {
    const drawing = shape("svg", { viewBox: `0 0 ${WIDTH} ${ROW}`, "aria-hidden": "true" });
    drawing.append(shape("path", { d: `M0 ${ROW / 2}H${WIDTH}`, class: "axis" }), shape("path", { d: `M${at(figure.mean)} 3V${ROW - 3}`, class: "mean" }));
    for (const value of figure.values) drawing.append(shape("circle", { cx: at(value), cy: ROW / 2, r: 4.5, class: k ? "baseline" : "measured" }));
    return make("tr", {}, make("th", { scope: "row", text: figure.label }), make("td", {}, drawing), make("td", { class: "value", text: figure.text }));
  });
  return make("table", { class: "seeds" }, make("caption", { text: `${better} is better; from ${short(low)} to ${short(high)}` }), make("tbody", {}, ...rows));
}

function details(measured, command) {
  const facts = [
    ["Command", make("code", { text: command })],
    ["Doubt it", make("code", { text: measured.doubt })],
    ["Seeds", measured.seeds.join(", ")],
    ["Data", measured.data],
    ["Smaller than the paper", measured.scaled],
    ["Measured", `${measured.on}, in ${measured.seconds < 100 ? `${Math.round(measured.seconds)} s` : `${Math.round(measured.seconds / 60)} min`}`],
    ["Commit", measured.commit || "not noted"],
    ["Weights", Object.entries(measured.weights).map(([name, hash]) => `${name} ${hash}`).join(", ") || "not noted"],
    ["With", Object.entries(measured.versions).map(([name, version]) => `${name} ${version}`).join(", ")],
  ];
  const parts = measured.parts.map(({ figure, beside, verdict }) => make("li", { text: `${VERDICTS[verdict]}: ${figure}, beside ${beside}` }));
  const others = measured.others.map(([label, value]) => make("tr", {}, make("th", { scope: "row", text: label }), make("td", { text: value })));
  return make(
    "details",
    { class: "more" },
    make("summary", { text: "How it was measured" }),
    make("ul", { class: "parts" }, ...parts),
    ...(others.length ? [make("table", { class: "facts" }, make("tbody", {}, ...others))] : []),
    make("dl", { class: "facts" }, ...facts.flatMap(([name, value]) => [make("dt", { text: name }), make("dd", {}, value)])),
  );
}

const short = (value) => String(Number(value.toFixed(3))).replace("-", "\u2212");
