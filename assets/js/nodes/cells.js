/** Pictures to press, in rows, tables and grids; every one carries its recipe, and `compute` is asked for the picture. */

import { compact, same } from "../compute/points.js";
import { pointOf } from "../core/scene.js";
import { number, percent } from "../compute/numbers.js";
import { h, names } from "./patch.js";
import { attributes } from "./sets.js";

// By pointer and touch; for the keyboard there are the keys P, A and B, so that a picture is one Tab stop.
const ACTIONS = [["pin", "Pin", "Pin"], ["to-a", "A", "Make it end A"], ["to-b", "B", "Make it end B"]];
const LONGEST_BAR = 3; // times the usual distance between real items

/** Who draws cells: with what a page knows of pictures, and all that is still on its way. */
export class Cells {
  /** @param {import("./render.js").Context} context */
  constructor(context) {
    this.context = context;
    this.here = compact(pointOf(context.store.scene));
    this.waiting = [];
  }

  /** A picture to press, with what can be done to it. */
  face(cell, { bare = false, key = null, style = null } = {}) {
    const { context } = this;
    const point = compact(cell.point);
    const { on, measured } = { on: same(point, this.here), measured: cell.trust ? cell : null };
    const set = cell.sets ? attributes(cell.sets) : { "data-point": point };
    const view = context.store.model?.modality?.view;
    const what = cell.alt || cell.caption || context.recipe(point);
    return h(
      "div",
      { class: names("cell", on && "on"), key, style, ...set, after: measured && ((node) => this.measure(node, cell, what)) },
      h("button", { type: "button", class: "cell-face" }, this.picture({ point, real: cell.real }, { alt: what, draggable: "false" }), view === "table" ? this.rows(point) : null),
      view === "text" ? this.sentence(point, cell.real) : null,
      context.sounds ? this.listen() : null,
      cell.trust || typeof cell.bar === "number" ? this.bar(cell.bar ?? 0) : null,
      cell.trust || cell.caption ? h("span", { class: "cell-caption", key: "caption" }, cell.caption ?? "") : null,
      bare ? null : h("span", { class: "cell-actions" }, ACTIONS.map(([command, text, title]) => h("button", { type: "button", "data-do": command, title, tabindex: -1 }, text))),
    );
  }

  listen() {
    const play = h("svg", { class: "icon", viewBox: "0 0 20 20", "aria-hidden": "true" }, h("path", { d: "M6.5 4.25v11.5L15.5 10z", fill: "currentColor" }));
    return h("button", { type: "button", class: "listen", "data-do": "listen", title: "Listen", "aria-label": "Listen", "aria-pressed": "false" }, play);
  }

  bar(share) {
    return h("span", { class: "cell-bar", style: `--share:${percent(Math.min(Math.max(share, 0), 1))}`, "aria-hidden": "true", key: "bar" });
  }

  /**
   * An image whose source `compute` says.
   * @param {{point?: object, pair?: object[], question?: object, real?: boolean}} of one of: a recipe, two recipes whose difference is shown,
   *   another question; `real`: the item itself where its picture is known
   */
  picture({ point, pair, question, real }, more = {}) {
    const recipe = JSON.stringify([this.context.store.model?.name, point && compact(point), pair, question, real]); // of another model it is another picture
    const make = () => {
      const { compute, real: itself } = this.context;
      const made = () => compute.picture([point]).then(([src]) => src);
      if (real && itself) return itself(point.start?.item ?? 0).then((src) => src ?? made());
      if (point) return made();
      if (pair) return compute.difference([pair]).then(([src]) => src);
      const { ask, ...extra } = question;
      return compute.one(ask, extra);
    };
    return h("img", { ...more, after: (image) => this.fill(image, recipe, make) });
  }

  /** Names and values of a table's row, in place of its picture. */
  rows(point) {
    return h("span", { class: "cell-rows", key: "rows", after: (node) => this.read(node, point, ({ rows }) => node.replaceChildren(...rows.map(line))) });
  }

  /** A text beside the button that stands in place of its picture, so that it can be selected and read as text. */
  sentence(point, real) {
    const own = real && this.context.store.model.names?.[point.start?.item ?? 0];
    if (own) return h("span", { class: "cell-words", key: "words" }, own);
    return h("span", { class: "cell-words", key: "words", after: (node) => this.read(node, point, ({ parts }) => (node.textContent = parts.map(([text]) => text).join(" "))) });
  }

  /** What a point is in words and numbers, see `Modality.node`. */
  read(node, point, use) {
    const recipe = JSON.stringify([this.context.store.model?.name, point]);
    if (node.dataset.recipe === recipe) return;
    node.dataset.recipe = recipe;
    this.wait(node, recipe, this.context.compute.nodes([[point]]), ([made]) => use(made));
  }

  fill(image, recipe, make) {
    if (image.dataset.recipe === recipe) return;
    image.dataset.recipe = recipe;
    this.wait(image, recipe, make(), (src) => {
      if (image.getAttribute("src") !== src) image.src = src;
    });
  }

