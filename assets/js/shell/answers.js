/** Put what the server answered on the page. */

import { dress } from "./bind.js";
import { byId } from "../core/dom.js";
import { settle, tell } from "../core/notices.js";
import { pointOf } from "../core/scene.js";
import { render } from "../nodes/render.js";
import { morph } from "./morph.js";

let panel = null;

/** @param {Object<string, {src?: string, alt?: string, html?: string}>} slots */
export function slots(all) {
  for (const [name, value] of Object.entries(all ?? {})) {
    for (const node of document.querySelectorAll(`[data-slot="${CSS.escape(name)}"]`)) fill(node, value);
  }
}

function fill(node, value) {
  if (node.tagName === "IMG") {
    const src = value?.src ?? "";
    if (node.getAttribute("src") !== src) src ? node.setAttribute("src", src) : node.removeAttribute("src");
    node.alt = value?.alt ?? "";
  } else morph(node, value?.html ?? "");
}

/**
 * Replace the tab's panel; while a slider inside is being dragged it stays as it is under the hand.
 * @param {{nodes: object[]}|string|null} made nodes, or HTML @param {string} tab whose panel it is
 * @param {import("../nodes/render.js").Context} context of nodes
 */
export function inspector(made, tab, context) {
  const host = byId("panel");
  const key = typeof made === "string" ? made : made && JSON.stringify([made, pointOf(context.store.scene)]);
  if (!key || key === panel) return;
  const elsewhere = host.dataset.tab !== tab;
  panel = key;
  const { scrollTop } = host;
  if (elsewhere) host.replaceChildren();
  if (typeof made === "string") morph(host, made);
  else render(host, made.nodes, context);
  host.scrollTop = elsewhere ? 0 : scrollTop;
  host.dataset.tab = tab;
  host.setAttribute("aria-labelledby", `tab-${tab}`);
  dress(host);
  document.dispatchEvent(new CustomEvent("panel"));
}

/** Forget what the panel showed, so that the next answer is drawn whole. */
export function forget() {
  panel = null;
  delete byId("panel").dataset.tab;
}

/** What was wrong with the scene before is taken back; what is wrong with its tab is said. */
export function clean(answer) {
  settle();
  if (answer.panel_error) tell(answer.panel_error, "panel", "error", true);
}
