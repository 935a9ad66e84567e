/** Rows, grids and matrices of pictures, as `explorer/page/views/strips.py`; every picture is a cell that carries its recipe. */

import { percent } from "../compute/numbers.js";
import { el, names } from "./html.js";
import { compact } from "./scene.js";

const ACTIONS = [["pin", "Pin", "Pin"], ["to-a", "A", "Make it end A"], ["to-b", "B", "Make it end B"]];

/**
 * A picture to press, with what can be done to it.
 * @param {{point: object, src: string, alt: string, caption?: string, bar?: number|null, on?: boolean, far?: boolean}} cell
 * @param {boolean} actions
 */
export function face(cell, actions = true) {
  const bar = cell.bar ?? null;
  const shown = el("button", { type: "button", class: "cell-face" }, el("img", { src: cell.src, alt: cell.alt, draggable: "false" }));
  const line = bar === null ? null : el("span", { class: "cell-bar", style: `--share:${percent(Math.min(Math.max(bar, 0), 1))}`, "aria-hidden": "true" });
  const caption = cell.caption ? el("span", { class: "cell-caption" }, cell.caption) : null;
  const buttons = ACTIONS.map(([command, text, title]) => el("button", { type: "button", "data-do": command, title }, text));
  const tail = actions ? el("span", { class: "cell-actions" }, buttons) : null;
  return el("div", { class: names("cell", cell.on && "on", cell.far && "far"), "data-point": compact(cell.point) }, shown, line, caption, tail);
}

/** A titled row; `fit` makes its cells share the width, else they break into lines. */
export function strip(title, cells, { ident, fit = false, actions = true }) {
  const row = el("div", { class: names("cells", fit ? "fit" : "lines"), style: fit ? `--n:${cells.length}` : null }, cells.map((cell) => face(cell, actions)));
  return el("div", { class: "strip", id: ident }, title ? el("p", { class: "strip-title" }, title) : null, row);
}

/** Cells in rows of `columns`, without gaps. */
export function grid(cells, columns, { ident, label }) {
  return el("div", { class: "grid", id: ident, role: "group", "aria-label": label, style: `--n:${columns}` }, cells.map((cell) => face(cell, false)));
}

/** A table of pictures, row by row, with the two attributes' values as its heads. */
export function matrix(rows, columns, cells, { ident, label }) {
  const head = el("tr", {}, el("td"), columns.map((name) => el("th", { scope: "col" }, name)));
  const n = columns.length;
  const body = rows.map((name, k) => el("tr", {}, el("th", { scope: "row" }, name), cells.slice(k * n, (k + 1) * n).map((cell) => el("td", {}, face(cell, false)))));
  const table = el("table", { class: "matrix", id: ident, "aria-label": label }, el("thead", {}, head), el("tbody", {}, body));
  return el("div", { class: "scroll" }, table);
}
