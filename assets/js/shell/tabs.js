/** The inspector's tabs, one for each operation of the model. */

import { make } from "../core/dom.js";

/**
 * @param {HTMLElement} host
 * @param {import("../core/scene.js").Store} store
 */
export function tabs(host, store) {
  const open = (id) => store.update((scene) => (scene.view.tab = id), { history: false });
  const all = () => [...host.querySelectorAll("[role=tab]:not([hidden])")];

  store.on("model", (model) => {
    host.replaceChildren(
      ...model.tabs.map((tab) =>
        make("button", { type: "button", role: "tab", id: `tab-${tab.id}`, "aria-controls": "panel", "aria-disabled": tab.disabled_reason ? "true" : null, title: tab.disabled_reason, text: tab.title, click: () => open(tab.id) }),
      ),
    );
  });
  store.on("change", () => {
    for (const tab of all()) {
      const on = tab.id === `tab-${store.scene.view.tab}`;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
    }
  });
  host.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const list = all();
    const next = list[(list.indexOf(event.target) + step + list.length) % list.length];
    next.focus();
    next.click();
  });
}
