/** What lies under the points of a flat map: the decoded plane, where the map is one, and the density of the items. */

import { make } from "../core/dom.js";
import { token } from "../core/theme.js";
import { density } from "./density.js";

const EDGE = 0.08; // of the map's sides, that density shows beyond the outermost items

export class Underlay {
  /** @param {HTMLElement} host the map */
  constructor(host) {
    this.plane = host.querySelector(".backdrop");
    this.heat = host.querySelector(".density");
    this.plane.addEventListener("load", () => (this.plane.dataset.ground = ground(this.plane)));
  }

  /** Whether a decoded plane lies there. */
  get decoded() {
    return !this.plane.hidden;
  }

  /** Lay a decoded plane, or none. @param {string|null} url @param {number[][]} box it covers @returns {boolean} whether it came or went */
  lay(url, box) {
    const { plane } = this;
    const before = plane.hidden;
    plane.hidden = !url;
    plane.box = box;
    if (url && plane.getAttribute("src") !== url) plane.src = url;
    return before !== plane.hidden;
  }

  /** Show how dense items lie, or not. @param {boolean} on @param {Float32Array[]} axes @param {number[][]} whole box of all items @param {(i: number) => boolean} shown */
  dense(on, axes, whole, shown) {
    this.heat.hidden = !on;
    if (!on) return;
    const box = whole.map(([low, high]) => [low - (high - low) * EDGE, high + (high - low) * EDGE]);
    const ink = token("accent").match(/\w\w/g).map((part) => parseInt(part, 16));
    density(this.heat, axes[0], axes[1], box, shown, ink);
    this.heat.box = box;
  }

  /** @param {import("./camera.js").Camera} camera */
  follow(camera) {
    for (const layer of [this.plane, this.heat]) {
      if (layer.hidden || !layer.box) continue;
      const [[left, right], [low, high]] = layer.box;
      const [x, y] = camera.pixel(left, high);
      layer.style.transform = `translate(${x}px, ${y}px) scale(${((right - left) * camera.k) / 100}, ${((high - low) * camera.k) / 100})`;
    }
  }
}

/** Whether a picture is light or dark where nothing is drawn: at its corner. */
function ground(img) {
  const canvas = make("canvas", { width: 1, height: 1 });
  const context = canvas.getContext("2d");
  context.drawImage(img, 0, 0, 1, 1, 0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data[0] < 128 ? "dark" : "light";
}
