/** One item's picture out of the sprite sheets: what the stage shows as the real item. */

import { make } from "../core/dom.js";
import { source } from "../core/files.js";
import { dataUrl, pathOf } from "../engine/outline.js";
import { bytes } from "./points.js";

export class Thumbs {
  /** @param {object} model */
  open(model) {
    Object.assign(this, { model, places: null, sheets: new Map(), known: null });
  }

  /** An item's picture that came with the model, so that nobody waits for a whole sheet. @param {{item: number, src: string}|null} real */
  know(real) {
    this.known = real;
  }

  /** One item's picture as a data URL; null where the sheets don't hold the items themselves, or can't be loaded. @param {number} index */
  async item(index) {
    const { model, sheets } = this;
    const { size, shows } = model.thumbs;
    if (shows !== "items") return null;
    if (this.known?.item === index) return this.known.src;
    try {
      const { url, x, y } = await this.spot(index);
      if (!sheets.has(url)) sheets.set(url, Object.assign(new Image(), { src: source(url) }));
      await sheets.get(url).decode();
      const canvas = make("canvas", { width: size, height: size });
      const context = canvas.getContext("2d");
      context.drawImage(sheets.get(url), x, y, size, size, 0, 0, size, size);
      return model.modality.drawn === "outline" ? dataUrl(outlined(context, size)) : canvas.toDataURL();
    } catch {
      return null;
    }
  }

  /** In which sheet, and at which of its pixels, an item's picture lies. @param {number} index @returns {Promise<{url: string, x: number, y: number}>} */
  async spot(index) {
    const { size, columns, rows } = this.model.thumbs;
    const place = await this.place(index);
    const row = Math.floor(place / columns);
    return { url: this.model.urls.sheets[Math.floor(row / rows)], x: size * (place % columns), y: size * (row % rows) };
  }

  /** Where an item lies in a sheet that its data set shares; else at its own number. */
  async place(index) {
    const { sheet_rows: url } = this.model.urls;
    if (!url) return index;
    this.places ??= bytes(url).then((raw) => new Uint32Array(raw));
    return (await this.places)[index];
  }
}

/** The `d` of a shape's outline: a sheet of shapes holds their fields, in grey. @param {CanvasRenderingContext2D} context that it was drawn on */
export function outlined(context, size) {
  const { data } = context.getImageData(0, 0, size, size);
  const field = Float32Array.from({ length: size * size }, (_, k) => data[4 * k] / 255);
  return pathOf([field], [1, size, size]);
}
