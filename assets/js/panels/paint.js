/** Painting on the stage: strokes over the picture, and the nearest that the model can make, found by the server (`explorer/play/paint.py`). */

import { compute } from "../compute/compute.js";
import { hex, palette, stroke } from "../core/brush.js";
import { byId, make } from "../core/dom.js";
import { settle, tell, toast, waiting } from "../core/notices.js";
import { alike, pointOf } from "./point.js";
import * as words from "./words.js";

const COLOURS = 7;
const LARGEST = 0.25; // of the picture's width
const PART = "paint"; // of the page whose notices are about this
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const HOW = "Paint on the picture: drag. By keyboard: arrow keys move the brush, with Shift they paint, Space paints a dot, Enter finds, Escape closes";

export class Paint {
  /** @param {import("../core/scene.js").Store} store */
  constructor(store) {
    Object.assign(this, { store, facts: null, on: null, hand: null, colour: "#000000", mode: "paint", at: [0, 0] });
    this.button = byId("paint");
    this.what = this.button.title;
    this.button.addEventListener("click", () => this.open());
    this.build();
    store.on("change", () => this.on && !alike(this.on, pointOf(store.scene)) && this.begin());
  }

  /** Another model. @param {import("./facts.js").Facts} facts */
  model(facts) {
    this.close();
    this.facts = facts;
    this.refusal = facts.card.paint;
    this.button.setAttribute("aria-disabled", String(Boolean(this.refusal)));
    this.button.title = this.refusal ?? this.what;
  }

  build() {
    this.canvas = make("canvas", {
      id: "paint-canvas", tabindex: 0, role: "application", "aria-label": HOW, hidden: true,
      pointerdown: (event) => this.down(event), pointermove: (event) => this.moved(event), pointerup: () => (this.last = null), pointercancel: () => (this.last = null), pointerleave: () => (this.brush.hidden = true), keydown: (event) => this.key(event),
    });
    this.brush = make("span", { class: "paint-brush", "aria-hidden": "true", hidden: true });
    byId("frame-after").querySelector(".face").append(this.canvas, this.brush);
    const press = (id, text, title, click) => make("button", { type: "button", class: "button quiet", id: `paint-${id}`, text, title, click });
    this.own = make("input", { type: "color", id: "paint-colour", "aria-label": "Another colour", title: "Another colour", input: () => this.choose(this.own.value) });
    this.swatches = make("span", { class: "swatches", role: "radiogroup", "aria-label": "Colours of the picture" });
    this.size = make("input", { type: "range", id: "paint-size", class: "slider", min: 1, max: 16, step: 1, value: 4, "aria-label": "Size of the brush in pixels", input: () => this.place(this.at) });
    this.attributes = make("input", { type: "checkbox", id: "paint-attributes", checked: true });
    this.also = make("span", { class: "choice" }, make("label", { title: "What the decoder is told, such as glasses, lies in no latent; each value is tried too" }, this.attributes, make("span", { text: "Attributes too" })));
    this.modes = Object.fromEntries(
      [["pick", "Pick", "Take the colour from the picture: press on it"], ["erase", "Erase", "Take strokes off again"]].map(([mode, text, title]) => [mode, press(mode, text, title, () => this.turn(this.mode === mode ? "paint" : mode))]),
    );
    this.find = make("button", { type: "button", class: "button primary", id: "paint-find", text: "Find", title: "Find the nearest picture that the model can make (Enter)", click: () => this.search() });
    this.cancel = press("cancel", "Cancel", "Don't wait for it", () => this.hand?.abort());
    this.cancel.hidden = true;
    this.tools = make(
      "div",
      { class: "row paint-tools", id: "paint-tools", role: "toolbar", "aria-label": "Brush", hidden: true },
      this.swatches, this.own, this.modes.pick, this.size, this.modes.erase, press("clear", "Clear", "Take all strokes off", () => this.wipe()), this.also, this.find, this.cancel, press("close", "Close", "Stop painting (Escape)", () => this.close(true)),
      make("span", { class: "note", text: "Draw on the edit, then press Find." }),
    );
    byId("stage").querySelector(".stage-actions").after(this.tools);
  }

  open() {
    if (this.refusal) tell(this.refusal, "stage");
    if (this.refusal || !this.store.scene) return;
    const [, height, width] = this.facts.card.shape;
    Object.assign(this.canvas, { width, height });
    this.size.max = Math.max(2, Math.round(LARGEST * width));
    this.size.value = Math.max(1, Math.round(width / 16));
    this.also.hidden = !this.facts.asked.length;
    this.show(true);
    this.begin();
    this.canvas.focus({ preventScroll: true });
  }

  close(back = false) {
    this.hand?.abort();
    this.on = null;
    this.show(false);
    settle(PART);
    if (back) this.button.focus();
  }

  show(yes) {
    for (const node of [this.canvas, this.tools]) node.hidden = !yes;
    this.brush.hidden = true;
    byId("stage").toggleAttribute("data-painting", yes);
    this.button.setAttribute("aria-pressed", String(yes));
  }

