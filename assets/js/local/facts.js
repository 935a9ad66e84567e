/** Readings of a picture and of a person's own item, as `explorer/page/views/facts.py`. */

import { note } from "./controls.js";
import { number, percent } from "../compute/numbers.js";
import { el, join, names } from "./html.js";

const MARKS = { good: "✓", fair: "~", poor: "✗" };
const MEANINGS = { good: "as hoped", fair: "in part", poor: "not as hoped" };

/**
 * What the lenses say of a picture: a mark, a name, a value; of the least good one the sentence in full.
 * @param {{label: string, value: string, sentence: string, tone: "good"|"fair"|"poor", score: number}[]} all
 */
export function readings(all) {
  const doubtful = all.filter((reading) => reading.tone !== "good");
  const worst = doubtful.reduce((least, reading) => (least && least.score <= reading.score ? least : reading), null);
  const rows = all.map((reading) =>
    el(
      "li",
      { class: names("reading-row", reading.tone), title: reading.sentence },
      el("span", { class: "mark", "aria-hidden": "true" }, MARKS[reading.tone]),
      el("span", { class: "reading-name" }, reading.label),
      el("span", { class: "reading-value" }, reading.value),
      el("span", { class: "visually-hidden" }, ` ${MEANINGS[reading.tone]}`),
      reading === worst ? el("p", { class: "reading-sentence" }, reading.sentence) : null,
    ),
  );
  return rows.length ? el("ul", { class: "readings" }, rows) : join();
}

/**
 * What a person's own item is like.
 * @param {{label: string, value: string, probability: number}[]} read what the judge sees
 * @param {number} psnr of the reconstruction, in decibels @param {number} typical median of the items'
 * @param {number} share of the items that are reconstructed worse @param {string|null} warning
 */
export function ownItem(read, psnr, typical, share, warning) {
  const rows = read.map((r) => el("tr", {}, el("th", { scope: "row" }, r.label), el("td", {}, r.value), el("td", {}, `${percent(r.probability)} sure`)));
  const sentence =
    `The reconstruction lies ${number(psnr, 1)} dB from your picture; ${number(typical, 1)} dB is typical of this model's` +
    ` items, and ${percent(share)} of them come out worse.`;
  return join(
    warning ? note(warning, "warning") : null,
    note(sentence),
    rows.length ? el("table", { class: "facts", "aria-label": "Attributes as read" }, el("tbody", {}, rows)) : null,
  );
}
