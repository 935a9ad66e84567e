/**
 * The map where there is no WebGL: points drawn on a canvas by hand. Slower than plotly, but whole, in two dimensions and in
 * three. It answers to the same calls as plot2d.js and plot3d.js.
 */

import { everyFrame, make } from "../core/dom.js";

const HALF = 0.5;
const REACH = 10;
const EYE = { turn: 0.785, tilt: 0.5, near: 1 };

/** A canvas as large as asked, in the screen's own pixels. @returns {CanvasRenderingContext2D} wiped, in pixels of the page */
export function wiped(canvas, width, height) {
  const ratio = Math.min(devicePixelRatio, 2);
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** Whether the browser draws with WebGL, tried once. */
export function webgl() {
  webgl.known ??= (() => {
    try {
      const context = make("canvas").getContext("webgl");
      context?.getExtension("WEBGL_lose_context")?.loseContext();
      return Boolean(context);
    } catch {
      return false;
    }
  })();
  return webgl.known;
}

/** A canvas that fills its host, sharp on any screen. */
class Sheet {
  constructor(host) {
    this.host = host;
    this.canvas = make("canvas", { class: "points" });
    host.replaceChildren(this.canvas);
    this.layers = [];
    this.follow = everyFrame(() => this.draw());
  }

  async paint(layers) {
    this.layers = layers.map((layer) => ({ ...layer, inks: inks(layer) }));
    this.draw();
  }

  hold() {}

  close() {
    this.layers = [];
    this.host.replaceChildren();
    this.host.removeAttribute("style");
  }
}

/** A map of two dimensions. */
export class Canvas2D extends Sheet {
  /** @param {HTMLElement} host @param {import("./camera.js").Camera} camera */
  constructor(host, camera) {
    super(host);
    Object.assign(this, { camera, flat: true });
  }

  draw() {
    const { camera } = this;
    const context = wiped(this.canvas, camera.width, camera.height);
    for (const { x, y, size, opacity, inks: ink } of this.layers) {
      context.globalAlpha = opacity;
      for (let i = 0; i < x.length; i++) {
        const [px, py] = camera.pixel(x[i], y[i]);
        if (px < -size || py < -size || px > camera.width + size || py > camera.height + size) continue;
        context.fillStyle = ink(i);
        context.fillRect(px - size * HALF, py - size * HALF, size, size);
      }
    }
  }
}

/** A map of three dimensions, turned by dragging. */
export class Canvas3D extends Sheet {
  /**
   * @param {HTMLElement} host @param {object} map with its box
   * @param {{pick: Function, hover: Function, turn: Function}} heard
   */
  constructor(host, map, heard) {
    super(host);
    Object.assign(this, { map, heard, marks: [], view: { ...EYE }, spots: [] });
    let last = null;
    let moved = false;
    const at = (event) => [event.offsetX, event.offsetY];
    host.onpointerdown = (event) => {
      host.setPointerCapture(event.pointerId);
      [last, moved] = [at(event), false];
    };
    host.onpointermove = (event) => {
      const here = at(event);
      if (!last) {
        heard.hover(this.near(here), event);
        return;
      }
      moved ||= Math.hypot(here[0] - last[0], here[1] - last[1]) > 3;
      if (!moved) return;
      this.view.turn -= (here[0] - last[0]) * 0.01;
      this.view.tilt = Math.max(-1.5, Math.min(1.5, this.view.tilt + (here[1] - last[1]) * 0.01));
      last = here;
      this.follow();
    };
    host.onpointerup = (event) => {
      if (last && !moved) heard.pick(this.near(at(event)), event);
      else if (last) heard.turn(this.save);
      last = null;
    };
    host.onpointerleave = () => heard.hover(-1);
    host.onwheel = (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0018));
    };
    new ResizeObserver(() => this.follow()).observe(host);
  }

  /** @param {number} turn around the upright axis @param {number} tilt both in radians */
  rotate(turn, tilt) {
    this.view.turn += turn;
    this.view.tilt = Math.max(-1.5, Math.min(1.5, this.view.tilt + tilt));
    this.heard.turn(this.save);
    this.follow();
  }

  /** As a link holds it: plotly's eye, upright axis and centre. */
  get save() {
    const { turn, tilt, near } = this.view;
    const far = 2.1 / near;
    return [far * Math.cos(tilt) * Math.cos(turn), far * Math.cos(tilt) * Math.sin(turn), far * Math.sin(tilt), 0, 0, 1, 0, 0, 0].map((v) => Number(v.toPrecision(4)));
  }

  set camera(numbers) {
    this.view = { ...EYE };
    if (numbers.length !== 9) return;
    const [x, y, z] = numbers;
    const far = Math.hypot(x, y, z) || 1;
    this.view = { turn: Math.atan2(y, x), tilt: Math.asin(z / far), near: 2.1 / far };
  }

  project() {
    const { clientWidth: width, clientHeight: height } = this.host;
    const middle = this.map.box.map(([low, high]) => (low + high) / 2);
    const span = Math.max(...this.map.box.map(([low, high]) => high - low));
    const k = (Math.min(width, height) / span) * 0.7 * this.view.near;
    const [s, c, st, ct] = [Math.sin(this.view.turn), Math.cos(this.view.turn), Math.sin(this.view.tilt), Math.cos(this.view.tilt)];
    return (x, y, z) => {
      const [a, b, d] = [x - middle[0], y - middle[1], z - middle[2]];
      const across = b * c - a * s;
      const toward = a * c + b * s;
      return [width / 2 + across * k, height / 2 - (d * ct - toward * st) * k, toward * ct + d * st];
    };
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this.host;
    if (!width || !height) return;
    const context = wiped(this.canvas, width, height);
    const pixel = this.project();
    const all = this.layers.flatMap(({ x, y, z, items, size, opacity, inks: ink }) =>
      Array.from(x, (_, i) => ({ at: pixel(x[i], y[i], z[i]), item: items[i], ink: ink(i), size: size * 0.7, opacity })),
    );
    all.sort((a, b) => a.at[2] - b.at[2]);
    for (const { at, ink, size, opacity } of all) {
      context.globalAlpha = opacity;
      context.fillStyle = ink;
      context.fillRect(at[0] - size * HALF, at[1] - size * HALF, size, size);
    }
    this.spots = all;
    context.globalAlpha = 1;
    for (const { at, size, colour, line } of this.marks) this.ring(context, at.map((place) => pixel(...place)), size, colour, line);
  }

  ring(context, places, size, colour, line) {
    Object.assign(context, { strokeStyle: colour, lineWidth: 2 });
    context.beginPath();
    places.forEach(([x, y], k) => {
      if (line) k ? context.lineTo(x, y) : context.moveTo(x, y);
      else {
        context.moveTo(x + size / 2, y);
        context.arc(x, y, size / 2, 0, 2 * Math.PI);
      }
    });
    context.stroke();
  }

  async mark(marks) {
    this.marks = marks;
    this.draw();
  }

  near([x, y]) {
    let best = -1;
    let least = REACH * REACH;
    for (const { at, item } of this.spots) {
      const distance = (at[0] - x) ** 2 + (at[1] - y) ** 2;
      if (distance <= least) [best, least] = [item, distance]; // the later one lies in front
    }
    return best;
  }

  zoom(factor) {
    this.view.near = Math.max(0.3, Math.min(20, this.view.near * factor));
    this.heard.turn(this.save);
    this.follow();
  }

  fit() {
    this.view = { ...EYE };
    this.heard.turn([]);
    this.follow();
  }
}

/** The colour of each point of a layer, see `marker` in layers.js. */
function inks({ colour, values, ramp }) {
  if (!values) return () => colour;
  const low = ramp.low ?? 0;
  const mixed = new Map();
  return (i) => {
    const value = values[i];
    if (!mixed.has(value)) mixed.set(value, along(ramp.scale, (value - low) / (ramp.high - low)));
    return mixed.get(value);
  };
}

/** The colour at a share of a scale [[share, colour], ...]: of two stops the nearer one. */
export function along(scale, share) {
  const above = scale.findIndex(([stop]) => stop >= share);
  if (above <= 0) return scale[Math.max(above, 0)][1];
  const [[low, before], [high, after]] = [scale[above - 1], scale[above]];
  const mix = Math.round((100 * (share - low)) / (high - low || 1));
  return before === after ? before : `color-mix(in srgb, ${after} ${mix}%, ${before})`;
}
