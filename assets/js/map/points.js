/** The items of a map as arrays, their attributes as bytes, and a grid that finds the nearest one. */

import { load } from "../core/files.js";

const kept = new Map();

/** The bytes at an address, fetched once. */
export function bytes(url) {
  if (!kept.has(url)) {
    const promise = load(url).then((answer) => {
      if (!answer.ok) throw new Error(`The map's data couldn't be loaded (${answer.status}).`);
      return answer.arrayBuffer();
    });
    promise.catch(() => kept.delete(url));
    kept.set(url, promise);
  }
  return kept.get(url);
}

/**
 * The items on a map, in the map's own coordinates.
 * @param {object} model facts of the model
 * @param {object} map one of model.maps
 * @returns {Promise<{n: number, axes: Float32Array[]}>}
 */
export async function places(model, map) {
  const raw = new Uint16Array(await bytes(model.urls.points[map.name]));
  const n = raw.length / map.dims;
  const axes = map.box.map(([low, high], d) => {
    const out = new Float32Array(n);
    const scale = (high - low) / 65535;
    for (let i = 0, j = d; i < n; i++, j += map.dims) out[i] = low + raw[j] * scale;
    return out;
  });
  return { n, axes };
}

/**
 * One attribute of all items: uint8, index of the value or 0..254 over the range; 255 unknown. Of an attribute with more values
 * uint16, and 65535 unknown.
 */
export async function codes(model, name) {
  const raw = await bytes(model.urls.attributes[name]);
  return raw.byteLength === 2 * model.n ? new Uint16Array(raw) : new Uint8Array(raw);
}

/** The code that stands for "unknown". @param {Uint8Array|Uint16Array} codes */
export const unknown = (codes) => 2 ** (8 * codes.BYTES_PER_ELEMENT) - 1;

/** A uniform grid over two axes: nearest item to a spot, among those that `shown` lets through. */
export class Grid {
  /** @param {Float32Array} x @param {Float32Array} y */
  constructor(x, y) {
    this.x = x;
    this.y = y;
    const n = x.length;
    this.side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(n / 2))));
    [this.left, this.right] = extent(x);
    [this.low, this.high] = extent(y);
    this.w = (this.right - this.left) / this.side || 1;
    this.h = (this.high - this.low) / this.side || 1;
    const cells = this.side * this.side;
    this.from = new Uint32Array(cells + 1);
    const home = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      home[i] = this.row(y[i]) * this.side + this.column(x[i]);
      this.from[home[i] + 1]++;
    }
    for (let k = 0; k < cells; k++) this.from[k + 1] += this.from[k];
    const next = this.from.slice();
    this.items = new Uint32Array(n);
    for (let i = 0; i < n; i++) this.items[next[home[i]]++] = i;
  }

  column(x) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((x - this.left) / this.w)));
  }

  row(y) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((y - this.low) / this.h)));
  }

  /**
   * @param {number} x @param {number} y @param {number} reach farthest distance
   * @param {(i: number) => boolean} [shown]
   * @returns {number} index of the nearest item, or -1
   */
  nearest(x, y, reach, shown) {
    let best = -1;
    let least = reach * reach;
    for (let r = this.row(y - reach); r <= this.row(y + reach); r++) {
      for (let c = this.column(x - reach); c <= this.column(x + reach); c++) {
        const cell = r * this.side + c;
        for (let k = this.from[cell]; k < this.from[cell + 1]; k++) {
          const i = this.items[k];
          const distance = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
          if (distance <= least && (!shown || shown(i))) [best, least] = [i, distance];
        }
      }
    }
    return best;
  }
}

/** The least and the largest number; those that aren't known are left out. @returns {[number, number]} */
export function extent(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return [low, high];
}
