/** What stands on the stage: real, reconstruction and edit, what was done to it, and what can be said of it. */

import { compute } from "../compute/compute.js";
import { byId, make } from "../core/dom.js";
import { render } from "../nodes/render.js";
import { compact, origin, pointOf, same, untouched } from "./point.js";
import { nearest, readings } from "./readings.js";
import * as words from "./words.js";

const LATE = 200; // milliseconds

/** What each frame is called where the point starts at something real, and elsewhere. */
function titles(facts, point) {
  const { start } = point;
  if ("sha256" in start) return { real: `Your ${facts.noun}, as the model takes it`, before: "Reconstruction", after: "Edit" };
  if ("item" in start && facts.can("encode") && facts.model.modality.drawn) return { real: facts.model.thumbs.shows === "items" && facts.model.modality.drawn === "pixels" ? "Real item, compressed" : "Real item", before: "Reconstruction", after: "Edit" };
  if ("item" in start && facts.can("encode") && facts.text && facts.model.names) return { real: "Real item", before: "Reconstruction", after: "Edit" };
  if ("item" in start && facts.can("encode")) return { real: "", before: "Reconstruction", after: "Edit" };
  return { real: "", before: "Before", after: "After" };
}

export class Stage {
  /**
   * @param {import("../map/thumbs.js").Thumbs} thumbs the sprite sheet of the items
   * @param {(sha256: string) => object|undefined} own what this browser keeps of a person's items
   */
  constructor(thumbs, own) {
    Object.assign(this, { thumbs, own, facts: null });
    this.layers = ["after", "difference"].map((name) => layer(`stage-${name}`));
  }

  open(facts) {
    this.facts = facts;
    const { view } = facts.model.modality;
    for (const name of ["real", "before", "after", "difference"]) {
      show(`stage-${name}`, "", "");
      byId(`frame-${name}`).dataset.view = view;
      whole(name, null);
    }
    byId("caption").replaceChildren();
    byId("stage-facts").replaceChildren();
    byId("told").textContent = "";
    this.settle();
  }

  /** All pictures and the caption, at rest. @param {object} scene @param {() => boolean} current whether nothing newer is asked for */
  async pictures(scene, current) {
    const { facts } = this;
    const point = pointOf(scene);
    const from = origin(point);
    const { difference } = scene.view;
    const [[before, after], [now, own], [gap], nodes] = await Promise.all([
      compute.picture([from, point], { urgent: true }),
      compute.condition([point, from], { urgent: true }),
      difference ? compute.difference([[from, point]], { urgent: true }) : [null],
      this.nodes([[from], this.beside(from, point), ...(difference ? [[from, point]] : [])]),
    ]);
    if (!current()) return;
    const named = titles(facts, point);
    const edited = !untouched(point) || named.after !== "Edit";
    for (const [name, title] of Object.entries(named)) byId(`frame-${name}`).querySelector("figcaption").textContent = title;
    byId("frame-real").hidden = !named.real;
    show("stage-before", before, `${named.before}: ${words.recipe(facts, from)}`);
    show("stage-after", after, `${named.after}: ${words.asked(facts, now)}`);
    byId("frame-after").classList.toggle("unedited", !edited);
    if (!edited) byId("frame-after").querySelector("figcaption").textContent = "Edit: none yet";
    if (gap) show("stage-difference", gap, "Where the two differ: the darker, the more");
    ["before", "after", "difference"].forEach((name, k) => whole(name, nodes[k], facts));
    whole("real", this.own(point.start.sha256)?.node ?? this.named(point), facts);
    this.caption(point, now, own);
    this.settle();
  }

  /** The real thing beside them, which may lie in a file that is still on its way. @param {() => boolean} current */
  async original(scene, current) {
    const { facts } = this;
    const point = pointOf(scene);
    this.start = point.start;
    const put = (src) => {
      if (!current() || this.start !== point.start) return;
      byId("frame-real").classList.toggle("missing", !src && !this.named(point));
      show("stage-real", src ?? "", `${titles(facts, point).real}: ${words.start(facts, point.start)}`);
    };
    const late = setTimeout(put, LATE, null); // rather nothing than another item's picture
    const src = await this.real(point);
    clearTimeout(late);
    put(src);
  }

  /** Of a text, which words are new is seen beside what it was; all else is shown for itself. */
  beside(from, point) {
    return this.facts.text && !same(from, point) ? [from, point] : [point];
  }

  /** A real text, which is its own name. */
  named({ start }) {
    const name = this.facts.text && this.facts.model.names?.[start.item];
    return name ? { kind: "sentence", label: this.facts.noun, parts: [[name, ""]] } : null;
  }

  /** Charts or tables, where this kind of item is more than a picture. */
  async nodes(groups, how = {}) {
    return this.facts.outlined ? compute.nodes(groups, { urgent: true, ...how }) : [];
  }

  /** The real thing where it may be shown: an item's thumbnail, or what a person brought. */
  async real({ start }) {
    if ("sha256" in start) return this.own(start.sha256)?.fitted ?? null;
    return "item" in start && this.facts.model.modality.drawn ? this.thumbs.item(start.item) : null;
  }

