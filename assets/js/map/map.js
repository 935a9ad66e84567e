/** The map: keeps points, colours and overlay in step with the scene. What a person does on it is in hands.js. */

import { loaded, plotly } from "../core/bundles.js";
import { calm } from "../core/calm.js";
import { Camera } from "./camera.js";
import { Canvas2D, Canvas3D, webgl } from "./canvas.js";
import { engine } from "../engine/engine.js";
import { byId, everyFrame, later, make, settled } from "../core/dom.js";
import { Groups } from "./groups.js";
import { Hover } from "./hover.js";
import { filterOf, layers } from "./layers.js";
import { legend, toggled } from "./legend.js";
import { lost } from "./lost.js";
import { tell, waiting } from "../core/notices.js";
import { mixed, tellMixing } from "./mixing.js";
import { Overlay } from "./overlay.js";
import { colouring } from "../core/palette.js";
import { arrives, standing } from "../core/standing.js";
import { Plot2D } from "./plot2d.js";
import { Selection, size } from "./selection.js";
import { marks, Plot3D } from "./plot3d.js";
import { codes, Grid, places } from "./points.js";
import { Thumbs } from "./thumbs.js";
import { edges, tellStrays } from "./strays.js";
import { Underlay } from "./underlay.js";
import { opening, outside, stack } from "./walk.js";

const GROUPS = "groups";
const OWN = { name: "", title: "Axes", sentence: "Any attribute, direction or reading across and up" };
const SOON = 2000; // milliseconds that plotly waits for the engine
const CALM = 500; // and for a hand that rests: its script and first drawing hold the page up

export class ItemMap {
  /** @param {import("../core/scene.js").Store} store */
  constructor(store) {
    this.store = store;
    this.host = byId("map");
    this.codes = {};
    this.over = {};
    this.hovered = -1;
    this.found = null;
    this.aim = null; // see `Hands.aim`
    this.turn = 0;
    /** The first map is drawn, or can't be. */
    this.drawn = new Promise((done) => (this.painted = done));
    this.overlay = new Overlay(this.host.querySelector(".overlay"));
    this.thumbs = new Thumbs();
    this.hover = new Hover(this.host.querySelector(".hover-card"), this.host);
    this.groups = new Groups(byId("groups"), () => this.regroup());
    this.selection = new Selection(this);
    this.limits = null; // and where colours of a number end, once there are such colours
    this.underlay = new Underlay(this.host);
    this.pictures = null; // what draws them comes once the first pictures of the page stand, see `picturing`
    this.axes = null; // and what draws axes of one's own once there are some
    this.follow = everyFrame(() => this.moved());
    this.markSoon = settled((all) => !this.plot.flat && this.plot.mark(all), 120);
    this.saveCamera = settled((numbers) => store.update((scene) => (scene.view.camera = numbers), { history: false }), 500);
    new ResizeObserver(() => this.resized()).observe(this.host);
    new ResizeObserver(() => this.spare()).observe(byId("groups"));
    this.host.addEventListener("webglcontextlost", (event) => lost(this, event), true);
    document.addEventListener("themechange", () => this.repaint());
    byId("colour").addEventListener("change", (event) => this.look("colour", event.target.value));
    byId("spaces").addEventListener("change", (event) => this.go(event.target.value));
  }

  /** Where the colours of numbers end. @returns {Promise<import("./limits.js").Limits>} */
  async limiting() {
    const { Limits } = await import("./limits.js");
    return (this.limits ??= new Limits(() => this.repaint()));
  }

  get spec() {
    const { maps } = this.store.model;
    const { map, axes } = this.store.scene.view;
    if (axes.length === 2) return { name: JSON.stringify(axes), axes, dims: 2, sentence: "" };
    return maps.find(({ name }) => name === map) ?? maps[0];
  }

  get attribute() {
    const name = this.store.scene.view.colour;
    if (name === GROUPS && this.groups.all.length) return { name, label: "Groups", kind: "categorical", values: this.groups.all.map((g) => g.name) };
    return this.store.model.attributes.find((a) => a.name === name) ?? this.store.model.attributes[0] ?? null;
  }

  /** Whether the map that is shown is the one on which a place is asked for. */
  get aims() {
    const { model } = this.store;
    return this.aim?.model === model.name && (this.aim.map ?? model.maps[0].name) === this.points?.name;
  }