  /** How far a cell lies from real items: in its caption, in its line, and in its words. */
  measure(node, { point, caption = "" }, what) {
    const recipe = JSON.stringify([this.context.store.model?.name, compact(point), caption, what]);
    if (node.dataset.measured === recipe && node.dataset.said) return say(node, JSON.parse(node.dataset.said));
    node.dataset.measured = recipe;
    this.wait(node, recipe, this.context.trusts([point]), ([{ share, far, text, words }]) => {
      const said = { caption: `${caption} ${text}`.trim(), alt: `${what}, ${words ?? text}`, bar: percent(Math.min(share / LONGEST_BAR, 1)), far };
      node.dataset.said = JSON.stringify(said);
      say(node, said);
    }, "measured");
  }

  /** Use an answer, unless the element meanwhile asks for something else. */
  wait(node, recipe, answer, use, name = "recipe") {
    const done = answer.then(
      (value) => node.dataset[name] === recipe && use(value),
      (error) => {
        if (error.name === "AbortError" || node.dataset[name] !== recipe) return;
        delete node.dataset[name]; // the next drawing asks again
        if (node.localName === "img") node.alt = error.sentence ?? error.message;
      },
    );
    this.waiting.push(done);
  }
}

function line([name, value]) {
  const row = Object.assign(document.createElement("span"), { className: "cell-row" });
  row.append(...[name, value].map((text) => Object.assign(document.createElement("span"), { textContent: text })));
  return row;
}

function say(node, { caption, alt, bar, far }) {
  node.classList.toggle("far", far);
  node.querySelector(".cell-caption").textContent = caption;
  node.querySelector("img").alt = alt;
  node.querySelector(".cell-bar").style.setProperty("--share", bar);
}

/** The usual way to say a distance, where the page has no other: in units of the usual distance between real items. */
export const usual = (compute) => async (points) =>
  (await compute.trust(points)).map(({ ratio, percentile }) => ({ share: ratio, far: percentile < 1, text: `${number(ratio, 1)}×` }));

/** A titled row; `fit` makes its cells share the width, else they break into lines. */
export function strip({ id, title, cells, fit, bare, actions = [] }, draw, pictures) {
  const row = h("div", { class: names("cells", fit ? "fit" : "lines"), style: fit ? `--n:${cells.length}` : null, key: "cells" }, cells.map((cell) => pictures.face(cell, { bare })));
  return h("div", { class: "strip", id }, heading(title, draw(actions)), row);
}

/** The title of a part of a panel. */
export const heading = (title, actions) => (title || actions.length ? h("p", { class: "strip-title", key: "title" }, title, actions) : null);

/** Cells in rows of `columns`, without gaps. */
export const grid = ({ id, label, columns, cells }, draw, pictures) =>
  h("div", { class: "grid", id, role: "group", "aria-label": label, style: `--n:${columns}` }, cells.map((cell) => pictures.face(cell, { bare: true })));

/** A table of pictures, row by row, with its heads. */
export function matrix({ id, label, rows, columns, cells }, draw, pictures) {
  const head = h("tr", {}, h("td"), columns.map((name) => h("th", { scope: "col" }, name)));
  const n = columns.length;
  const body = rows.map((name, k) => h("tr", {}, h("th", { scope: "row" }, name), cells.slice(k * n, (k + 1) * n).map((cell) => h("td", {}, pictures.face(cell, { bare: true })))));
  return h("div", { class: "scroll", key: `${id}-scroll` }, h("table", { class: "matrix", id, "aria-label": label }, h("thead", {}, head), h("tbody", {}, body)));
}

/** One picture with words below it, or alone. */
export function picture({ id, point, pair, question, alt, caption }, draw, pictures) {
  const image = pictures.picture({ point, pair, question }, { id, alt, draggable: "false", class: caption ? null : "apart" });
  return caption ? h("figure", { key: `${id}-figure` }, image, h("figcaption", {}, caption)) : image;
}

/** A picture under cells that are pressed or painted; `assets/js/shell/grid.js` adds painting and arrow keys. */
export function codegrid({ id, label, cell, rows, columns, mask, texts = [], heat = [], names: called = [], sets }, draw, pictures) {
  const buttons = [...mask].map((digit, k) =>
    h("button", {
      type: "button", class: "code", "aria-pressed": String(digit === "1"), "aria-label": called[k], style: heat.length ? `--heat:${heat[k].toFixed(2)}` : null,
      ...attributes(sets), "data-value": `${mask.slice(0, k)}${digit === "1" ? "0" : "1"}${mask.slice(k + 1)}`,
    }, texts[k] ?? ""),
  );
  return h(
    "div",
    { class: "code-grid", id, role: "group", "aria-label": label, style: `--columns:${columns};--rows:${rows}`, "data-paint": sets.path, "data-columns": columns },
    pictures.picture({ point: cell.point }, { alt: cell.alt }), buttons,
  );
}
