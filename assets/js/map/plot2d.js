/**
 * Plotly's scattergl, drawn once and then only when it must be. While the map moves, the drawn picture is moved by the
 * compositor (60 frames a second whatever the number of points); points are drawn anew when it rests. The picture is
 * larger than what is seen, so that nothing is bare at the edges.
 */

import { settled } from "../core/dom.js";
import { marker } from "./layers.js";

const MARGIN = 0.2;
const REST = 120;
const BLANK = "rgba(0,0,0,0)";

export class Plot2D {
  /** @param {HTMLElement} host @param {object} Plotly @param {import("./camera.js").Camera} camera */
  constructor(host, Plotly, camera) {
    Object.assign(this, { host, Plotly, camera, drawn: null, data: [], held: false, flat: true });
    this.rest = settled(() => this.draw(), REST);
  }

  layout() {
    const { camera } = this;
    const w = (camera.width * (0.5 + MARGIN)) / camera.k;
    const h = (camera.height * (0.5 + MARGIN)) / camera.k;
    const axis = { visible: false, fixedrange: true, zeroline: false, showgrid: false };
    return {
      width: Math.round(camera.width * (1 + 2 * MARGIN)),
      height: Math.round(camera.height * (1 + 2 * MARGIN)),
      margin: { l: 0, r: 0, t: 0, b: 0 },
      xaxis: { ...axis, range: [camera.x - w, camera.x + w] },
      yaxis: { ...axis, range: [camera.y - h, camera.y + h] },
      paper_bgcolor: BLANK,
      plot_bgcolor: BLANK,
      hovermode: false,
      showlegend: false,
    };
  }

  /** Draw points: see layers.js, the first at the bottom. */
  async paint(layers) {
    this.data = layers.map(({ x, y, ...look }) => ({
      type: "scattergl",
      mode: "markers",
      hoverinfo: "skip",
      x,
      y,
      visible: x.length > 0,
      marker: marker(look),
    }));
    await this.queue(() => this.Plotly.react(this.host, this.data, this.layout(), { staticPlot: true, plotGlPixelRatio: Math.min(devicePixelRatio, 2) }));
  }

  /** Plotly calls must not overlap: one at a time, the last asked for is drawn. */
  async queue(work) {
    this.wanted = work;
    if (this.working) return this.working;
    this.working = (async () => {
      while (this.wanted) {
        const now = this.wanted;
        this.wanted = null;
        this.place();
        const { x, y, k, width, height } = this.camera;
        await now();
        this.drawn = { x, y, k, width, height };
        this.move();
      }
    })();
    await this.working.finally(() => (this.working = null));
  }

  place() {
    const { width, height } = this.camera;
    Object.assign(this.host.style, { left: `${-MARGIN * width}px`, top: `${-MARGIN * height}px` });
  }

  /** Follow the camera: move the picture now, draw it anew at rest or when the edge of what was drawn comes into sight. */
  follow() {
    if (!this.drawn) return;
    this.move();
    if (!this.held) this.rest();
    const [dx, dy] = this.shift();
    if (Math.abs(dx) > MARGIN * this.camera.width || Math.abs(dy) > MARGIN * this.camera.height) this.draw();
  }

  /** While the map is in a hand it is only moved, however slow the hand. @param {boolean} yes */
  hold(yes) {
    this.held = yes;
    if (!yes) this.rest();
  }

  draw() {
    if (!this.drawn || this.working) return;
    const { x, y, k, width, height } = this.camera;
    const same = this.drawn.x === x && this.drawn.y === y && this.drawn.k === k && this.drawn.width === width && this.drawn.height === height;
    if (!same) this.queue(() => this.Plotly.react(this.host, this.data, this.layout(), { staticPlot: true, plotGlPixelRatio: Math.min(devicePixelRatio, 2) }));
  }

  shift() {
    const { camera, drawn } = this;
    return [(drawn.x - camera.x) * camera.k, (camera.y - drawn.y) * camera.k];
  }

  move() {
    const [dx, dy] = this.shift();
    const scale = this.camera.k / this.drawn.k;
    this.host.style.transform = dx || dy || scale !== 1 ? `translate(${dx}px, ${dy}px) scale(${scale})` : "";
  }

  close() {
    this.wanted = null;
    this.Plotly.purge(this.host);
    this.host.removeAttribute("style");
  }
}