  /** Change how one looks: no step of the history. */
  look(name, value) {
    this.store.update((scene) => (scene.view[name] = value), { history: false });
  }

  /** Another map, or with an empty name axes of one's own, which are a step of the history. @param {string} map */
  async go(map) {
    const { model, scene } = this.store;
    const axes = map ? [] : (await this.framing()).begin();
    if (model !== this.store.model) return;
    const look = map ? { map, axes, camera: [] } : { axes, camera: [] };
    this.store.update((fresh) => Object.assign(fresh.view, look), { history: !map || scene.view.axes.length > 0 });
  }

  /** What draws axes of one's own. @returns {Promise<import("./axes.js").Axes>} */
  async framing() {
    const { Axes } = await import("./axes.js");
    return (this.axes ??= new Axes(this));
  }

  /** Another model. */
  open(model) {
    this.thumbs.open(model);
    this.hover.open(model);
    this.groups.open(model);
    this.selection.drop();
    this.codes = {};
    this.over = {};
    this.found = this.shown = this.points = this.grid = this.dressed = null;
    this.host.dataset.plotted = 0;
    this.hovered = -1;
    byId("search").value = byId("search-count").value = "";
    byId("spaces").replaceChildren(
      ...[...model.maps, OWN].map((map) =>
        make("label", { title: map.sentence }, make("input", { type: "radio", name: "space", value: map.name, "data-map": map.name }), make("span", { text: map.title })),
      ),
    );
    byId("search-values").replaceChildren(...model.attributes.flatMap((a) => a.values.map((v) => make("option", { value: `${a.label}: ${v}` }))));
  }

  /** Follow the scene's view: load, recolour or filter only what differs. */
  async sync() {
    const { view } = this.store.scene;
    const map = this.spec;
    const attribute = this.attribute;
    const want = { map: `${this.store.model.name}/${map.name}`, colour: attribute?.name, hidden: view.hidden.join("|"), density: view.density };
    const before = this.shown ?? {};
    if (this.pictures) this.follow();
    if (want.map === before.map && want.colour === before.colour && want.hidden === before.hidden && want.density === before.density) return;
    this.shown = want;
    this.controls(map, attribute, view);
    const turn = ++this.turn;
    waiting("map", want.map !== before.map);
    try {
      if (want.map !== before.map) await this.load(map, turn, attribute);
      if (turn === this.turn) await this.repaint();
      if (want.map !== before.map) standing.then(() => this.warm());
    } catch (error) {
      this.shown = null;
      tell(error.sentence ?? error.message, "map");
      if (map.axes && turn === this.turn) this.look("axes", []);
    }
    this.painted();
    if (turn === this.turn) waiting("map", false);
  }

  controls(map, attribute, view) {
    for (const input of byId("spaces").querySelectorAll("input")) input.checked = input.value === (map.axes ? "" : map.name);
    byId("map-sentence").textContent = map.sentence;
    const options = this.store.model.attributes.map((a) => make("option", { value: a.name, text: a.label }));
    if (this.groups.all.length) options.push(make("option", { value: GROUPS, text: "Groups" }));
    byId("colour").replaceChildren(...options);
    byId("colour").value = attribute?.name ?? "";
    byId("colour").hidden = !options.length; // nothing is known of these items
    byId("density").setAttribute("aria-pressed", String(view.density));
  }

  async load(map, turn, attribute) {
    const { model } = this.store;
    const first = attribute && attribute.name !== GROUPS ? this.code(attribute.name) : null;
    const [points] = await Promise.all([map.axes ? this.framing().then((frame) => frame.plane(map.axes)) : places(model, map), first]);
    arrives();
    if (turn !== this.turn) return;
    this.points = { box: map.box, ...points, name: map.name };
    if (points.sentence) byId("map-sentence").textContent = points.sentence;
    this.axes?.show(points.scales ?? null);
    this.hover.show(-1);
    const flat = map.dims === 2;
    this.host.dataset.dims = map.dims;
    this.grid = flat ? new Grid(points.axes[0], points.axes[1]) : null;
    this.strays = [];
    if (flat) {
      const box = map.exact ? map.box : opening(points.axes, this.points.box); // a decoded plane is seen whole
      this.strays = outside(points.axes, box);
      this.camera = new Camera(box, this.strays.length ? this.points.box : box);
      tellStrays(byId("map-sentence"), this.strays.length, () => this.store.emit("fit"));
      this.camera.resize(this.host.clientWidth, this.host.clientHeight);
      this.spare();
      this.camera.save = this.store.scene.view.camera;
    }
    const Plotly = loaded(map.dims);
    this.stand(map, Plotly)();
    this.lay();
    if (!Plotly) this.hasten(map, this.points);
  }

