/**
 * The map on axes of one's own: each item lies where two numbers of it say. Numbers are brought to one plane of fixed sides, so that
 * the camera, pointers, lasso and pictures work as on any map; ticks are written back in the numbers' own units. Loaded when it is asked for.
 */

import { compute } from "../compute/compute.js";
import { leanAxes } from "../compute/points.js";
import { count, make, shape } from "../core/dom.js";
import { measure, offers, tickText, titleOf, usual } from "./measures.js";
import { renew } from "./overlay.js";
import { opening } from "./walk.js";

const SIDES = [1.3, 1]; // of the plane: about as a map is on a page
const BAND = 0.38; // of a category's distance to the next one, to either side
const SCATTER = [0.7548776662466927, 0.5698402909980532]; // the R2 sequence (Roberts 2018): even, and the same each time
const APART = [76, 44]; // pixels between ticks, at least
const LETTER = 6.2; // pixels, about
const FOOT = 50; // pixels under the plane: ticks, and what lies across
const HEAD = 34;

/** A column of numbers -> where they lie along a side of the plane. */
function scale(column, names, side, k) {
  let [low, high] = names ? [-0.5, names.length - 0.5] : ranged(column);
  if (!(high > low)) [low, high] = [low - 0.5, high + 0.5];
  const to = (v) => ((v - low) / (high - low)) * side;
  const scatter = names ? (i) => BAND * (2 * ((0.5 + (i + 1) * SCATTER[k]) % 1) - 1) : () => 0;
  return { low, high, to, from: (u) => low + (u / side) * (high - low), places: Float32Array.from(column, (v, i) => to(v + scatter(i))) };
}

/** The range that all items but far outliers lie in, see `opening`. */
function ranged(column) {
  const known = column.filter((v) => !Number.isNaN(v)).sort();
  if (!known.length) return [0, 1];
  return opening([known], [[known[0], known.at(-1)]])[0];
}

let kept = { key: null };

/**
 * The items on two axes.
 * @param {object[]} axes of the view
 * @returns {Promise<{n: number, axes: Float32Array[], box: number[][], known: Uint8Array|null, scales: object[], sentence: string}>} as `places` of
 *   points.js gives them; `known`: whether both numbers of an item are; null where all are
 */
export function plane(axes) {
  const { facts } = compute;
  const key = JSON.stringify([facts.model.urls.engine, axes]);
  if (kept.key !== key) {
    const made = laid(facts, axes);
    kept = { key, made };
    made.catch(() => kept.made === made && (kept = { key: null }));
  }
  return kept.made;
}

async function laid(facts, axes) {
  const read = await Promise.all(axes.map((axis) => measure(facts, axis)));
  const scales = read.map((one, k) => ({ ...one, ...scale(one.items, one.names, SIDES[k], k) }));
  const { n } = facts.model;
  const known = Uint8Array.from({ length: n }, (_, i) => (scales.every(({ items }) => !Number.isNaN(items[i])) ? 1 : 0));
  const unknown = n - known.reduce((sum, yes) => sum + yes, 0);
  const box = scales.map(({ places, names }, d) => {
    if (names) return [0, SIDES[d]];
    const [low, high] = places.reduce(([a, b], v) => [v < a ? v : a, v > b ? v : b], [Infinity, -Infinity]);
    return high > low ? [low, high] : [0, SIDES[d]];
  });
  const few = unknown ? ` ${count(unknown)} items, of which one of the two isn't known, are left out.` : "";
  const bands = scales.some(({ names }) => names) ? " Items of one value lie scattered over its band." : "";
  const sentence = `Across: ${scales[0].title}. Up: ${scales[1].title}.${bands}${few}`;
  return { n, axes: scales.map(({ places }) => places), box, known: unknown ? known : null, scales, sentence };
}

/** Where points lie on two axes. @param {object[]} axes @param {object[]} points @returns {Promise<(number[]|null)[]>} null where one of the two numbers is of items alone */
export async function onAxes(axes, points) {
  const { scales } = await plane(axes);
  const plain = ({ start = { item: 0 }, condition = {}, edits = [] }) => ("item" in start && !edits.length && !Object.keys(condition).length ? start.item : -1);
  const read = await Promise.all(scales.map((one) => one.points(points)));
  return points.map((point, k) => {
    const item = plain(point);
    const at = scales.map((one, d) => (item >= 0 ? one.places[item] : one.to(read[d][k])));
    return at.some(Number.isNaN) ? null : at;
  });
}

/** Ticks and titles at the edges of the map; the titles are lists, from which one chooses. */
export class Axes {
  /** @param {import("./map.js").ItemMap} map */
  constructor(map) {
    Object.assign(this, { map, scales: null, choices: [], listed: "" });
    this.svg = shape("svg", { class: "axes", "aria-hidden": "true" });
    this.group = shape("g");
    this.svg.append(this.group);
    map.host.querySelector(".overlay").before(this.svg);
    this.selects = ["x", "y"].map((name, k) => {
      const select = make("select", { id: `axis-${name}`, class: `axis axis-${name}`, "aria-label": k ? "Axis upwards" : "Axis across", hidden: true, change: () => this.choose(k) });
      map.host.append(select);
      return select;
    });
    map.store.on("groups", () => this.list());
    map.store.on("change", ({ live }) => live || this.list());
  }

