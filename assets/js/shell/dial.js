/** The dial over trained settings: turns to another checkpoint of the group and keeps what is looked at. */

import { make } from "../core/dom.js";

/**
 * @param {HTMLElement} host
 * @param {import("../core/scene.js").Store} store
 * @param {(scene: object) => void} go opens a scene of another checkpoint
 */
export function dial(host, store, go) {
  const turn = (name) => {
    const scene = structuredClone(store.scene);
    scene.model = name;
    // A latent of one setting means nothing in another: what holds latents itself begins anew at its item.
    if (JSON.stringify([scene.start, scene.edits]).includes('"latent"')) Object.assign(scene, { start: { item: 0 }, edits: [] });
    go(scene);
  };

  store.on("model", ({ name, dial: facts }) => {
    host.hidden = !facts;
    if (!facts) {
      host.replaceChildren();
      return;
    }
    host.setAttribute("aria-label", facts.label);
    const choice = make("div", { class: "choice" });
    for (const setting of facts.settings) {
      const box = make("input", { type: "radio", name: "dial-value", value: setting.name, change: () => turn(setting.name) });
      box.checked = setting.name === name;
      choice.append(make("label", {}, box, make("span", { text: String(setting.value) })));
    }
    host.replaceChildren(make("span", { class: "dial-label", text: facts.label }), choice);
  });
}
