/**
 * Pictures over the points of a flat map, of items as they are: the level of detail follows the zoom. The plane is divided into
 * cells of nearly one size on the screen, which halve with each doubling of the zoom; each holds the picture of the item nearest its
 * middle, or of a model of texts its first words. Cells stay with the plane while it moves, so that no picture jumps, and none covers
 * another. What has not been cut yet is a dot meanwhile.
 */

import { byId, make, settled } from "../core/dom.js";
import { token } from "../core/theme.js";
import { Atlas } from "./atlas.js";
import { along, wiped } from "./canvas.js";
import { smooth } from "./layers.js";

const FEW = 600; // items in sight that pictures of themselves are shown of
const NEARER = 2; // and how much nearer than the whole map one must be
const LEAST = { picture: [40, 40], text: [150, 24] }; // pixels of a cell, which grows to twice that
const SHARE = 0.9; // of a cell that a picture takes
const LARGER = 1.5; // under the pointer
const FRAME = 2;
const REST = 80; // milliseconds of a still map until missing pictures are made
const REACHES = [0.25, 0.5, 1, 1.5]; // of half a cell, within which its middle's nearest item is looked for

export class Pictures {
  /** @param {import("./map.js").ItemMap} map */
  constructor(map) {
    Object.assign(this, { map, model: null, atlas: null, look: null, level: 0, cells: new Map(), drawn: [] });
    this.canvas = make("canvas", { class: "pictures", "aria-hidden": "true", hidden: true });
    map.host.querySelector(".overlay").before(this.canvas);
    this.rest = settled(() => this.fetch(), REST);
  }

  /** What cells hold: pictures or texts; null where a model has neither. */
  get kind() {
    const { modality, names, urls } = this.map.store.model;
    if (modality.view === "text") return names?.length ? "text" : null;
    return urls.sheets.length ? "picture" : null;
  }

  /** Whether pictures are shown where nobody has chosen: near enough that most items in sight have room for theirs. */
  get unasked() {
    const { camera } = this.map;
    return camera.k >= NEARER * camera.least && this.inSight(FEW).length <= FEW;
  }

  /** Whether they are shown now. */
  get on() {
    return Boolean(this.kind && this.map.plot?.flat && this.map.grid && this.look && (this.map.store.scene.view.pictures ?? this.unasked));
  }

  /** Show them or not, whatever the zoom; a choice of what is shown anyway leaves it to the zoom. */
  toggle() {
    const on = !this.on;
    this.map.look("pictures", on === this.unasked ? null : on);
    this.follow();
  }

  /** Points are drawn anew. @param {{shown: (i: number) => boolean, palette: object, values: ArrayLike<number>|null}} look `shown`: is an item's dot drawn, in its own colour? */
  dress(look) {
    this.look = look;
    this.scale = look.palette.ramp ? smooth(look.palette.ramp).scale : null;
    this.cells.clear();
    const { model } = this.map.store;
    if (model === this.model) return;
    this.model = model;
    this.atlas?.close();
    this.atlas = null;
  }

  /** Follow the camera: once a frame at most. */
  follow() {
    const { on, map } = this;
    this.canvas.hidden = !on;
    byId("map-pictures").hidden = !this.kind;
    byId("map-pictures").setAttribute("aria-pressed", String(on));
    this.drawn = [];
    if (on) this.draw();
    map.host.dataset.pictures = this.drawn.length;
  }

  /** Items that are shown and in sight, as many as `most` and one more. @returns {number[]} */
  inSight(most) {
    const { camera, grid } = this.map;
    const [left, top] = camera.data(0, 0);
    const [right, low] = camera.data(camera.width, camera.height);
    const found = [];
    if (right < grid.left || left > grid.right || top < grid.low || low > grid.high) return found;
    for (let r = grid.row(low); r <= grid.row(top); r++) {
      for (let c = grid.column(left); c <= grid.column(right); c++) {
        for (let k = grid.from[r * grid.side + c]; k < grid.from[r * grid.side + c + 1]; k++) {
          const i = grid.items[k];
          if (grid.x[i] < left || grid.x[i] > right || grid.y[i] < low || grid.y[i] > top || !this.look.shown(i)) continue;
          if (found.push(i) > most) return found;
        }
      }
    }
    return found;
  }

