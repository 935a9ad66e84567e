/** The same in three dimensions: plotly turns, zooms and picks; the overlay is a few small traces of its own. */

import { marker } from "./layers.js";
import { token } from "../core/theme.js";

const EYE = { x: 1.35, y: 1.35, z: 0.9 };

/** @param {number[]} numbers of a link @returns {object} plotly's camera */
function camera(numbers) {
  if (numbers.length !== 9) return { eye: EYE, up: { x: 0, y: 0, z: 1 }, center: { x: 0, y: 0, z: 0 } };
  const three = (k) => ({ x: numbers[k], y: numbers[k + 1], z: numbers[k + 2] });
  return { eye: three(0), up: three(3), center: three(6) };
}

export class Plot3D {
  /**
   * @param {HTMLElement} host
   * @param {object} Plotly the gl3d bundle
   * @param {object} map with its box
   * @param {{pick: Function, hover: Function, turn: Function}} heard
   */
  constructor(host, Plotly, map, heard) {
    Object.assign(this, { host, Plotly, map, heard, layers: [], marks: [], view: camera([]), bound: false });
  }

  set camera(numbers) {
    this.view = camera(numbers);
  }

  layout() {
    const [x, y, z] = this.map.box.map(([low, high]) => {
      const edge = (high - low) * 0.03;
      return { visible: false, range: [low - edge, high + edge], showspikes: false };
    });
    return {
      margin: { l: 0, r: 0, t: 0, b: 0 },
      scene: { xaxis: x, yaxis: y, zaxis: z, aspectmode: "data", camera: this.view, dragmode: "orbit" },
      paper_bgcolor: "rgba(0,0,0,0)",
      showlegend: false,
      uirevision: this.map.name,
    };
  }

  async paint(layers) {
    this.layers = layers;
    await this.draw();
  }

  /** Put marks into the space: [{at: [[x, y, z], ...], symbol, size, colour, line}]. */
  async mark(marks) {
    this.marks = marks;
    if (this.layers.length) await this.draw();
  }

  async draw() {
    const points = this.layers.map(({ x, y, z, ...look }) => ({
      type: "scatter3d", mode: "markers", hoverinfo: "none", x, y, z,
      marker: marker({ ...look, size: look.size * 0.6 }),
    }));
    const marks = this.marks.map(({ at, symbol, size, colour, line }) => ({
      type: "scatter3d", mode: line ? "lines+markers" : "markers", hoverinfo: "skip",
      x: at.map((p) => p[0]), y: at.map((p) => p[1]), z: at.map((p) => p[2]),
      line: { color: colour, width: 3 },
      marker: { color: colour, symbol, size, line: { color: token("paper"), width: 1 } },
    }));
    await this.Plotly.react(this.host, [...points, ...marks], this.layout(), { displayModeBar: false, responsive: true });
    if (this.bound) return;
    this.bound = true;
    const index = (event) => this.layers[event.points[0].curveNumber]?.items[event.points[0].pointNumber] ?? -1;
    this.host.on("plotly_click", (event) => this.heard.pick(index(event), event.event));
    this.host.on("plotly_hover", (event) => this.heard.hover(index(event), event.event));
    this.host.on("plotly_unhover", () => this.heard.hover(-1));
    this.host.on("plotly_relayout", (change) => {
      const turned = change["scene.camera"];
      if (!turned) return;
      this.view = turned;
      this.heard.turn([turned.eye, turned.up, turned.center].flatMap((v) => [v.x, v.y, v.z]).map((v) => Number(v.toPrecision(4))));
    });
  }

  /** @param {number} factor above one comes nearer */
  zoom(factor) {
    const eye = Object.fromEntries(Object.entries(this.view.eye).map(([axis, v]) => [axis, v / factor]));
    this.view = { ...this.view, eye };
    return this.Plotly.relayout(this.host, { "scene.camera": this.view });
  }

  /** @param {number} turn around the upright axis @param {number} tilt both in radians */
  rotate(turn, tilt) {
    const { x, y, z } = this.view.eye;
    const far = Math.hypot(x, y, z);
    const around = Math.atan2(y, x) + turn;
    const up = Math.max(-1.5, Math.min(1.5, Math.asin(z / far) + tilt));
    const eye = { x: far * Math.cos(up) * Math.cos(around), y: far * Math.cos(up) * Math.sin(around), z: far * Math.sin(up) };
    return this.Plotly.relayout(this.host, { "scene.camera": { ...this.view, eye } });
  }

  fit() {
    this.view = camera([]);
    return this.Plotly.relayout(this.host, { "scene.camera": this.view });
  }

  close() {
    this.Plotly.purge(this.host);
    this.host.removeAttribute("style");
  }
}

/** The overlay as marks in space. @param {object} what places in map coordinates, see overlay.js */
export function marks({ start, now, neighbours, path, draws, a, b }) {
  const ink = token("ink");
  const mark = (at, symbol, size, colour, line = false) => ({ at, symbol, size, colour, line });
  return [
    path && mark(path, "circle", 3, ink, true),
    neighbours?.length && mark(neighbours, "circle-open", 7, ink),
    draws?.length && mark(draws, "x", 4, ink),
    start && now && mark([start, now], "circle", 2, token("accent"), true),
    start && mark([start], "circle-open", 18, ink),
    now && mark([now], "circle", 10, token("accent")),
    a && mark([a], "diamond", 7, ink),
    b && mark([b], "diamond-open", 7, ink),
  ].filter(Boolean);
}
