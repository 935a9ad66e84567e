/** Selects of a panel (data-options) get this browser's groups or pins to choose from. */

import { make } from "../core/dom.js";

/**
 * @param {import("../core/scene.js").Store} store
 * @param {import("../map/groups.js").Groups} groups
 * @param {import("./pins.js").Pins} pins
 */
export function options(store, groups, pins) {
  const kinds = {
    groups: () => groups.lists.map((group) => ({ value: JSON.stringify(group), text: group.name })),
    pins: () => pins.all.map((pin, k) => ({ value: JSON.stringify(pin.point), text: `Pinned ${k + 1}: ${pin.title}` })),
  };
  const fill = () => {
    for (const select of document.querySelectorAll("#panel select[data-options]")) {
      select.querySelectorAll("[data-added]").forEach((option) => option.remove());
      const known = new Set([...select.options].map((option) => option.value));
      for (const choice of kinds[select.dataset.options]?.() ?? []) {
        if (!known.has(choice.value)) select.append(make("option", { "data-added": true, ...choice }));
      }
    }
  };
  document.addEventListener("panel", fill);
  store.on("groups", fill);
  store.on("pins", fill);
}
