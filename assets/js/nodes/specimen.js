/** A text set in letters that a model draws, as large as fits: each letter by its own recipe, all asked for together. */

import { UNITS } from "../engine/outline.js";
import { h } from "./patch.js";

const LINE = 0.94; // of a frame from one line to the next
const SPACE_AS = "i"; // a space is as wide as this letter, as in explorer/page/views/font.py
const SIZES = [0.16, 0.6]; // pixels a unit: capitals of about 24 to 90 pixels
const SVG = "http://www.w3.org/2000/svg";

/** Characters whose letters a text needs. @param {string} text */
export const needed = (text) => [...new Set(text.includes(" ") ? [...text, SPACE_AS] : text)].filter((one) => one !== " ");

const advance = (glyph) => (glyph ? Math.max(0, glyph.left + glyph.end - glyph.begin + glyph.right) : 0);

/**
 * Where each letter stands.
 * @param {string} text what lies between two spaces stays together where that fits
 * @param {Object<string, {begin: number, end: number, left: number, right: number}>} glyphs by character; others are left out
 * @param {number} room pixels of a line
 * @param {number[]} [sizes] smallest and largest size, pixels a unit
 * @returns {{scale: number, width: number, height: number, letters: {character: string, x: number, y: number}[]}} in units; x is
 *   where a letter's frame begins
 */
export function set(text, glyphs, room, [smallest, largest] = SIZES) {
  const space = glyphs[SPACE_AS] ? advance(glyphs[SPACE_AS]) : UNITS / 5;
  const words = text.trim().split(/\s+/).map((word) => [...word].filter((one) => glyphs[one]));
  const wide = words.map((word) => word.reduce((sum, one) => sum + advance(glyphs[one]), 0));
  const whole = wide.reduce((sum, one) => sum + one, (words.length - 1) * space);
  const scale = Math.min(Math.max(room / Math.max(whole, 1), smallest), largest, room / Math.max(...wide, 1));
  const letters = [];
  let [x, y, width] = [0, 0, 0];
  words.forEach((word, k) => {
    if (x > 0 && (x + space + wide[k]) * scale > room + 1e-6) [x, y] = [0, y + LINE * UNITS];
    else if (x > 0) x += space;
    for (const character of word) {
      const glyph = glyphs[character];
      letters.push({ character, x: x + glyph.left - glyph.begin, y });
      x += advance(glyph);
    }
    width = Math.max(width, x);
  });
  return { scale, width, height: y + UNITS, letters };
}

/** @param {{id: string, label: string, text: string, letters: Object<string, object>, point?: object, sizes?: number[]}} node `point`: put on stage when pressed */
export function specimen({ id, label, text, letters, point, sizes }, draw, pictures) {
  const after = (node) => {
    node.typesetter ??= new Typesetter(node, pictures.context.compute);
    pictures.waiting.push(node.typesetter.show({ text, letters, sizes }));
  };
  const drawing = h("svg", { id, class: "specimen", role: "img", "aria-label": `${label}: ${text}`, "data-foreign": "", after });
  return point ? h("button", { type: "button", class: "specimen-pick", key: `${id}-pick`, "data-point": point }, drawing) : drawing;
}

/** What a specimen shows; of what is asked while letters are on their way the newest alone. */
class Typesetter {
  constructor(node, compute) {
    Object.assign(this, { node, compute, wanted: null, shown: null, busy: null });
    new ResizeObserver(() => this.shown && this.draw()).observe(node);
  }

  show(wanted) {
    const key = JSON.stringify(wanted);
    if (key === this.key) return this.busy ?? Promise.resolve();
    this.key = key;
    this.wanted = wanted;
    this.busy ??= this.work().finally(() => (this.busy = null));
    return this.busy;
  }

  async work() {
    while (this.wanted) {
      const { text, letters, sizes } = this.wanted;
      this.wanted = null;
      const names = Object.keys(letters);
      try {
        const made = await this.compute.glyphs(Object.values(letters));
        this.shown = { text, sizes, glyphs: Object.fromEntries(names.map((name, k) => [name, made[k]])) };
        this.draw();
      } catch (error) {
        this.key = null; // asked again with the next drawing
        if (error.name === "AbortError") continue;
        this.node.replaceChildren();
        this.node.setAttribute("aria-label", error.sentence ?? error.message);
      }
    }
  }

  draw() {
    const { node, shown: { text, glyphs, sizes } } = this;
    const room = node.clientWidth || node.parentElement?.clientWidth || 600;
    const { scale, height, letters } = set(text, glyphs, room, sizes);
    node.setAttribute("viewBox", `0 0 ${room / scale} ${height}`);
    node.style.height = `${Math.ceil(height * scale)}px`;
    letters.forEach(({ character, x, y }, k) => {
      const path = node.children[k] ?? node.appendChild(document.createElementNS(SVG, "path"));
      path.setAttribute("d", glyphs[character].d);
      path.setAttribute("transform", `translate(${x.toFixed(2)} ${y.toFixed(2)})`);
    });
    while (node.children.length > letters.length) node.lastChild.remove();
    node.dataset.drawn = Number(node.dataset.drawn ?? 0) + 1;
  }
}