  /** The cells in sight that hold an item. @returns {{item: number, x: number, y: number, width: number, height: number}[]} each where its picture lies, in pixels */
  layout() {
    const { camera, grid, store } = this.map;
    const level = 2 ** Math.floor(Math.log2(camera.k));
    const [w, h] = LEAST[this.kind].map((pixels) => pixels / level);
    const first = store.scene.start.item ?? -1;
    if (level !== this.level || first !== this.first) this.cells.clear();
    Object.assign(this, { level, first });
    const [left, top] = camera.data(0, 0);
    const [right, low] = camera.data(camera.width, camera.height);
    const found = [];
    for (let r = Math.floor(low / h); r <= Math.floor(top / h); r++) {
      for (let c = Math.floor(left / w); c <= Math.floor(right / w); c++) {
        const item = this.nearest(c, r, w, h);
        if (item >= 0) found.push(this.placed(item, camera, camera.pixel(c * w, (r + 1) * h), [w * camera.k, h * camera.k], grid));
      }
    }
    return found;
  }

  /** Of a cell's items the one nearest to its middle, or the one on stage; -1 where it has none. */
  nearest(c, r, w, h) {
    const key = `${c},${r}`;
    if (this.cells.has(key)) return this.cells.get(key);
    const { grid } = this.map;
    const within = (i) => Math.floor(grid.x[i] / w) === c && Math.floor(grid.y[i] / h) === r && this.look.shown(i);
    let item = this.first >= 0 && this.first < grid.x.length && within(this.first) ? this.first : -1;
    for (const reach of REACHES) if (item < 0) item = grid.nearest((c + 0.5) * w, (r + 0.5) * h, (reach * Math.max(w, h)) / 2, within);
    this.cells.set(key, item);
    return item;
  }

  /** A picture lies where its item does, as far as it stays within the cell. */
  placed(item, camera, [left, top], cell, grid) {
    const at = camera.pixel(grid.x[item], grid.y[item]);
    const size = this.kind === "text" ? [cell[0] - 8, LEAST.text[1] - 6] : cell.map((side) => side * SHARE);
    const middle = this.kind === "text" ? [at[0] + size[0] / 2 + 4, at[1]] : at; // a text begins beside its dot
    const [x, y] = [left, top].map((edge, d) => Math.max(edge, Math.min(edge + cell[d] - size[d], middle[d] - size[d] / 2)));
    return { item, x, y, width: size[0], height: size[1] };
  }

  draw() {
    const { width, height } = this.map.camera;
    const context = wiped(this.canvas, width, height);
    const all = this.layout();
    this.drawn = this.kind === "text" ? this.words(context, all) : this.faces(context, all);
    this.rest();
  }

  /** @returns {object[]} those that are drawn: the rest hasn't been cut yet */
  faces(context, all) {
    this.atlas ??= new Atlas(this.map.thumbs, this.map.follow);
    const face = ({ item, x, y, width }, more = 0) => {
      if (!this.atlas.slots.has(item)) return false;
      const side = width + 2 * more;
      context.fillStyle = this.colour(item);
      context.fillRect(x - more, y - more, side, side);
      return this.atlas.draw(context, item, x - more + FRAME, y - more + FRAME, side - 2 * FRAME);
    };
    const done = all.filter((one) => face(one));
    const under = done.find(({ item }) => item === this.map.hovered);
    if (under) face(under, ((LARGER - 1) * under.width) / 2);
    return done;
  }

  /** Each text's first words, beside its dot. */
  words(context, all) {
    const { names } = this.map.store.model;
    const [ink, paper] = [token("ink"), token("paper")];
    Object.assign(context, { font: `11px ${token("typeface")}`, textBaseline: "middle", lineJoin: "round", lineWidth: 3, strokeStyle: paper, fillStyle: ink });
    for (const { item, x, y, width, height } of all) {
      const text = clipped(names[item], width, (part) => context.measureText(part).width);
      context.strokeText(text, x, y + height / 2);
      context.fillText(text, x, y + height / 2);
    }
    return all;
  }

  /** A point's colour, see layers.js. */
  colour(item) {
    const { palette, values } = this.look;
    const code = values ? values[item] : 0;
    const bucket = palette.bucket[code];
    return this.scale && !bucket ? along(this.scale, code / 254) : palette.colours[bucket];
  }

  /** Cut what is missing now that the map rests: what cells hold first, then all that is in sight and may come up nearer. */
  fetch() {
    if (!this.on || !this.atlas) return;
    const near = this.inSight(FEW);
    this.atlas.want([...new Set([...this.layout().map(({ item }) => item), ...(near.length > FEW ? [] : near)])]);
  }

  /** The item whose picture lies at a pixel, or -1. @param {number[]} at */
  under([x, y]) {
    return this.drawn.find((one) => x >= one.x && x <= one.x + one.width && y >= one.y && y <= one.y + one.height)?.item ?? -1;
  }
}

/** The first words of a text that fit. @param {string} text @param {number} width @param {(text: string) => number} measure */
export function clipped(text, width, measure) {
  if (measure(text) <= width) return text;
  const words = text.split(" ");
  while (words.length > 1 && measure(`${words.join(" ")} …`) > width) words.pop();
  return `${words.join(" ")} …`;
}
