/**
 * Items' pictures, cut out of their sheets and kept side by side on one canvas, so that drawing many of them is quick and needs no
 * unpacking. The longest unused give way.
 */

import { make } from "../core/dom.js";
import { load } from "../core/files.js";
import { UNITS } from "../engine/outline.js";
import { outlined } from "./thumbs.js";

const SIDE = 3072; // pixels of the canvas at most: 36 MB
const SHARP = 96; // pixels of a shape's picture, which is drawn from its outline
const SLICE = 5; // milliseconds of a frame in which pictures are cut

export class Atlas {
  /** @param {import("./thumbs.js").Thumbs} thumbs @param {() => void} grown called when there are more pictures */
  constructor(thumbs, grown) {
    const { model } = thumbs;
    const shapes = model.modality.drawn === "outline";
    Object.assign(this, { thumbs, grown, shapes, from: model.thumbs.size, slots: new Map(), wanted: [], failed: new Set(), busy: false, held: null });
    this.size = shapes ? SHARP : this.from;
    this.across = Math.min(Math.floor(SIDE / this.size), Math.ceil(Math.sqrt(model.n)));
    this.canvas = make("canvas", { width: this.across * this.size, height: this.across * this.size });
    this.context = this.canvas.getContext("2d");
    this.scratch = make("canvas", { width: this.from, height: this.from }).getContext("2d", { willReadFrequently: true });
  }

  /** Draw an item's picture, if it has been cut. @returns {boolean} whether it was */
  draw(context, item, x, y, side) {
    const slot = this.slots.get(item);
    if (slot === undefined) return false;
    const [left, top] = this.corner(slot);
    context.drawImage(this.canvas, left, top, this.size, this.size, x, y, side, side);
    return true;
  }

  corner(slot) {
    return [this.size * (slot % this.across), this.size * Math.floor(slot / this.across)];
  }

  /** Cut these items' pictures, a few each frame; what was asked for before and isn't among them is left. @param {number[]} items the most urgent first */
  async want(items) {
    this.wanted = items.slice(0, this.across ** 2).filter((item) => !this.slots.has(item) && !this.failed.has(item));
    for (const item of items) this.touch(item);
    if (this.busy) return;
    this.busy = true;
    while (this.wanted.length) await this.slice();
    this.busy = false;
  }

  /** A sheet, unpacked by another thread; one at a time, since it takes up to 64 MB. @param {string} url @returns {Promise<ImageBitmap>} */
  async sheet(url) {
    if (this.held?.url === url) return this.held.image;
    this.held?.image.close();
    this.held = null;
    const answer = await load(url);
    this.held = { url, image: await createImageBitmap(await answer.blob()) };
    return this.held.image;
  }

  /** Another model: what was wanted of this one no longer is. */
  close() {
    this.wanted = [];
    this.held?.image.close();
    this.held = null;
  }

  /** Those of the next item's sheet, until a frame's share is over. */
  async slice() {
    const [first] = this.wanted;
    try {
      const { url } = await this.thumbs.spot(first);
      const image = await this.sheet(url);
      const spots = await Promise.all(this.wanted.map(async (item) => [item, await this.thumbs.spot(item)]));
      await new Promise(requestAnimationFrame);
      const end = performance.now() + SLICE;
      const done = new Set();
      for (const [item, spot] of spots) {
        if (done.size && performance.now() > end) break;
        if (spot.url !== url) continue;
        this.cut(item, image, spot);
        done.add(item);
      }
      this.wanted = this.wanted.filter((item) => !done.has(item));
      this.grown();
    } catch {
      this.failed.add(first); // its dot stays
      this.wanted = this.wanted.filter((item) => item !== first);
    }
  }

  cut(item, image, { x, y }) {
    const { context, scratch, from, size } = this;
    const [left, top] = this.corner(this.slot(item));
    if (!this.shapes) {
      context.drawImage(image, x, y, from, from, left, top, size, size);
      return;
    }
    scratch.drawImage(image, x, y, from, from, 0, 0, from, from);
    context.fillStyle = "#fff";
    context.fillRect(left, top, size, size);
    context.save();
    context.translate(left, top);
    context.scale(size / UNITS, size / UNITS);
    context.fillStyle = "#000";
    context.fill(new Path2D(outlined(scratch, from)), "evenodd");
    context.restore();
  }

  /** A place for a picture: a free one, else that of the longest unused. */
  slot(item) {
    let slot = this.slots.size;
    if (slot >= this.across ** 2) {
      const [oldest] = this.slots.keys();
      slot = this.slots.get(oldest);
      this.slots.delete(oldest);
    }
    this.slots.set(item, slot);
    return slot;
  }

  /** Used just now. */
  touch(item) {
    const slot = this.slots.get(item);
    if (slot === undefined) return;
    this.slots.delete(item);
    this.slots.set(item, slot);
  }
}
