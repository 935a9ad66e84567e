/** What a person does on the map: picks, draws around, searches, moves, zooms, walks. */

import { byId, count, settled } from "../core/dom.js";
import { gestures, within } from "./gestures.js";
import { Plot2D } from "./plot2d.js";
import { Plot3D } from "./plot3d.js";
import { matches, read } from "./search.js";

const REACH = 10;

export class Hands {
  /** @param {import("./map.js").ItemMap} map @param {import("../core/scene.js").Store} store */
  constructor(map, store) {
    Object.assign(this, { map, store, mode: "pan" });
    gestures(map.host, this.gestures(), () => (map.points && map.plot instanceof Plot2D ? this.mode : "off"));
    map.host.querySelector(".map-tools").addEventListener("click", (event) => this.tool(event.target.closest("button")));
    byId("search").addEventListener("input", settled(() => this.search(), 120));
    byId("search").addEventListener("keydown", (event) => event.key === "Enter" && this.finish());
    store.on("pick", ({ item, event }) => this.pick(item, event));
  }

  gestures() {
    return {
      hover: (at) => this.map.point(this.near(at), at),
      leave: () => this.map.point(-1),
      click: (at, event) => {
        const item = this.near(at);
        if (item >= 0) this.pick(item, event);
        else this.spot(this.map.camera.data(...at), event);
      },
      pan: (dx, dy) => this.travel(() => this.map.camera.pan(dx, dy)),
      zoom: (factor, at) => this.travel(() => this.map.camera.zoom(factor, ...at)),
      hold: (yes) => this.map.plot.hold?.(yes),
      trace: (pixels) => this.map.overlay.outline(pixels),
      select: (pixels, event) => this.select(pixels, event),
    };
  }

  travel(move) {
    move();
    this.map.follow();
    this.map.saveCamera(this.map.camera.save);
  }

  near(at) {
    if (!this.map.grid) return -1;
    const [x, y] = this.map.camera.data(...at);
    return this.map.grid.nearest(x, y, REACH / this.map.camera.k, this.map.filter);
  }

  pick(item, event) {
    const point = { start: { item } };
    if (!event?.shiftKey) this.store.stage(point);
    else if (this.map.groups.chosen) {
      const mask = new Uint8Array(this.map.points.n);
      mask[item] = 1;
      this.map.groups.extend(mask);
    } else this.store.update((scene) => (scene.view.b = point));
  }

  spot(at, event) {
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
    const any = Boolean(this.map.found || this.map.groups.chosen || byId("search").value);
    this.map.found = null;
    byId("search").value = byId("search-count").value = "";
    this.map.groups.choose(null);
    return any;
  }

  async search() {
    const text = byId("search").value;
    const { attributes, n } = this.store.model;
    const query = read(text, attributes);
    const output = byId("search-count");
    this.map.found = null;
    output.value = "";
    if (query.unknown.length) output.value = `no “${query.unknown[0]}”`;
    else if (query.item !== null) {
      if (query.item < n) this.map.found = new Uint8Array(n).fill(0).fill(1, query.item, query.item + 1);
      else output.value = `0 to ${count(n - 1)}`;
    } else if (query.terms.length) {
      await Promise.all(attributes.map((a) => this.map.codes[a.name] ?? this.map.code(a.name)));
      this.map.found = matches(query.terms, this.map.codes, n);
    }
    if (this.map.found) output.value = count(this.map.found.reduce((a, b) => a + b, 0));
    this.map.host.dataset.found = this.map.found ? output.value : "";
    await this.map.repaint();
  }

  /** Enter in the search: one item goes on stage, several become a group. */
  async finish() {
    await this.search();
    if (!this.map.found) return;
    const first = this.map.found.indexOf(1);
    if (first < 0) return;
    if (this.map.found.indexOf(1, first + 1) < 0) this.store.stage({ start: { item: first } });
    else {
      const mask = this.map.found;
      this.map.found = null;
      this.map.groups.add(mask, byId("search").value.trim().slice(0, 40));
    }
  }

  tool(button) {
    if (!button) return;
    if (button.dataset.mode) this.setMode(button.dataset.mode);
    else if (button.id === "density") this.map.look("density", !this.store.scene.view.density);
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
    if (this.map.plot instanceof Plot3D) factor ? this.map.plot.zoom(factor) : this.map.plot.fit();
    else this.travel(() => (factor ? this.map.camera.zoom(factor) : this.map.camera.fit()));
  }

  /** The neighbour that lies most nearly in a direction. @param {number} dx @param {number} dy in pixels, down is positive */
  step(dx, dy) {
    const { neighbours, now, start } = this.map.over;
    const here = start ?? now;
    if (!neighbours?.length || !here || !this.map.points) return;
    const angle = (i) => {
      const [x, y] = [this.map.points.axes[0][i] - here[0], here[1] - this.map.points.axes[1][i]];
      return (x * dx + y * dy) / (Math.hypot(x, y) || 1);
    };
    const best = neighbours.reduce((a, b) => (angle(b) > angle(a) ? b : a));
    if (this.map.camera?.reveal?.(this.map.points.axes[0][best], this.map.points.axes[1][best])) this.map.follow();
    this.store.stage({ start: { item: best } });
  }
}
