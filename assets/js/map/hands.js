/** What a person does on the map: picks, draws around, searches, moves, zooms, walks. */

import { byId, count, settled } from "../core/dom.js";
import { gestures, within } from "./gestures.js";
import { matches, read } from "./search.js";
import { edges } from "./strays.js";
import { ahead, stack } from "./walk.js";

const REACH = 10; // pixels
const MOVE = 0.1; // of the map's sides, at a key
const TURN = Math.PI / 18;

export class Hands {
  /** @param {import("./map.js").ItemMap} map @param {import("../core/scene.js").Store} store */
  constructor(map, store) {
    Object.assign(this, { map, store, mode: "pan", asked: null, taking: null }); // `taking`: who takes the next item that is pressed
    gestures(map.host, this.gestures(), () => (map.points && map.plot.flat ? this.mode : "off"));
    map.host.querySelector(".map-tools").addEventListener("click", (event) => this.tool(event.target.closest("button")));
    byId("search").addEventListener("input", settled(() => this.search(), 120));
    byId("search").addEventListener("keydown", (event) => event.key === "Enter" && this.finish());
    store.on("fit", () => this.zoom(0));
    store.on("pick", ({ item, event }) => this.pick(this.next(item), event));
  }

  gestures() {
    return {
      hover: (at) => {
        const item = this.near(at);
        this.map.point(item >= 0 ? item : this.stray(at), at);
      },
      leave: () => this.map.point(-1),
      click: (at, event) => {
        if (this.asked && this.map.aims) {
          this.asked(this.map.camera.data(...at).map((v) => Number(v.toPrecision(6))));
          return;
        }
        const item = this.near(at);
        const stray = this.stray(at);
        if (item >= 0) this.pick(this.next(item), event);
        else if (stray >= 0) this.reveal(stray);
        else this.spot(this.map.camera.data(...at), event);
      },
      pan: (dx, dy) => this.travel(() => this.map.camera.pan(dx, dy)),
      zoom: (factor, at) => this.travel(() => this.map.camera.zoom(factor, ...at)),
      hold: (yes) => this.map.plot.hold?.(yes),
      trace: (pixels) => this.map.overlay.outline(pixels),
      select: (pixels, event) => this.select(pixels, event),
    };
  }

  /**
   * A place that is asked for: while `asked` is set, a press on its map is told to it and does nothing else.
   * @param {{model: string, map: string|null, within: number, guess?: number[], truth?: number[]}|null} aim what is marked of it
   */
  aim(aim) {
    this.map.aim = aim;
    this.map.follow();
  }

  travel(move) {
    move();
    this.map.follow();
    this.map.saveCamera(this.map.camera.save);
  }

  near(at) {
    if (!this.map.grid) return -1;
    const pictured = this.map.pictures?.under(at) ?? -1;
    if (pictured >= 0) return pictured;
    const [x, y] = this.map.camera.data(...at);
    return this.map.grid.nearest(x, y, REACH / this.map.camera.k, this.map.filter);
  }

  /** Of items that lie exactly on each other, a further click takes the next one. */
  next(item) {
    const all = stack(this.map.points.axes, item, this.map.filter);
    const on = all.indexOf(this.store.scene.start.item);
    return on < 0 ? item : all[(on + 1) % all.length];
  }

  /** The item out of sight whose mark at the edge lies here, or -1. */
  stray(at) {
    return edges(this.map).find(([, [x, y]]) => Math.hypot(x - at[0], y - at[1]) < REACH)?.[0] ?? -1;
  }

  /** Bring an item into sight and on stage. */
  reveal(item) {
    const [x, y] = this.map.points.axes;
    if (this.map.camera?.reveal(x[item], y[item])) this.travel(() => {});
    this.store.stage({ start: { item } });
  }

  /** The item on stage into the chosen group or out of it; a new group where none is chosen. */
  gather() {
    const { item } = this.store.scene.start;
    if (item === undefined || !this.map.points) return;
    const mask = new Uint8Array(this.map.points.n);
    mask[item] = 1;
    this.take(mask);
  }

  /** All items in sight as a group. */
  gatherSeen() {
    const { camera, points, filter, plot } = this.map;
    if (!points || !plot.flat) return;
    const mask = Uint8Array.from({ length: points.n }, (_, i) => {
      const [x, y] = camera.pixel(points.axes[0][i], points.axes[1][i]);
      return x >= 0 && y >= 0 && x <= camera.width && y <= camera.height && filter(i) ? 1 : 0;
    });
    this.map.groups.add(mask);
  }

  take(mask) {
    if (this.map.groups.chosen) this.map.groups.extend(mask);
    else this.map.groups.add(mask);
  }

  pick(item, event) {
    const point = { start: { item } };
    if (this.taking) {
      this.taking(item);
      return;
    }
    if (!event?.shiftKey) this.store.stage(point);
    else if (this.map.groups.chosen) {
      const mask = new Uint8Array(this.map.points.n);
      mask[item] = 1;
      this.map.groups.extend(mask);
    } else this.store.update((scene) => (scene.view.b = point));
  }

  /** The next of the items that lie exactly on the one on stage. */
  deeper() {
    const { item } = this.store.scene.start;
    if (item === undefined || !this.map.points) return;
    const next = this.next(item);
    if (next !== item) this.store.stage({ start: { item: next } });
  }

  /** What lies in the middle of what is seen, as a click there would: an empty spot is a blend. */
  middle() {
    const { camera, plot, points } = this.map;
    if (points && plot.flat) this.gestures().click([camera.width / 2, camera.height / 2]);
  }

