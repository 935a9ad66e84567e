/** What lies on the map beside the points: start and now, neighbours, a path, draws, the ends A and B. Own SVG, so that
 * moving it never touches the points. */

import { shape } from "../core/dom.js";
import { arrow } from "./strays.js";

/** Join places to an SVG path. */
const line = (places) => `M${places.map((p) => p.map((v) => v.toFixed(1)).join(",")).join("L")}`;

export class Overlay {
  /** @param {SVGElement} svg */
  constructor(svg) {
    this.svg = svg;
    this.trace = shape("path", { class: "trace" });
    this.marks = shape("g");
    svg.replaceChildren(this.marks, this.trace);
  }

  /** The lasso or box while it is drawn; null takes it away. */
  outline(pixels) {
    this.trace.setAttribute("d", pixels ? `${line(pixels)}Z` : "");
  }

  /**
   * @param {object} what places in map coordinates: start, now, neighbours, path, draws, a, b, hover; a place that was predicted
   *   (guess), the true one (truth), and how far from it is right (within)
   * @param {(x: number, y: number) => number[]} pixel
   * @param {[number, number[], number][]} edges items out of sight, see strays.js
   */
  draw(what, pixel, edges = []) {
    const at = (place) => place && pixel(place[0], place[1]);
    const all = (places) => (places ?? []).filter(Boolean).map(at);
    const out = [];
    const circle = (place, name, r) => place && out.push(["circle", { class: name, cx: place[0], cy: place[1], r }]);
    const path = (places, name) => places.length > 1 && out.push(["path", { class: name, d: line(places) }]);

    for (const [, spot, angle] of edges) out.push(["path", { class: "stray", ...arrow(spot, angle) }]);
    const start = at(what.start);
    const now = at(what.now);
    const steps = all(what.path);
    path(steps, "halo");
    path(steps, "way");
    steps.forEach((place) => circle(place, "step", 2.5));
    all(what.neighbours).forEach((place) => circle(place, "neighbour", 5));
    all(what.draws).forEach(([x, y]) => out.push(["path", { class: "draw", d: `M${x - 4},${y - 4}l8,8M${x + 4},${y - 4}l-8,8` }]));
    if (start && now) {
      path([start, now], "halo");
      path([start, now], "move");
    }
    circle(at(what.hover), "hovered", 7);
    circle(start, "start-halo", 8);
    circle(start, "start", 8);
    circle(now, "now", 4.5);
    const [guess, truth] = [at(what.guess), at(what.truth)];
    if (guess && truth) path([guess, truth], "miss");
    if (truth) {
      circle(truth, "truth-edge", Math.abs(at([what.truth[0] + what.within, what.truth[1]])[0] - truth[0]));
      circle(truth, "truth", 5);
    }
    if (guess) out.push(["path", { class: "guess", d: `M${guess[0] - 7},${guess[1]}h14M${guess[0]},${guess[1] - 7}v14` }]);
    for (const name of ["a", "b", "c"]) letter(at(what[name]), name, out);
    renew(this.marks, out);
  }
}

function letter(place, name, out) {
  if (!place) return;
  const [x, y] = place;
  out.push(["line", { class: "stem", x1: x, y1: y, x2: x, y2: y - 13 }]);
  out.push(["rect", { class: "flag", x: x - 8, y: y - 29, width: 16, height: 16, rx: 3 }]);
  out.push(["text", { class: "letter", x, y: y - 17 }, name.toUpperCase()]);
}

/** Make `group` hold these shapes. What it held is used again: a mark that moves costs no new styles and no layout of the others. */
export function renew(group, shapes) {
  shapes.forEach(([tag, attributes, text = ""], k) => {
    let node = group.children[k];
    if (node?.tagName !== tag || node.getAttribute("class") !== attributes.class) {
      const fresh = shape(tag, attributes);
      node ? node.replaceWith(fresh) : group.append(fresh);
      node = fresh;
    } else {
      for (const [name, value] of Object.entries(attributes)) if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
    }
    if (node.textContent !== text) node.textContent = text;
  });
  while (group.children.length > shapes.length) group.lastChild.remove();
}
