/** Pinned pictures: recipes with a small picture each, kept in this browser for each model. */

import { keep, make, recall } from "../core/dom.js";

const MOST = 40;
const THUMB = 96;
const LARGEST = 32768;
const key = (model) => `explorer.pins.${model.name}`;

/** A picture on the page -> a data URL to keep: itself, or a smaller one where it would fill the browser's store. */
function shrink(img) {
  if (img.src.startsWith("data:") && img.src.length < LARGEST) return img.src;
  const canvas = make("canvas", { width: THUMB, height: THUMB });
  canvas.getContext("2d").drawImage(img, 0, 0, THUMB, THUMB);
  return canvas.toDataURL("image/webp", 0.85);
}

export class Pins {
  /** @param {HTMLElement} host @param {import("../core/scene.js").Store} store */
  constructor(host, store) {
    Object.assign(this, { host, store, all: [] });
    // Another tab of this browser has pinned or unpinned something.
    addEventListener("storage", ({ key: changed }) => {
      if (!this.model || changed !== key(this.model)) return;
      this.read();
      this.tell();
    });
  }

  open(model) {
    this.model = model;
    this.full = false;
    this.read();
    this.render();
  }

  /** What is kept; where nothing could be, what this page holds. */
  read() {
    if (this.full) return;
    const kept = recall(key(this.model), []);
    this.all = (Array.isArray(kept) ? kept : []).filter((pin) => pin?.point && /^data:image\//.test(pin.src));
  }

  has(point) {
    const text = JSON.stringify(point);
    return this.all.findIndex((pin) => JSON.stringify(pin.point) === text);
  }

  /**
   * Pin a point, or take its pin away.
   * @param {object} point @param {HTMLImageElement} img it looks like this @param {string} title
   * @returns {string} what was done, in words
   */
  toggle(point, img, title) {
    this.read(); // another tab may have written meanwhile
    const at = this.has(point);
    if (at >= 0) this.all.splice(at, 1);
    else this.all.push({ point: structuredClone(point), src: shrink(img), title, build: this.model.build });
    const over = this.all.length > MOST;
    if (over) this.all.shift();
    this.save();
    if (at >= 0) return "Unpinned";
    if (over) return `Pinned; there is room for ${MOST}, so the oldest pin was taken away`;
    return this.full ? "Pinned until this page is closed: the browser’s storage is full" : "Pinned";
  }

  /** Take a pin away. @param {object} point */
  remove(point) {
    this.read();
    const at = this.has(point);
    if (at >= 0) this.all.splice(at, 1);
    this.save();
  }

  save() {
    this.full = !keep(key(this.model), this.all);
    this.tell();
  }

  tell() {
    this.render();
    this.store.emit("pins");
  }

  render() {
    this.host.hidden = !this.all.length;
    this.host.replaceChildren(
      make("p", { class: "pins-title", text: "Pinned" }),
      make("div", { class: "cells" }, ...this.all.map((pin, k) => this.cell(pin, k))),
    );
  }

  cell(pin, k) {
    const point = JSON.stringify(pin.point);
    return make(
      "div",
      { class: "cell", tabindex: 0, role: "button", "data-point": point, "aria-label": `Pinned ${k + 1}: ${pin.title}`, title: pin.title },
      make("img", { src: pin.src, alt: "" }),
      make(
        "span",
        { class: "cell-actions" },
        make("button", { type: "button", "data-do": "to-a", title: "To A", text: "A" }),
        make("button", { type: "button", "data-do": "to-b", title: "To B", text: "B" }),
        make("button", { type: "button", "data-do": "unpin", title: "Unpin", text: "×" }),
      ),
    );
  }
}