  /** Two axes to begin with. */
  begin() {
    return usual(compute.facts, this.map.store.scene);
  }

  /** See above. */
  plane(axes) {
    return plane(axes);
  }

  /** @param {object[]|null} scales of the map that is shown; null: it has no axes of one's own */
  show(scales) {
    this.scales = scales;
    const { host } = this.map;
    host.toggleAttribute("data-axes", Boolean(scales));
    for (const select of this.selects) select.hidden = !scales;
    if (scales) this.list();
    else this.group.replaceChildren();
  }

  /** Pixels that the edges take. */
  get room() {
    if (!this.scales) return { left: 0, top: 0, bottom: 0 };
    const narrow = this.map.host.clientWidth < 500;
    const letters = Math.max(...(this.scales[1].names ?? ["−0.00"]).map((name) => name.length));
    return { left: Math.min(narrow ? 76 : 116, 16 + letters * LETTER), top: HEAD, bottom: FOOT };
  }

  /** What one can choose, with what is chosen. */
  list() {
    const { scene } = this.map.store;
    if (!this.scales || scene.view.axes.length !== 2) return;
    const { facts } = compute;
    const shelves = offers(facts, scene, this.map.groups.lists);
    const chosen = leanAxes(scene.view.axes).map((axis) => JSON.stringify(axis));
    const listed = JSON.stringify([chosen, shelves.map(({ choices }) => choices.map(({ key, title }) => [key, title]))]);
    if (listed === this.listed) return;
    Object.assign(this, { listed, choices: shelves.flatMap(({ choices }) => choices) });
    this.selects.forEach((select, k) => {
      const there = this.choices.some(({ key }) => key === chosen[k]);
      const own = there ? [] : [make("option", { value: chosen[k], text: titleOf(facts, scene.view.axes[k]) })];
      const sheet = shelves.map(({ title, choices }) => make("optgroup", { label: title }, ...choices.map(({ key, title: text }) => make("option", { value: key, text }))));
      select.replaceChildren(...own, ...sheet);
      select.value = chosen[k];
    });
  }

  async choose(k) {
    const { store } = this.map;
    const { model } = store;
    const axis = await this.choices.find(({ key }) => key === this.selects[k].value)?.make();
    if (axis && store.model === model) store.update((scene) => ((scene.view.axes[k] = axis), (scene.view.camera = [])));
  }

  /** Follow the camera. */
  draw() {
    const { scales, map } = this;
    if (!scales) return;
    const { camera } = map;
    const { left } = this.room;
    const [right, low] = [camera.width, camera.height - FOOT];
    const out = [
      ["rect", { class: "edge", x: 0, y: low, width: right, height: FOOT }],
      ["rect", { class: "edge", x: 0, y: 0, width: left, height: low }],
      ["path", { class: "line", d: `M${left},${HEAD - 4}V${low}H${right}` }],
    ];
    const [from, to] = [camera.data(left, low), camera.data(right, HEAD)];
    scales.forEach((one, d) => {
      for (const { at, text, room, edge } of ticks(one, d, from[d], to[d], camera.k)) {
        const [x, y] = d ? [left, camera.pixel(0, at)[1]] : [camera.pixel(at, 0)[0], low];
        if (d ? y < HEAD - 4 || y > low : x < left || x > right) continue;
        if (edge) out.push(["path", { class: "band", d: d ? `M${left},${y}H${right}` : `M${x},${HEAD}V${low}` }]);
        else {
          out.push(["path", { class: "line", d: d ? `M${x - 4},${y}h4` : `M${x},${y}v4` }]);
          const shown = cut(text, d ? left - 10 : room);
          if (shown) out.push(["text", { class: d ? "tick up" : "tick", x: d ? x - 7 : x, y: d ? y + 4 : y + 15 }, shown]);
        }
      }
    });
    renew(this.group, out);
  }
}

/** Ticks of a scale between two places of the plane. @returns {{at: number, text?: string, room?: number, edge?: boolean}[]} `edge`: between two bands */
function ticks({ names, low, high, to, from }, d, start, end, k) {
  const [first, last] = [from(start), from(end)];
  if (names) {
    const room = Math.abs(to(1) - to(0)) * k;
    const every = Math.max(1, Math.ceil((d ? 16 : 30) / room));
    return names.flatMap((text, code) => [
      ...(code && every === 1 ? [{ at: to(code - 0.5), edge: true }] : []),
      ...(code % every === 0 ? [{ at: to(code), text, room: room * every - 6 }] : []),
    ]);
  }
  const pixels = k * Math.abs(to(high) - to(low));
  const step = nice(((high - low) * APART[d]) / pixels);
  const found = [];
  for (let n = Math.ceil(first / step); n * step <= last && found.length < 99; n++) found.push({ at: to(n * step), text: tickText(n * step, step), room: APART[d] - 4 });
  return found;
}

/** The next of 1, 2, 5 times a power of ten. */
function nice(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

/** As much of a text as fits. */
function cut(text, pixels) {
  const many = Math.floor(pixels / LETTER);
  return text.length <= many ? text : many > 2 ? `${text.slice(0, many - 1)}…` : "";
}
