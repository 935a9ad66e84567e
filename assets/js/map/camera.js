/** What part of a plane is seen: a centre and a scale, the same along both axes. Pixels grow downwards, data upwards. */

const NEAREST = 400;

export class Camera {
  /** @param {number[][]} box of the data that is seen at first */
  constructor(box) {
    this.box = box;
    this.width = this.height = 1;
    this.inset = { left: 0, top: 0, right: 0, bottom: 0, foot: 0 }; // pixels taken by what lies over the map
    this.fit();
  }

  resize(width, height) {
    const whole = this.fitted;
    Object.assign(this, { width, height });
    if (whole) this.fit();
  }

  /** Leave room for tools. */
  spare(inset) {
    const whole = this.fitted;
    this.inset = inset;
    if (whole) this.fit();
  }

  /** See everything, with a margin, beside what lies over the map. */
  fit() {
    const [[left, right], [low, high]] = this.box;
    const { left: before, top, right: behind, bottom } = this.inset;
    const [width, height] = [Math.max(this.width - before - behind, 1), Math.max(this.height - top - bottom, 1)];
    this.k = this.least = Math.min(width / (right - left), height / (high - low)) * 0.9;
    this.x = (left + right) / 2 + (behind - before) / 2 / this.k;
    this.y = (low + high) / 2 - (bottom - top) / 2 / this.k;
    this.fitted = true;
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
    this.fitted = false;
  }

  /** @param {number} factor above one comes nearer @param {number} px @param {number} py the pixel that stays where it is */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.data(px, py);
    this.k = Math.min(Math.max(this.k * factor, this.least / 2), this.least * NEAREST);
    this.x = x - (px - this.width / 2) / this.k;
    this.y = y + (py - this.height / 2) / this.k;
    this.fitted = false;
  }

  /** Bring a place into sight, if it isn't. @returns {boolean} whether anything moved */
  reveal(x, y) {
    const [px, py] = this.pixel(x, y);
    if (Number.isNaN(px + py)) return false; // it has no place here
    const edge = 24;
    if (px > edge && px < this.width - edge && py > edge && py < this.height - edge) return false;
    Object.assign(this, { x, y, fitted: false });
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
    Object.assign(this, { x, y, k: this.width / span, fitted: false });
  }
}