  /** Draw by plotly, which is quicker where there is WebGL and large: the first map stands on a canvas before it has come. */
  async hasten(map, points) {
    await standing;
    await Promise.race([engine.whenReady().catch(() => {}), later(SOON)]); // one core's worth of scripts at a time
    await calm(CALM);
    const Plotly = points === this.points && webgl() && (await plotly(map.dims).catch(() => null));
    if (!Plotly || points !== this.points) return;
    const clear = this.stand(map, Plotly);
    try {
      await this.repaint();
    } finally {
      clear();
    }
  }

  /**
   * Put up what draws the points: plotly, or a canvas where there is none (yet).
   * @returns {() => void} takes away what drew them before
   */
  stand(map, Plotly) {
    const { plot } = this;
    const before = this.host.querySelectorAll(".plot");
    const host = make("div", { class: "plot" });
    before[before.length - 1].after(host);
    const clear = () => {
      plot?.close();
      before.forEach((stale) => stale.remove());
    };
    this.host.dataset.drawn = Plotly ? "webgl" : "canvas";
    if (map.dims === 2) {
      this.plot = Plotly ? new Plot2D(host, Plotly, this.camera) : new Canvas2D(host, this.camera);
      return clear;
    }
    const heard = {
      pick: (item, event) => item >= 0 && this.store.emit("pick", { item, event }),
      hover: (item, event) => this.point(item, event ? [event.offsetX ?? 0, event.offsetY ?? 0] : [0, 0]),
      turn: this.saveCamera,
    };
    this.plot = Plotly ? new Plot3D(host, Plotly, map, heard) : new Canvas3D(host, map, heard);
    this.plot.camera = this.store.scene.view.camera;
    return clear;
  }

  /** Fit the map beside its tools and the chips of groups, so that no point lies under them. */
  spare() {
    if (!this.camera) return;
    const whole = this.host.getBoundingClientRect();
    const tools = this.host.querySelector(".map-tools").getBoundingClientRect();
    const chips = byId("groups").hidden ? null : byId("groups").getBoundingClientRect();
    const { left, top, bottom } = this.axes?.room ?? { left: 0, top: 0, bottom: 0 };
    this.camera.spare({ left, top, right: tools.width ? whole.right - tools.left : 0, bottom: chips?.height ? whole.bottom - chips.top : bottom, foot: bottom });
    this.follow();
  }

  async code(name) {
    const { model } = this.store;
    const values = await codes(model, name);
    if (model === this.store.model) this.codes[name] = this.hover.codes[name] = values;
    return values;
  }

  /** What isn't needed for the first pictures: thumbnails after what an edit needs. */
  warm() {
    const { model } = this.store;
    engine.whenReady().catch(() => {}).then(() => model === this.store.model && this.hover.warm());
    for (const { name } of this.store.model.attributes) this.code(name).catch(() => {});
    this.picturing().catch(() => {});
  }

  /** What draws pictures over the points, once it is of use. @returns {Promise<import("./pictures.js").Pictures>} */
  async picturing() {
    const { Pictures } = await import("./pictures.js");
    if (!this.pictures) {
      this.pictures = new Pictures(this);
      if (this.dressed) this.pictures.dress(this.dressed);
      this.follow();
    }
    return this.pictures;
  }

  /** The mask that greys the rest. */
  get mask() {
    return this.selection.now?.mask ?? null;
  }

  /** Whether an item is drawn at all. */
  get filter() {
    const shown = filterOf(this.store.scene.view.hidden, this.store.model.attributes, this.codes);
    const known = this.points?.known;
    return known ? (i) => known[i] && shown(i) : shown;
  }

