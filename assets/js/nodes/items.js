/** Items to scroll through, any number of them: those in sight are drawn, and a line before and after. */

import { everyFrame, settled } from "../core/dom.js";
import { h, patch } from "./patch.js";

const GAP = 6; // pixels, between cells
const LEAST = { text: Infinity, table: 170 }; // pixels that a cell is wide at least, by the modality's view
const USUAL = 76;
const TALL = { text: 52, table: 132 }; // pixels of a cell without its caption; else it is as tall as wide
const CAPTION = 18;
const LISTEN = 28;
const REST = 80; // milliseconds, after which a hand that flew past rests

const lists = new WeakMap(); // element -> its List

/** @param {{id: string, label: string, items: number[], captions?: string[]}} node */
export function items(node, draw, pictures) {
  const { id, label } = node;
  return h("div", {
    class: "items", id, role: "group", "aria-label": label, "data-count": node.items.length,
    after: (host) => {
      if (!lists.has(host)) lists.set(host, new List(host));
      lists.get(host).show(node, pictures);
    },
  }, h("div", { class: "cells items-all", key: "all", "data-foreign": true }));
}

class List {
  constructor(host) {
    Object.assign(this, { host, inner: host.firstElementChild, node: null, top: 0 });
    const rest = settled(() => this.draw(), REST);
    const follow = everyFrame(() => (Math.abs(host.scrollTop - this.top) < host.clientHeight ? this.draw() : rest()));
    host.addEventListener("scroll", follow, { passive: true });
    new ResizeObserver(everyFrame(() => host.isConnected && this.draw())).observe(host);
  }

  show(node, pictures) {
    if (this.node && this.node.items.length !== node.items.length) this.host.scrollTop = 0; // other items
    Object.assign(this, { node, pictures });
    this.draw();
  }

  /** How cells lie: columns, and pixels of a cell with what is below it. */
  get layout() {
    const view = this.pictures.context.store.model?.modality?.view;
    const width = this.inner.clientWidth;
    const columns = Math.max(1, Math.floor((width + GAP) / ((LEAST[view] ?? USUAL) + GAP)));
    const wide = Math.floor((width - GAP * (columns - 1)) / columns);
    const below = (view !== "text" && this.node.captions?.length ? CAPTION : 0) + (this.pictures.context.sounds ? LISTEN : 0);
    return { columns, wide, tall: (TALL[view] ?? wide) + below };
  }

  draw() {
    const { host, inner, node, pictures } = this;
    if (!inner.clientWidth) return; // out of sight, and drawn when it comes
    const { items: all, captions = [] } = node;
    const { columns, wide, tall } = this.layout;
    inner.style.height = `${Math.ceil(all.length / columns) * (tall + GAP)}px`;
    this.top = host.scrollTop;
    const line = (pixels) => Math.floor(pixels / (tall + GAP)) * columns;
    const shown = new Set();
    for (let k = Math.max(line(this.top) - columns, 0); k < Math.min(line(this.top + host.clientHeight) + 2 * columns, all.length); k++) shown.add(k);
    const focused = Number(document.activeElement?.closest?.(".cell")?.parentElement === inner ? document.activeElement.closest(".cell").style.getPropertyValue("--nth") : NaN);
    if (focused < all.length) shown.add(focused); // what has the focus keeps it
    const cell = (k) => {
      const style = `--nth:${k};left:${(k % columns) * (wide + GAP)}px;top:${Math.floor(k / columns) * (tall + GAP)}px;width:${wide}px;height:${tall}px`;
      return pictures.face({ point: { start: { item: all[k] } }, caption: captions[k], real: true }, { bare: true, key: all[k], style });
    };
    patch(inner, [...shown].sort((a, b) => a - b).map(cell));
    this.stop();
  }

  /** One of them is the Tab stop, see shell/rove.js. */
  stop() {
    const faces = [...this.inner.querySelectorAll(".cell-face")];
    const now = faces.find((face) => face === document.activeElement) ?? faces.find((face) => face.getAttribute("tabindex") === "0") ?? faces[0];
    for (const face of faces) face.tabIndex = face === now ? 0 : -1;
  }
}
