/** A part of the page in a frame of somebody's: `?embed=map,stage,attributes` shows these panels alone, and a way to the whole. */

import { byId, make } from "../core/dom.js";
import { tell } from "../core/notices.js";

const PLACES = ["map", "stage"];

/**
 * @param {HTMLElement} root @param {import("../core/scene.js").Store} store
 * @param {string} [search] of the address
 */
export function embed(root, store, search = location.search) {
  const asked = new URLSearchParams(search).get("embed");
  if (asked === null) return;
  const names = asked.split(",").map((name) => name.trim().toLowerCase()).filter(Boolean);
  const wanted = new Set(names.length ? names : ["stage"]);
  const away = make("a", { class: "embed-out", target: "_blank", rel: "noopener", text: "Open in the explorer" });
  root.append(away);

  const show = (tabs) => {
    const unknown = [...wanted].filter((name) => !PLACES.includes(name) && !tabs.some((tab) => tab.id === name));
    const shown = tabs.filter((tab) => wanted.has(tab.id)).map((tab) => tab.id);
    const places = PLACES.filter((name) => wanted.has(name));
    if (!shown.length && !places.length) places.push("stage");
    root.dataset.embed = [...places, ...(shown.length ? ["inspector"] : []), ...(shown.length === 1 ? ["one"] : [])].join(" ");
    for (const tab of tabs) byId(`tab-${tab.id}`).hidden = !shown.includes(tab.id);
    if (unknown.length) tell(`This model has no panel named ${unknown[0].slice(0, 40)}; it has ${[...PLACES, ...tabs.map((tab) => tab.id)].join(", ")}.`, "embed", "warning");
    return shown;
  };

  let shown = [];
  store.on("model", (model) => (shown = show(model.tabs)));
  store.on("change", () => {
    if (shown.length && !shown.includes(store.scene.view.tab)) store.update((scene) => (scene.view.tab = shown[0]), { history: false });
  });
  // The link as it is when it is pressed: the scene goes along, the frame's narrowness doesn't.
  const out = () => {
    const rest = new URLSearchParams(search);
    rest.delete("embed");
    away.href = `${location.pathname}${rest.size ? `?${rest}` : ""}${location.hash}`;
  };
  for (const event of ["pointerenter", "focus", "click"]) away.addEventListener(event, out);
  out();
}
