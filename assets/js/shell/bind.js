/**
 * How HTML that the server renders talks to the scene.
 *
 * data-set="path"     a control sets that path of the scene (`condition.glasses`, `edits.0.params.t`, `view.options.resample.n`);
 *                     Buttons carry data-value. data-type is number, json or text (the default); a checkbox gives true or false.
 * data-patch='{"path": value, ...}'   a button sets several at once.
 * data-unset="path"   a button deletes that path (resets one thing), or several: a JSON list.
 * data-blend='[first, second]'        beside data-set: a slider's share t becomes the blend {first: 1 - t, second: t}.
 *                     `correct.<attribute>` is no place in the scene, but a correction of what was read from a person's own item; see own.js.
 * data-live           sets while dragging; what is shown meanwhile is the stage and the overlay.
 * data-eager          sets while dragging, and everything is shown meanwhile: for options whose effect is in the panel itself.
 * data-point='{...}'  beside data-set: the point to start from, before setting. On a .cell: the point that a click puts on stage.
 * data-view           the change is one of looking only, and no step of the history.
 * data-do="command"   see commands.js; inside a .cell it speaks of the cell's point.
 */

import { pointOf, setPath } from "../core/scene.js";

/** The value a control stands for. */
export function valueOf(control) {
  const raw = control.dataset.value ?? (control.type === "checkbox" && !control.dataset.type ? control.checked : control.value);
  if (control.dataset.type === "number" && !control.dataset.blend) return raw === "" ? null : Number(raw);
  if (control.dataset.type === "json") return JSON.parse(raw);
  if (control.dataset.blend) {
    const [first, second] = JSON.parse(control.dataset.blend);
    return { [first]: Number((1 - raw).toFixed(4)), [second]: Number(raw) };
  }
  return raw;
}

/** Paths of a data-unset: one, or a JSON list; the last first, so that the others' places in a list stay. */
const unset = (text) => (!text ? [] : text.startsWith("[") ? JSON.parse(text).reverse() : [text]);

/** The point that an element speaks of: its own, its cell's, or the one on stage. */
export function pointAt(node, store) {
  const holder = node?.closest("[data-point]");
  return holder ? JSON.parse(holder.dataset.point) : pointOf(store.scene);
}

/** Keep a slider's track and its number in step with its value. */
export function dress(root) {
  for (const slider of root.querySelectorAll("input.slider")) fill(slider);
}

function fill(slider) {
  const low = Number(slider.min || 0);
  const high = Number(slider.max || 100);
  slider.style.setProperty("--at", `${(100 * (slider.value - low)) / (high - low)}%`);
}

function echo(slider) {
  fill(slider);
  const output = (slider.id && document.querySelector(`output[for~="${CSS.escape(slider.id)}"]`)) || slider.parentElement.querySelector("output");
  if (!output) return;
  const digits = (slider.step.split(".")[1] ?? "").length;
  output.textContent = Number(slider.value).toFixed(digits) + (slider.dataset.unit ?? "");
}

/**
 * Listen to everything inside the workspace.
 * @param {HTMLElement} root
 * @param {import("../core/scene.js").Store} store
 * @param {(name: string, node: HTMLElement) => void} command runs a data-do
 */
export function bind(root, store, command) {
  const set = (control, live) => {
    const value = valueOf(control);
    const [first, name] = control.dataset.set?.split(".") ?? [];
    if (first === "correct") {
      document.dispatchEvent(new CustomEvent("do-own-correct", { detail: { name, value } }));
      return;
    }
    const base = control.dataset.point && JSON.parse(control.dataset.point);
    store.update(
      (scene) => {
        if (base) Object.assign(scene, { start: { item: 0 }, condition: {}, edits: [], ...base });
        if (control.dataset.set) setPath(scene, control.dataset.set, value);
      },
      { live, history: !("view" in control.dataset) },
    );
  };

  const patch = (node) =>
    store.update(
      (scene) => {
        if (node.dataset.point) Object.assign(scene, { start: { item: 0 }, condition: {}, edits: [], ...JSON.parse(node.dataset.point) });
        for (const path of unset(node.dataset.unset)) setPath(scene, path, undefined);
        for (const [path, value] of Object.entries(JSON.parse(node.dataset.patch ?? "{}"))) setPath(scene, path, value);
      },
      { history: !("view" in node.dataset) },
    );

  let held = null;
  root.addEventListener("input", (event) => {
    const control = event.target;
    if (control.type === "range") echo(control);
    if (control.dataset?.set && "live" in control.dataset && control.type === "range") {
      held = control;
      set(control, true);
    }
    if (control.dataset?.set && "eager" in control.dataset) set(control, false);
  });
  root.addEventListener("change", (event) => {
    held = null;
    const { dataset, type } = event.target;
    if (dataset?.set || (type === "radio" && dataset.point)) set(event.target, false);
  });
  // A slider that is let go where it was taken up tells of no change, but what followed it has yet to come to rest.
  document.addEventListener("pointerup", () => setTimeout(() => {
    if (held?.isConnected) set(held, false);
    held = null;
  }));
  root.addEventListener("click", (event) => {
    // Who has just selected some of a text doesn't press what it stands on.
    if (event.detail && event.target.closest(".cell-words") && !getSelection().isCollapsed) return;
    const node = event.target.closest("[data-do], button[data-set], [data-patch], [data-unset], :is(.cell, button)[data-point]");
    if (!node || !root.contains(node) || node.disabled || node.getAttribute("aria-disabled") === "true") return;
    if (node.dataset.do) command(node.dataset.do, node);
    else if (node.dataset.patch || node.dataset.unset) patch(node);
    else if (node.dataset.set) set(node, false);
    else store.stage(JSON.parse(node.dataset.point));
  });
  root.addEventListener("keydown", (event) => {
    if (event.target.matches?.("div.cell[data-point]") && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      store.stage(JSON.parse(event.target.dataset.point));
    }
  });
}
