/** The one dialog: keys, about the model, the link. */

import { byId, keep, make, recall } from "./dom.js";

const KEYS = [
  ["Click", "Put the nearest item on stage, the next one where several lie on each other; on an empty spot, a blend of the nearest"],
  ["Shift click", "Make it end B, or add it to the chosen group"],
  ["← ↑ → ↓", "Walk to the nearest item in that direction; with Shift add it to the chosen group, or begin one"],
  ["Enter · X", "On the map: the next of several items that lie on each other; what lies in its middle, a blend where that is empty"],
  ["Ctrl ← ↑ → ↓", "On the map: move it, or turn it in three dimensions"],
  ["S · Shift S", "The item on stage into the chosen group or out of it; all items in sight as a group"],
  ["Ctrl Z · Ctrl Shift Z", "Undo, redo"],
  ["H", "History: all steps as a tree, compared and replayed"],
  ["Esc", "Clear the selection and the search"],
  ["D", "Difference of before and after"],
  ["P", "Pin what is on stage, or the picture of a strip that has the focus"],
  ["A · B", "Make it end A or B of a path"],
  ["1 to 9", "Open a tab of the inspector"],
  ["L · R · M", "Lasso, box, move the map"],
  ["+ · - · 0", "Nearer, farther, whole map"],
  ["/", "Find items"],
  ["G", "Choose another model"],
  ["?", "These keys"],
];

/** @param {string} title @param {...(Node|string)} content */
export function show(title, ...content) {
  const dialog = byId("dialog");
  const close = make("button", { type: "button", class: "tool", "aria-label": "Close", click: () => dialog.close(), text: "×" });
  dialog.replaceChildren(make("div", { class: "dialog-head" }, make("h2", { id: "dialog-title", text: title }), close), make("div", { class: "dialog-body" }, ...content));
  if (!dialog.open) dialog.showModal();
  // No value is returned: a handler that answers false would cancel the links inside, and no file could be saved.
  dialog.onclick = (event) => {
    if (event.target === dialog) dialog.close();
  };
  return dialog;
}

export function keys() {
  const single = make("input", { type: "checkbox", id: "single-keys", change: () => keep("explorer.keys", single.checked) });
  single.checked = recall("explorer.keys", true) !== false;
  show("Keys", make("label", { class: "row" }, single, make("span", { text: "Letters and digits alone are shortcuts" })), make("dl", { class: "keys" }, ...KEYS.flatMap(([key, what]) => [make("dt", {}, ...key.split(" · ").map((k) => make("kbd", { text: k }))), make("dd", { text: what })])));
}

/** @param {string} title @param {string} html rendered by the server @param {string} where pictures are made */
export function page(title, html, where) {
  const body = make("div", { class: "told" });
  body.innerHTML = html;
  show(title, body, make("p", { class: "note", id: "engine-how", text: where }));
}

/** Opens the view that is shown as a step of a lesson. */
export const saveStep = () => make("button", { type: "button", class: "button quiet", "data-do": "save-step", text: "Save as a step of a lesson" });

/** The link as text, for when it can't be put on the clipboard, and to see it. @param {string} url @param {boolean} copied */
export function link(url, copied) {
  const field = make("input", { class: "text", readonly: true, value: url, "aria-label": "Link", id: "link-text", focus: (event) => event.target.select() });
  show(copied ? "Link copied" : "Link", make("p", { class: "note", text: "It opens exactly this view, on this explorer, for anyone." }), field, saveStep());
  field.focus();
}
