/** What part of a plane is seen: a centre and a scale, the same along both axes. Pixels grow downwards, data upwards. */

const NEAREST = 400;

export class Camera {
  /** @param {number[][]} box of the data that is seen at first @param {number[][]} [whole] of all of it */
  constructor(box, whole = box) {
    Object.assign(this, { box, whole });
    this.width = this.height = 1;
    this.inset = { left: 0, top: 0, right: 0, bottom: 0, foot: 0 }; // pixels taken by what lies over the map
    this.fit();
  }

  resize(width, height) {
    const again = this.seen;
    Object.assign(this, { width, height });
    this.see(again);
  }

  /** Leave room for tools. */
  spare(inset) {
    const again = this.seen;
    this.inset = inset;
    this.see(again);
  }

  /** The box that is seen as it was fitted, until one moves. */
  get seen() {
    return this.fitted ? this.box : this.all ? this.whole : null;
  }

  see(box) {
    if (box) this.fit(box);
  }

  /** See all of the data, or where all is seen what was seen at first. */
  reset() {
    this.fit(this.fitted || !this.all ? this.whole : this.box);
  }

  /** See a box, that of the beginning, with a margin, beside what lies over the map. */
  fit(box = this.box) {
    const [[left, right], [low, high]] = box;
    const { left: before, top, right: behind, bottom } = this.inset;
    const [width, height] = [Math.max(this.width - before - behind, 1), Math.max(this.height - top - bottom, 1)];
    const near = ([[a, b], [c, d]]) => Math.min(width / (b - a), height / (d - c)) * 0.9;
    this.k = near(box);
    this.least = near(this.box);
    this.lowest = Math.min(this.least, near(this.whole)) / 2;
    this.x = (left + right) / 2 + (behind - before) / 2 / this.k;
    this.y = (low + high) / 2 - (bottom - top) / 2 / this.k;
    this.fitted = box === this.box;
    this.all = box === this.whole;
  }

  pixel(x, y) {
    return [this.width / 2 + (x - this.x) * this.k, this.height / 2 - (y - this.y) * this.k];
  }

  data(px, py) {
    return [this.x + (px - this.width / 2) / this.k, this.y - (py - this.height / 2) / this.k];
  }

  pan(dx, dy) {
    this.x -= dx / this.k;
    this.y += dy / this.k;
    this.fitted = this.all = false;
  }

  /** @param {number} factor above one comes nearer @param {number} px @param {number} py the pixel that stays where it is */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.data(px, py);
    this.k = Math.min(Math.max(this.k * factor, this.lowest), this.least * NEAREST);
    this.x = x - (px - this.width / 2) / this.k;
    this.y = y + (py - this.height / 2) / this.k;
    this.fitted = this.all = false;
  }

  /** Bring a place into sight, if it isn't. @returns {boolean} whether anything moved */
  reveal(x, y) {
    const [px, py] = this.pixel(x, y);
    if (Number.isNaN(px + py)) return false; // it has no place here
    const edge = 24;
    if (px > edge && px < this.width - edge && py > edge && py < this.height - edge) return false;
    Object.assign(this, { x, y, fitted: false, all: false });
    return true;
  }

  /** As it stands in a link: centre and width; empty when everything is seen. */
  get save() {
    return this.fitted ? [] : [this.x, this.y, this.width / this.k].map((v) => Number(v.toPrecision(5)));
  }

  set save(numbers) {
    if (numbers.length !== 3 || !(numbers[2] > 0)) {
      this.fit();
      return;
    }
    const [x, y, span] = numbers;
    Object.assign(this, { x, y, k: this.width / span, fitted: false, all: false });
  }
}