  /** Strokes belong to one picture: another on stage begins anew. */
  async begin() {
    this.hand?.abort();
    this.on = pointOf(this.store.scene);
    this.wipe();
    this.turn("paint");
    this.place([this.canvas.width / 2, this.canvas.height / 2]);
    const point = this.on;
    const [src] = await compute.picture([point], { urgent: true });
    const image = Object.assign(new Image(), { src });
    await image.decode();
    if (this.on !== point) return;
    const { width, height } = this.canvas;
    const copy = make("canvas", { width, height }).getContext("2d", { willReadFrequently: true });
    copy.drawImage(image, 0, 0, width, height);
    this.under = copy;
    const colours = palette(copy.getImageData(0, 0, width, height).data, COLOURS).map(hex);
    this.swatches.replaceChildren(
      ...colours.map((colour) =>
        make("label", { title: colour }, make("input", { type: "radio", name: "paint-swatch", value: colour, change: () => this.choose(colour) }), make("span", { class: "swatch", style: `--colour:${colour}` }), make("span", { class: "visually-hidden", text: `Colour ${colour}` })),
      ),
    );
    this.choose(colours.includes(this.colour) ? this.colour : (colours[1] ?? colours[0]));
  }

  choose(colour) {
    this.colour = this.own.value = colour;
    for (const node of this.swatches.querySelectorAll("input")) node.checked = node.value === colour;
    this.turn("paint");
  }

  /** @param {"paint"|"erase"|"pick"} mode what the brush does */
  turn(mode) {
    this.mode = mode;
    for (const [name, node] of Object.entries(this.modes)) node.setAttribute("aria-pressed", String(name === mode));
    this.brush.dataset.mode = mode;
    this.brush.style.setProperty("--colour", this.colour);
  }

  wipe() {
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  spot({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    return [((clientX - box.left) / box.width) * this.canvas.width, ((clientY - box.top) / box.height) * this.canvas.height];
  }

  /** Show the brush at a spot. @param {number[]} at in the picture's pixels */
  place(at) {
    this.at = at;
    const { width, height } = this.canvas;
    const share = (value, whole) => `${(100 * value) / whole}%`;
    Object.assign(this.brush.style, { left: share(at[0], width), top: share(at[1], height), width: share(Number(this.size.value), width) });
  }

  down(event) {
    if (event.button) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.spot(event);
    this.moved(event);
  }

  moved(event) {
    this.brush.hidden = false;
    const at = this.spot(event);
    this.place(at);
    if (!this.last) return;
    this.mark(this.last, at);
    this.last = at;
  }

  mark(from, to) {
    const { width, height } = this.canvas;
    if (this.mode === "pick") {
      const [x, y] = [Math.min(Math.max(to[0], 0), width - 1), Math.min(Math.max(to[1], 0), height - 1)];
      if (this.under) this.choose(hex([...this.under.getImageData(Math.floor(x), Math.floor(y), 1, 1).data].slice(0, 3)));
      this.last = null;
      return;
    }
    const context = this.canvas.getContext("2d");
    context.fillStyle = this.colour;
    for (const [column, row] of stroke(from, to, Number(this.size.value), width, height)) this.mode === "erase" ? context.clearRect(column, row, 1, 1) : context.fillRect(column, row, 1, 1);
  }

  key(event) {
    const move = MOVES[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move) {
      const step = Math.max(1, Number(this.size.value) / 2);
      const to = this.at.map((value, k) => Math.min(Math.max(value + step * move[k], 0), k ? this.canvas.height : this.canvas.width));
      if (event.shiftKey) this.mark(this.at, to);
      this.brush.hidden = false;
      this.place(to);
    } else if (event.key === " ") this.mark(this.at, this.at);
    else if (event.key === "Enter") this.search();
    else if (event.key === "Escape") this.close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Find the nearest that the model can make; the strokes go when it comes on stage. */
  async search() {
    if (this.hand) return;
    const hand = (this.hand = new AbortController());
    settle(PART);
    this.busy(true);
    try {
      const { point, asked } = await compute.painted(this.on, this.canvas.toDataURL("image/png"), this.attributes.checked && !this.also.hidden, { signal: hand.signal, urgent: true });
      if (hand.signal.aborted) return;
      this.hand = null;
      this.store.stage(point);
      const told = words.asked(this.facts, asked);
      toast(Object.keys(asked).length ? `Found, with ${told}` : "Found");
    } catch (error) {
      if (error.name !== "AbortError") tell(error.sentence ?? error.message, error.where ?? "stage", "error", PART);
    } finally {
      if (this.hand === hand) this.hand = null;
      if (!this.hand) this.busy(false);
    }
  }

  busy(yes) {
    waiting("stage", yes);
    this.find.hidden = yes;
    this.cancel.hidden = !yes;
    this.canvas.toggleAttribute("data-busy", yes);
  }
}
