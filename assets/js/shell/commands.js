/** What data-do and keys can ask for. */

import { pointAt } from "./bind.js";
import { textOf } from "../compute/link.js";
import { refuse } from "../compute/refusals.js";
import * as dialog from "../core/dialog.js";
import { byId, copy, make } from "../core/dom.js";
import { held } from "../core/files.js";
import { engine } from "../engine/engine.js";
import { tell, toast } from "../core/notices.js";
import { pointOf } from "../core/scene.js";
import * as theme from "../core/theme.js";
import { offer } from "./download.js";

const NAMES = { auto: "as the system", light: "light", dark: "dark" };

/** Whether there is no server behind this page. */
const alone = () => "alone" in byId("workspace").dataset;
const ALONE = "Everything on this page is made in this browser; nothing is sent anywhere.";
const LEFT_OUT =
  "This page is one file, which needs no network. Left out of it are other models, lessons that open those, parts that Python computes (greyed out, with the reason), and plotly: the map is drawn on a canvas, more slowly.";

/**
 * @param {{store: object, pins: object, map: object, hands: object, ask: Function}} app
 * @returns {(name: string, node?: HTMLElement) => void}
 */
export function commands({ store, pins, map, hands, ask }) {
  const picture = (node) => node?.closest(".cell")?.querySelector("img") ?? byId("stage-after");
  const title = (node) => node?.closest(".cell")?.querySelector("img")?.alt || byId("stage-after").alt;
  const end = (name) => (node) => {
    store.update((scene) => (scene.view[name] = structuredClone(pointAt(node, store))));
    toast(`Now end ${name.toUpperCase()}`);
  };
  const view = (change) => store.update((scene) => change(scene.view), { history: false });

  const travel = (way, steps) => {
    if (!store[steps].length) return;
    store[way]();
    toast(way === "undo" ? "Undone" : "Done again");
  };

  const refused = (name) => {
    const { sentence, where } = refuse(name);
    tell(sentence, where);
  };

  const all = {
    undo: () => travel("undo", "past"),
    redo: () => travel("redo", "future"),
    stage: (node) => store.stage(pointAt(node, store)),
    "to-a": end("a"),
    "to-b": end("b"),
    pin: (node) => toast(pins.toggle(pointAt(node, store), picture(node), title(node))),
    unpin: (node) => pins.remove(pointAt(node, store)),
    reset: () => store.update((scene) => Object.assign(scene, { condition: {}, edits: [] })),
    clear: () => hands.clear(),
    difference: () => view((v) => (v.difference = !v.difference)),
    save: () => save(),
    theme: () => toast(`Theme: ${NAMES[theme.next()]}`),
    keys: () => dialog.keys(),
    "copy-link": async () => {
      if (store.link === null) refused("link-large");
      else dialog.link(location.href, await copy(location.href));
    },
    about: async () => {
      const answer = await ask({ do: "about", scene: store.scene });
      if (answer.ok) dialog.page(store.model.title, answer.html, held() ? `${ALONE} ${LEFT_OUT}` : alone() ? ALONE : engine.how());
      else tell(answer.error, "about");
    },
  };

  /** Everything that can be taken along: files, and the lines that make the same picture again. */
  async function save() {
    const scene = store.link ?? (await textOf(store.rules, store.scene));
    const answer = store.link === null ? { ok: true } : await ask({ do: "code", scene: store.scene });
    if (!answer.ok) {
      tell(answer.error, answer.where ?? "stage");
      return;
    }
    const kinds = byId("workspace").dataset.files?.split(" ");
    const file = (text, query) =>
      !kinds || kinds.includes(query.as) ? [make("a", { class: "button", download: true, href: `explorer/export?${new URLSearchParams({ ...query, scene })}`, text })] : [];
    const site = () => make("a", { class: "button", id: "export-site", download: true, href: `explorer/site.zip?${new URLSearchParams({ name: store.model.name })}`, text: "Save as a site" });
    const one = () => make("a", { class: "button", id: "export-file", download: true, href: `explorer/one-file.html?${new URLSearchParams({ name: store.model.name })}`, text: "Save as one file" });
    const again = () => make("button", { type: "button", class: "button", id: "export-file", text: "Save this file", click: () => offer(held().copy(), `${store.model.name}.html`) });
    const page = () => {
      if (held()) return [row("This page", again()), make("p", { class: "note", text: LEFT_OUT })];
      if (alone() || !engine.ready(store.model)) return [];
      return [row("This page", site(), one()), make("p", { class: "note", text: "A site runs in the browser alone: unpack it, and put the folder on any file server. One file opens from a disk or a USB stick, with the network off." })];
    };
    const { chosen } = map.groups;
    const members = chosen && map.groups.lists.find((group) => group.name === chosen.name)?.members;
    const { noun, suffix } = store.model.modality;
    const native = () => (suffix === "png" ? ["Picture"] : [noun[0].toUpperCase() + noun.slice(1), ...file(suffix.toUpperCase(), { as: "item" })]);
    const items = chosen ? { what: "items", members } : { what: "items" };
    const row = (title, ...links) => make("div", { class: "field" }, make("span", { class: "label", text: title }), make("div", { class: "row" }, ...links));
    const lines = (id, title, text) => [
      make("div", { class: "row spread" }, make("span", { class: "strip-title", text: title }), make("button", { type: "button", class: "button quiet", id: `copy-${id}`, text: "Copy", click: async () => toast((await copy(text)) ? "Copied" : "Select the lines and copy them") })),
      make("code", { class: "copy", id: `code-${id}`, tabindex: 0, role: "group", "aria-label": title, text }),
    ];
    dialog.show(
      "Take it along",
      make(
        "div",
        {},
        row(...native(), ...file("PNG", { as: "png" })),
        row("Latent", ...file("CSV", { as: "csv" }), ...file("safetensors", { as: "safetensors" })),
        row(chosen ? chosen.name : "All items", ...file("CSV", { ...items, as: "csv" }), ...file("safetensors", { ...items, as: "safetensors" })),
        ...page(),
      ),
      ...(store.link === null ? [make("p", { class: "note", text: refuse("link-large").sentence })] : []),
      ...(answer.python ? lines("python", "The same picture in Python", answer.python) : []),
      ...(answer.command ? lines("command", "And on the command line", answer.command) : []),
    );
  }

  return (name, node) => {
    if (all[name]) all[name](node);
    else document.dispatchEvent(new CustomEvent(`do-${name}`, { detail: { node, point: node ? pointAt(node, store) : pointOf(store.scene) } }));
  };
}