  async repaint() {
    const { attribute, points } = this;
    if (!points) return;
    const hidden = this.store.scene.view.hidden;
    const needed = new Set(hidden.map((key) => key.split(":")[0]).filter((name) => this.store.model.attributes.some((a) => a.name === name)));
    if (attribute && attribute.name !== GROUPS) needed.add(attribute.name);
    await Promise.all([...needed].map((name) => this.codes[name] ?? this.code(name)));
    if (points !== this.points) return;
    const values = attribute?.name === GROUPS ? this.groups.codes : this.codes[attribute?.name] ?? null;
    const palette = colouring(attribute);
    const limits = palette.ramp && values ? (await this.limiting()).of(this.store.model, attribute, values) : null;
    if (points !== this.points) return;
    const inked = limits?.codes ?? values;
    const density = this.store.scene.view.density && this.grid;
    const look = this.underlay.decoded ? { opacity: density ? 0.25 : 0.6, size: 0.65 } : { opacity: density ? 0.3 : 0.85 };
    const sorted = layers(points, palette, inked, this.filter, this.mask, look);
    legend(byId("legend"), attribute, palette, values, hidden, (key, others) => this.hide(key, others), limits);
    await this.plot.paint(sorted);
    if (points !== this.points) return;
    standing.then(() => points === this.points && this.mix(attribute, values, hidden));
    const { filter, mask } = this;
    const shown = (i) => filter(i) && (!mask || Boolean(mask[i]));
    this.underlay.dense(density, points.axes, points.box, shown);
    this.dressed = { shown, palette, values: inked };
    this.pictures?.dress(this.dressed);
    this.moved();
    this.host.dataset.plotted = sorted.reduce((sum, layer) => sum + layer.x.length, 0);
    this.host.dataset.colour = attribute?.name ?? "";
    this.host.dataset.points = points.n;
  }

  /** Which two values lie most among each other; worked out once for each map and attribute. */
  mix(attribute, values, hidden) {
    const known = attribute?.kind === "categorical" && attribute.name !== GROUPS && values;
    tellMixing(byId("mixed"), attribute, known ? mixed(this.points, attribute, values) : null, hidden, (all) => this.look("hidden", all));
  }

  hide(key, others) {
    this.look("hidden", toggled(this.store.scene.view.hidden, key, others));
  }

  regroup() {
    if (!this.points) return;
    this.controls(this.spec, this.attribute, this.store.scene.view);
    this.selection.drop();
    this.reselect();
  }

  /** Something else is selected. */
  reselect() {
    this.host.dataset.selected = this.mask ? size(this.mask) : 0;
    this.store.emit("groups");
    return this.repaint();
  }

  /** Places of the scene, as the server gave them; while a slider is dragged only those that move. @param {object} over */
  mark(over) {
    this.over = "start" in over ? over : { ...this.over, ...over };
    if (this.points && this.lay()) this.repaint();
    this.follow();
  }

  /** Lay the decoded plane under the points of a map that is the plane. @returns {boolean} whether it came or went */
  lay() {
    const url = this.over.map === this.points.name ? this.over.backdrop : null;
    return this.underlay.lay(url, this.points.box);
  }

  /** Everything that follows the camera; the points themselves only when they must. */
  moved() {
    if (!this.points || !this.plot) return;
    const what = this.over.map === this.points.name ? this.over : {};
    const spot = (i) => this.points.axes.map((axis) => axis[i]);
    const near = (what.neighbours ?? []).filter((i) => this.points.known?.[i] !== 0).map(spot);
    if (!this.plot.flat) {
      this.overlay.draw({}, () => [0, 0]);
      this.markSoon(marks({ ...what, neighbours: near }));
      return;
    }
    const { camera } = this;
    const { guess, truth, within } = this.aims ? this.aim : {};
    this.overlay.draw({ ...what, neighbours: near, hover: this.hovered >= 0 ? spot(this.hovered) : null, guess, truth, within }, (x, y) => camera.pixel(x, y), edges(this));
    this.host.dataset.camera = [camera.x, camera.y, camera.k].join(" ");
    this.underlay.follow(camera);
    this.pictures?.follow();
    this.axes?.draw();
    this.plot.follow();
  }

  resized() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!this.camera || !width || !height || !this.plot.flat) return;
    this.camera.resize(width, height);
    this.spare();
    this.follow();
  }

  /** Show what lies under the pointer. @param {number} item or -1 @param {number[]} [at] pixel */
  point(item, at) {
    if (!this.points) return;
    this.hover.show(item, at, () => stack(this.points.axes, item, this.filter).length);
    if (item === this.hovered) return;
    this.hovered = item;
    this.host.classList.toggle("over-item", item >= 0);
    if (this.grid) this.follow();
  }
}