  /** Move the map, or turn one in three dimensions. @param {number} dx @param {number} dy down is positive */
  move(dx, dy) {
    const { camera, plot, points } = this.map;
    if (!points) return;
    if (plot.flat) this.travel(() => camera.pan(-dx * MOVE * camera.width, -dy * MOVE * camera.height));
    else plot.rotate(dx * TURN, dy * TURN);
  }

  /** An empty place: a blend, or on axes of one's own, where no latent belongs to it, the nearest item. */
  spot(at, event) {
    const { grid, points, filter } = this.map;
    if (points.scales) {
      const item = grid.nearest(...at, Infinity, filter);
      if (item >= 0) this.pick(item, event);
      return;
    }
    const point = { start: { map: this.map.spec.name, at: at.map((v) => Number(v.toPrecision(6))) } };
    if (event?.shiftKey) this.store.update((scene) => (scene.view.b = point));
    else this.store.stage(point);
  }

  select(pixels, event) {
    const polygon = pixels.map((p) => this.map.camera.data(...p));
    const { axes, n } = this.map.points;
    const { filter, found } = this.map; // what the search has greyed out can't be drawn around
    const mask = new Uint8Array(n);
    for (let i = 0; i < n; i++) mask[i] = (!found || found[i]) && filter(i) && within(polygon, axes[0][i], axes[1][i]) ? 1 : 0;
    this.map.found = null;
    if (event.shiftKey && this.map.groups.chosen) this.map.groups.extend(mask);
    else if (!this.map.groups.add(mask)) this.clear();
  }

  /** Take selection and search back. @returns {boolean} whether there was any */
  clear() {
    const any = Boolean(this.map.mask || byId("search").value);
    this.map.found = null;
    byId("search").value = byId("search-count").value = "";
    this.map.groups.choose(null);
    return any;
  }

  async search() {
    const text = byId("search").value;
    const { attributes, n, names } = this.store.model;
    const query = read(text, attributes, names);
    const output = byId("search-count");
    this.map.found = null;
    output.value = "";
    if (query.item !== null) {
      if (query.item < n) this.map.found = new Uint8Array(n).fill(0).fill(1, query.item, query.item + 1);
      else output.value = `0 to ${count(n - 1)}`;
    } else if (query.terms.length || query.called.length) {
      await Promise.all(attributes.map((a) => this.map.codes[a.name] ?? this.map.code(a.name)));
      this.map.found = matches(query.terms, this.map.codes, n, query.called, names);
    }
    if (this.map.found) output.value = count(this.map.found.reduce((a, b) => a + b, 0));
    if (query.unknown.length) output.value = [output.value, `no “${query.unknown[0]}”`].filter(Boolean).join(", ");
    this.map.host.dataset.found = this.map.found ? output.value : "";
    this.map.selection.drop();
    await this.map.reselect();
  }

  /** Enter in the search: the first one goes on stage, with each further Enter the next one; several become a group. */
  async finish() {
    await this.search();
    const mask = this.map.found;
    if (!mask?.includes(1)) return;
    const here = this.store.scene.start.item ?? -1;
    const next = mask[here] ? mask.indexOf(1, here + 1) : -1;
    this.store.stage({ start: { item: next < 0 ? mask.indexOf(1) : next } });
    if (mask.indexOf(1) === mask.lastIndexOf(1)) return;
    this.map.found = null;
    const known = this.map.groups.all.find((group) => group.mask.every((yes, i) => yes === mask[i]));
    if (known) this.map.groups.choose(known);
    else this.map.groups.add(mask, byId("search").value.trim().slice(0, 40));
  }

  tool(button) {
    if (!button) return;
    if (button.dataset.mode) this.setMode(button.dataset.mode);
    else if (button.id === "density") this.map.look("density", !this.store.scene.view.density);
    else if (button.id === "map-pictures") this.map.picturing().then((pictures) => this.map.points && pictures.toggle());
    else this.zoom({ "zoom-in": 1.5, "zoom-out": 1 / 1.5, fit: 0 }[button.id]);
  }

  /** @param {"pan"|"lasso"|"box"} mode */
  setMode(mode) {
    this.mode = this.map.host.dataset.mode = mode;
    for (const button of this.map.host.querySelectorAll("[data-mode]")) button.setAttribute("aria-pressed", String(button.dataset.mode === mode));
  }

  /** @param {number} factor 0: everything */
  zoom(factor) {
    if (!this.map.plot) return;
    if (!this.map.plot.flat) factor ? this.map.plot.zoom(factor) : this.map.plot.fit();
    else this.travel(() => (factor ? this.map.camera.zoom(factor) : this.map.camera.reset()));
  }

  /**
   * Walk to the nearest item in a direction, on the map as it is seen.
   * @param {number} dx @param {number} dy in pixels, down is positive
   * @param {boolean} gathering also add it to the chosen group, or begin one with the item left
   */
  step(dx, dy, gathering = false) {
    if (!this.map.points) return;
    const { axes } = this.map.points;
    const { item } = this.store.scene.start;
    const here = item === undefined ? this.map.over.start ?? this.map.over.now : [axes[0][item], axes[1][item]];
    if (!here) return;
    const next = ahead(axes, here, dx, -dy, this.map.filter);
    if (next < 0) return;
    if (gathering) {
      if (!this.map.groups.chosen) this.gather();
      if (!this.map.groups.chosen?.mask[next]) this.take(Uint8Array.from({ length: axes[0].length }, (_, i) => (i === next ? 1 : 0)));
    }
    this.reveal(next);
  }
}
