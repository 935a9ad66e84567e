/** A plane on which a person drops, drags and removes points, over what is drawn there. */

import { token } from "../core/theme.js";
import { h } from "./patch.js";
import { attributes } from "./sets.js";

const NEAR = 0.03; // of the side: a press this near to a point takes it up
const KEY_STEP = 0.02;
const SIDE = 320;
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const COLOURS = { found: "accent", exact: "ink-2", faint: "line-strong" };
const WIDTHS = { found: 2.5, exact: 1.25, faint: 1 };

const rounded = (value) => Math.min(Math.max(Number(value.toFixed(4)), 0), 1);

/**
 * @param {{id: string, label: string, points?: number[][], lines?: [string, number[][]][], most?: number, sets: object}} node
 * @returns a canvas; each change sends an `input` or `change` of the hidden field beside it, as any control does
 */
export function canvas({ id, label, points = [], lines = [], most = 50, sets }) {
  const field = h("input", { type: "hidden", "data-type": "json", value: JSON.stringify(points), key: "field", ...attributes(sets) });
  const plane = h("canvas", {
    id, class: "points", tabindex: "0", role: "application", "aria-label": label, width: 2 * SIDE, height: 2 * SIDE, "data-points": points.length,
    after: (node) => {
      node.hand ??= new Hand(node);
      node.hand.show({ points, lines, most });
    },
  });
  return h("div", { class: "points-plane", key: `${id}-plane` }, plane, field);
}

class Hand {
  constructor(node) {
    Object.assign(this, { node, points: [], lines: [], most: 0, held: -1, chosen: -1 });
    node.addEventListener("pointerdown", (event) => this.down(event));
    node.addEventListener("pointermove", (event) => this.move(event));
    node.addEventListener("pointerup", () => this.up());
    node.addEventListener("pointercancel", () => this.up());
    node.addEventListener("dblclick", (event) => this.remove(this.near(this.at(event))));
    node.addEventListener("keydown", (event) => this.key(event));
    node.addEventListener("focus", () => this.paint());
    node.addEventListener("blur", () => this.paint());
    document.addEventListener("themechange", () => node.isConnected && this.paint());
  }

  show({ points, lines, most }) {
    Object.assign(this, { lines, most });
    if (this.held < 0) this.points = points.map((point) => [...point]);
    this.chosen = Math.min(this.chosen, this.points.length - 1);
    this.paint();
  }

  at({ clientX, clientY }) {
    const box = this.node.getBoundingClientRect();
    return [rounded((clientX - box.left) / box.width), rounded(1 - (clientY - box.top) / box.height)];
  }

  near([x, y]) {
    const far = this.points.map(([a, b]) => Math.hypot(a - x, b - y));
    const k = far.indexOf(Math.min(...far));
    return k >= 0 && far[k] < NEAR ? k : -1;
  }

  down(event) {
    if (event.button !== 0) return;
    this.node.focus();
    this.node.setPointerCapture(event.pointerId);
    const at = this.at(event);
    this.held = this.near(at);
    if (this.held < 0 && this.points.length < this.most) this.held = this.points.push(at) - 1;
    this.chosen = this.held;
    this.tell("input");
  }

  move(event) {
    if (this.held < 0) return;
    this.points[this.held] = this.at(event);
    this.tell("input");
  }

  up() {
    if (this.held < 0) return;
    this.held = -1;
    this.tell("change");
  }

  remove(k) {
    if (k < 0) return;
    this.points.splice(k, 1);
    this.chosen = Math.min(this.chosen, this.points.length - 1);
    this.tell("change");
  }

  /** Tab comes here; then + drops a point, , and . choose one, arrows move it, Delete takes it out. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    if (STEPS[key] && this.chosen >= 0) {
      const point = this.points[this.chosen];
      STEPS[key].forEach((step, axis) => (point[axis] = rounded(point[axis] + step * KEY_STEP)));
      this.tell("change");
    } else if (key === "+" && this.points.length < this.most) {
      this.chosen = this.points.push([0.5, 0.5]) - 1;
      this.tell("change");
    } else if ((key === "Delete" || key === "Backspace") && this.chosen >= 0) this.remove(this.chosen);
    else if ((key === "," || key === ".") && this.points.length) {
      this.chosen = (this.chosen + (key === "." ? 1 : -1) + this.points.length) % this.points.length;
      this.paint();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  tell(name) {
    this.paint();
    const field = this.node.parentElement.querySelector("input");
    field.value = JSON.stringify(this.points);
    field.dispatchEvent(new Event(name, { bubbles: true }));
  }

  paint() {
    const { node, points, chosen } = this;
    const context = node.getContext("2d");
    const [width, height] = [node.width, node.height];
    const place = ([x, y]) => [x * width, (1 - y) * height];
    context.clearRect(0, 0, width, height);
    for (const [tone, line] of this.lines) {
      context.beginPath();
      line.forEach((at, k) => context[k ? "lineTo" : "moveTo"](...place(at)));
      context.setLineDash(tone === "exact" ? [8, 6] : []);
      Object.assign(context, { strokeStyle: token(COLOURS[tone]), lineWidth: 2 * WIDTHS[tone], lineJoin: "round" });
      context.stroke();
    }
    context.setLineDash([]);
    points.forEach((at, k) => {
      context.beginPath();
      context.arc(...place(at), 9, 0, 2 * Math.PI);
      context.fillStyle = token("ink");
      context.fill();
      if (k !== chosen || document.activeElement !== node) return;
      context.beginPath();
      context.arc(...place(at), 15, 0, 2 * Math.PI);
      Object.assign(context, { strokeStyle: token("accent"), lineWidth: 4 });
      context.stroke();
    });
  }
}
