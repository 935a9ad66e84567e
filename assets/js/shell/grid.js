/**
 * Grids of toggles (data-paint="path of the mask in the scene", data-columns): paint over cells, walk them with the arrow keys.
 *
 * Each cell is a button that sets the mask by itself (see bind.js); this adds what takes a pointer or a keyboard to be quick.
 */

import { setPath } from "../core/scene.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const cells = (grid) => [...grid.querySelectorAll("button[aria-pressed]")];
const cellAt = (node) => node?.closest?.("[data-paint] button[aria-pressed]");

/** @param {HTMLElement} root @param {import("../core/scene.js").Store} store */
export function grid(root, store) {
  let stroke = null;

  const press = (cell) => {
    if (stroke.touched.has(cell)) return;
    stroke.touched.add(cell);
    cell.setAttribute("aria-pressed", stroke.to);
  };

  root.addEventListener("pointerdown", (event) => {
    const cell = cellAt(event.target);
    if (!cell || event.button !== 0) return;
    stroke = { grid: cell.parentElement, first: cell, to: String(cell.getAttribute("aria-pressed") !== "true"), touched: new Set() };
  });
  root.addEventListener("pointermove", (event) => {
    if (!stroke) return;
    const cell = cellAt(document.elementFromPoint(event.clientX, event.clientY));
    if (!cell || cell.parentElement !== stroke.grid || (cell === stroke.first && !stroke.touched.size)) return;
    press(stroke.first);
    press(cell);
  });
  addEventListener("pointerup", () => {
    const done = stroke;
    stroke = null;
    if (!done?.touched.size) return;
    const mask = cells(done.grid).map((cell) => (cell.getAttribute("aria-pressed") === "true" ? "1" : "0")).join("");
    // The click that follows a stroke would flip its last cell back.
    const swallow = (event) => cellAt(event.target) && event.stopPropagation();
    addEventListener("click", swallow, { capture: true });
    setTimeout(() => {
      removeEventListener("click", swallow, { capture: true });
      store.update((scene) => setPath(scene, done.grid.dataset.paint, mask), { history: false });
    });
  });
  addEventListener("pointercancel", () => (stroke = null));

  root.addEventListener("keydown", (event) => {
    const cell = cellAt(event.target);
    const step = STEPS[event.key];
    if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const all = cells(cell.parentElement);
    const columns = Number(cell.parentElement.dataset.columns);
    const at = all.indexOf(cell);
    const column = (at % columns) + step[0];
    const next = at + step[0] + columns * step[1];
    if (column < 0 || column >= columns || next < 0 || next >= all.length) return;
    all.forEach((other) => (other.tabIndex = -1));
    all[next].tabIndex = 0;
    all[next].focus();
  });
}
