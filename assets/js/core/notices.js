/** Sentences about what went wrong, at the place where it happened; and the thin line on a place that waits. */

import { byId, make } from "./dom.js";

const SECTIONS = { map: "map-pane", stage: "stage", panel: "panel" };

/** Where a sentence about an element belongs; where that isn't shown (see embed.js), a place that is. */
function home(where) {
  const place = at(where);
  return place?.checkVisibility() ? place : ([...document.querySelectorAll("[data-place]")].find((other) => other.checkVisibility()) ?? place);
}

function at(where) {
  const target = byId(where);
  if (where?.startsWith("tab-")) return byId("panel");
  if (!target) return byId(SECTIONS[where] ?? "stage") ?? document.querySelector("[data-place]");
  if (target.closest("#panel, #play-form")) return target.closest(".field") ?? target.closest("#panel, #play-form");
  if (target.closest(".bar")) return byId("bar-notices");
  return target.closest("[data-place]") ?? byId("stage") ?? document.querySelector("[data-place]");
}

/**
 * Show a sentence at an element.
 * @param {string} sentence
 * @param {string} where id of an element
 * @param {"error"|"warning"|"note"} kind
 * @param {string|null} part of the page whose next good answer takes it back; null: it stays until it is closed
 * @returns {HTMLElement}
 */
export function tell(sentence, where, kind = "error", part = null) {
  const place = home(where);
  const node = make("p", { class: `${kind} notice`, role: kind === "error" ? "alert" : "status", "data-notice": where, "data-passing": part, text: sentence });
  node.append(make("button", { type: "button", class: "notice-close", "aria-label": "Close this message", click: () => node.remove(), text: "×" }));
  hush(where);
  if (place.classList.contains("stage")) place.querySelector(".caption").after(node);
  else if (place.id === "panel" || place.id === "map-pane") place.prepend(node);
  else place.append(node);
  return node;
}

/** Take back what was said at a place. */
function hush(where) {
  for (const node of document.querySelectorAll("[data-notice]")) if (node.dataset.notice === where) node.remove();
}

/** Take back what was wrong with a part of the page before, or everything. @param {string|true} part */
export function settle(part) {
  for (const node of document.querySelectorAll(part === true ? "[data-notice]" : `[data-passing="${part}"]`)) node.remove();
}

/** A short word that goes by itself. */
export function toast(text) {
  const node = make("p", { class: "toast", text });
  byId("toasts").replaceChildren(node);
  setTimeout(() => node.remove(), 2600);
}

/** Show or hide the line of progress on a place. @param {"map"|"stage"|"inspector"|"bar"} place */
export function waiting(place, yes) {
  const node = document.querySelector(place === "bar" ? ".bar" : `[data-place="${place}"]`);
  if (node) node.toggleAttribute("data-waiting", yes);
  node?.setAttribute("aria-busy", String(yes));
}
