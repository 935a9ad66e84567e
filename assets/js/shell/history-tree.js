/** The tree of the history, drawn from left to right: a column a step, a lane a branch. One Tab stop; arrow keys lead along it. */

import { compute } from "../compute/compute.js";
import { pointOf } from "../core/scene.js";
import { Cells, usual } from "../nodes/cells.js";
import { h, patch } from "../nodes/patch.js";
import { changed } from "../panels/changes.js";
import { cell } from "../panels/tab.js";

export class Tree {
  /** @param {HTMLElement} host @param {object} page `store`, `facts`, `choose(id)`, `remove(id)` */
  constructor(host, page) {
    Object.assign(this, { host, ...page, shown: [], texts: new Map() });
    host.addEventListener("click", (event) => this.click(event));
    host.addEventListener("keydown", (event) => this.key(event));
    host.addEventListener("focusin", (event) => event.target.matches(".cell-face") && this.stop(this.idOf(event.target)));
  }

  idOf(node) {
    return Number(node.closest("[data-step]").dataset.step);
  }

  point(id) {
    return pointOf(JSON.parse(this.store.history.nodes.get(id).text));
  }

  /** What a step changed, in words. */
  said(id) {
    const { parent } = this.shown.find((one) => one.id === id) ?? {};
    if (!this.texts.has(id)) this.texts.set(id, changed(this.facts(), parent === null || parent === undefined ? null : this.point(parent), this.point(id)));
    return this.texts.get(id);
  }

  /** @param {object[]} shown see `History.shown` @param {number} chosen */
  draw(shown, chosen) {
    const { store } = this;
    const held = this.host.contains(document.activeElement);
    Object.assign(this, { shown, chosen, texts: new Map() });
    const pictures = new Cells({ compute, store, recipe: () => "", trusts: usual(compute), sounds: false });
    const places = new Map(shown.map((one) => [one.id, one]));
    patch(this.host, shown.map((one) => this.step(one, places.get(one.parent), pictures)));
    if (this.at !== store.history.at) this.reveal();
    this.at = store.history.at;
    if (held && !this.host.contains(document.activeElement)) this.focus();
  }

  step({ id, depth, lane, here }, above, pictures) {
    const said = this.said(id);
    const drawn = pictures.face(cell(this.point(id), { caption: said, alt: `${said}; step ${depth + 1}, branch ${lane + 1}` }), { key: `step-${id}`, bare: true });
    drawn.attributes.class = here ? "cell on" : "cell";
    Object.assign(drawn.attributes, { title: said, "data-step": id, "data-first": !above, "data-branch": Boolean(above) && lane !== above.lane, style: `--depth:${depth + 1};--lane:${lane + 1};--up:${above ? lane - above.lane : 0}` });
    Object.assign(drawn.children[0].attributes, { tabindex: id === this.chosen ? 0 : -1, "aria-current": here ? "step" : null });
    return drawn;
  }

  face(id) {
    return this.host.querySelector(`[data-step="${id}"] .cell-face`);
  }

  focus() {
    if (!this.host.hidden) this.face(this.chosen)?.focus({ preventScroll: true });
  }

  /** The step on stage into sight, within the tree alone. */
  reveal() {
    const node = this.host.querySelector(".cell.on");
    if (!node) return;
    const [box, frame] = [node.getBoundingClientRect(), this.host.getBoundingClientRect()];
    this.host.scrollLeft += Math.max(0, box.right - frame.right + box.width) || Math.min(0, box.left - frame.left - box.width);
    this.host.scrollTop += Math.max(0, box.bottom - frame.bottom) || Math.min(0, box.top - frame.top);
  }

  /** Let this step be the Tab stop, and the one that the buttons speak of. */
  stop(id) {
    this.chosen = id;
    for (const one of this.host.querySelectorAll(".cell-face")) one.tabIndex = this.idOf(one) === id ? 0 : -1;
    this.choose(id);
  }

  click(event) {
    if (!event.target.closest(".cell") || event.target.closest("[data-do]")) return;
    event.stopPropagation(); // elsewhere a press on a picture is a new step
    this.store.jump(this.idOf(event.target));
    this.stop(this.idOf(event.target));
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !event.target.matches(".cell-face")) return;
    const here = this.shown.find(({ id }) => id === this.idOf(event.target));
    if (event.key === "Delete") this.remove(here.id);
    else if (!Object.hasOwn(WAYS, event.key)) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere the arrows walk on the map
    const next = WAYS[event.key]?.(here, this.shown);
    if (next) this.face(next.id).focus();
  }
}

/** The nearest step of the next lane that has one. */
function beside({ lane, depth }, shown, way) {
  const ahead = shown.filter((one) => (one.lane - lane) * way > 0);
  const next = ahead.reduce((least, one) => Math.min(least, (one.lane - lane) * way), Infinity);
  return ahead.filter((one) => (one.lane - lane) * way === next).sort((a, b) => Math.abs(a.depth - depth) - Math.abs(b.depth - depth))[0];
}

const WAYS = {
  ArrowLeft: ({ parent }, shown) => shown.find(({ id }) => id === parent),
  ArrowRight: ({ id }, shown) => shown.find(({ parent }) => parent === id),
  ArrowUp: (here, shown) => beside(here, shown, -1),
  ArrowDown: (here, shown) => beside(here, shown, 1),
  Home: (_, shown) => shown[0],
  End: ({ lane }, shown) => shown.findLast((one) => one.lane === lane),
};