  /** Follow a hand that still moves: the picture, its caption, and the difference where it is shown. */
  async follow(scene) {
    const point = pointOf(scene);
    const from = origin(point);
    const [after, gap] = this.layers;
    const pictured = !this.facts.outlined;
    const drawn = [pictured ? compute.draw(point, after.canvas).then((done) => done && raise(after)) : this.redraw(scene, from, point)];
    if (pictured && scene.view.difference) drawn.push(compute.drawDifference(from, point, gap.canvas).then((done) => done && raise(gap)));
    const [[now, own]] = await Promise.all([compute.condition([point, from], { urgent: true }), ...drawn]);
    const frame = byId("frame-after");
    frame.classList.remove("unedited");
    frame.querySelector("figcaption").textContent = titles(this.facts, point).after;
    this.caption(point, now, own);
  }

  /** A chart or a table under a hand; the newest wins. */
  async redraw(scene, from, point) {
    this.hand?.abort();
    const { signal } = (this.hand = new AbortController());
    try {
      const [after, gap] = await this.nodes([this.beside(from, point), ...(scene.view.difference ? [[from, point]] : [])], { signal });
      whole("after", after, this.facts);
      whole("difference", gap, this.facts);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  }

  /** What was painted under a hand goes, as soon as the picture at rest can be seen. */
  async settle() {
    for (const { canvas, image } of this.layers) {
      if (canvas.hidden) continue;
      const { frame } = canvas.dataset;
      try {
        await image.decode();
      } catch {
        // A picture that was replaced meanwhile can't be decoded; the newer one is on its way.
      }
      if (canvas.dataset.frame === frame) canvas.hidden = true;
    }
  }

  /** Where it starts, and what was done to it. */
  caption(point, now, own) {
    const { facts } = this;
    const changes = facts.attributes
      .filter(({ name }) => !same(now[name] ?? null, own[name] ?? null))
      .map((a) => make("li", {}, `${a.label} `, make("s", { text: words.value(a, own[a.name]) }), " ", make("strong", { text: words.value(a, now[a.name]) })));
    changes.push(...point.edits.map((edit) => make("li", { text: words.step(facts, edit) })));
    const title = make("h2", { text: words.sentence(words.start(facts, point.start)) });
    byId("caption").replaceChildren(title, ...(changes.length ? [make("ul", { class: "changes" }, ...changes)] : []));
    byId("caption").title = byId("caption").innerText;
  }

  /** Readings, which take longer than the picture. */
  async read(scene, current) {
    const { facts } = this;
    const point = pointOf(scene);
    const [said, near] = await Promise.all([readings(facts, point), nearest(facts, point)]);
    const [face] = near ? await compute.picture([near]) : [null];
    if (!current()) return;
    const host = byId("stage-facts");
    const open = new Set([...host.querySelectorAll("details[open]")].map((node) => node.dataset.label));
    const rows = said.map((one) => row(one, open.has(one.label)));
    const parts = rows.length ? [make("ul", { class: "readings" }, ...rows)] : [];
    if (near) {
      const button = make("button", { type: "button", class: "nearest-face" }, make("img", { src: face, alt: "" }), make("span", { text: `Nearest: ${words.start(facts, near.start)}` }));
      parts.push(make("div", { class: "cell nearest", "data-point": JSON.stringify(compact(near)) }, button));
    }
    host.replaceChildren(...parts);
    byId("told").textContent = said.map(({ label, value, caution }) => `${label}: ${value}${caution ? ", take care" : ""}`).join(". ");
  }
}

/** One reading: name and value; what it means opens over what is below, at a press, one at a time. */
function row({ label, term, value, sentence, caution }, open) {
  const mark = make("span", { class: "mark", "aria-hidden": "true", text: caution ? "!" : "" });
  const summary = make("summary", { class: "reading-row", "data-term": term }, mark, make("span", { class: "reading-name", text: label }), make("span", { class: "reading-value", text: value }));
  if (caution) summary.append(make("span", { class: "visually-hidden", text: " (take care)" }));
  return make("li", { class: caution ? "caution" : null }, make("details", { "data-label": label, name: "reading", open }, summary, make("p", { class: "reading-sentence", text: sentence })));
}

function show(id, src, alt) {
  const img = byId(id);
  if (img.getAttribute("src") !== src) src ? img.setAttribute("src", src) : img.removeAttribute("src");
  img.alt = alt;
}

/** A chart or a table over the picture of a frame, which stays for pins and for those who can't see it. @param {object} [node] none: the picture alone */
function whole(name, node, facts) {
  const face = byId(`frame-${name}`).querySelector(".face");
  const host = face.querySelector(".whole") ?? face.appendChild(make("div", { class: "whole" }));
  face.classList.toggle("has-whole", Boolean(node));
  const store = { scene: { start: { item: 0 }, condition: {}, edits: [] }, model: facts?.model };
  render(host, node ? [{ ...node, id: `stage-${name}-${node.kind}` }] : [], { compute, store });
}

function raise({ canvas }) {
  canvas.hidden = false;
  canvas.dataset.frame = Number(canvas.dataset.frame) + 1;
}

/** A canvas over a picture of the stage. */
function layer(id) {
  const image = byId(id);
  const canvas = make("canvas", { class: "live", "aria-hidden": "true", "data-frame": 0, hidden: true });
  image.after(canvas);
  return { image, canvas };
}
