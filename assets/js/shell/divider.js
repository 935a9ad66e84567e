/** The line between map and stage: dragged or moved by keys, and where it stands is kept in this browser. */

import { byId, keep, recall } from "../core/dom.js";

const KEPT = "explorer.divider";
const USUAL = 52.8; // percent of the width that the map has
const [LEAST, MOST] = [25, 75];
const STEPS = { ArrowLeft: -2, ArrowRight: 2, PageDown: -10, PageUp: 10, Home: -100, End: 100 };

export function divider() {
  const bar = byId("divider");
  const desk = bar.parentElement;
  let at = USUAL;

  const stand = (percent) => {
    at = Math.min(Math.max(percent, LEAST), MOST);
    desk.style.setProperty("--split", `${at}%`);
    bar.setAttribute("aria-valuenow", Math.round(at));
    bar.setAttribute("aria-valuetext", `The map has ${Math.round(at)} % of the width`);
  };
  const chosen = (percent) => {
    stand(percent);
    desk.dataset.divided = "";
    keep(KEPT, at);
  };

  const kept = recall(KEPT, null);
  stand(USUAL);
  if (Number.isFinite(kept)) chosen(kept);

  bar.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    bar.focus();
    bar.setPointerCapture(event.pointerId);
  });
  bar.addEventListener("pointermove", (event) => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const box = desk.getBoundingClientRect();
    chosen((100 * (event.clientX - box.left)) / box.width);
  });
  bar.addEventListener("dblclick", () => {
    stand(USUAL);
    delete desk.dataset.divided;
    keep(KEPT, null);
  });
  bar.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the arrows walk on the map
    chosen(at + step);
  });
}
