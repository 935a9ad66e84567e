/** The card beside the pointer: an item's thumbnail from the sprite sheet, its number and its attributes. No server. */

import { unitOf } from "../core/dom.js";

const SIDE = 88;

export class Hover {
  /** @param {HTMLElement} card @param {HTMLElement} host the map */
  constructor(card, host) {
    Object.assign(this, { card, host, model: null, item: -1, codes: {} });
    this.thumb = card.querySelector(".thumb");
    this.title = card.querySelector(".hover-title");
    this.facts = card.querySelector(".hover-facts");
  }

  /** @param {object} model */
  open(model) {
    Object.assign(this, { model, item: -1, codes: {} });
    this.card.hidden = true;
    this.thumb.style.backgroundImage = "";
  }

  /** Load the sprite sheet, once the points are there. */
  warm() {
    const { model } = this;
    const sheet = new Image();
    sheet.src = model.urls.thumbs;
    sheet.decode().then(
      () => {
        if (model !== this.model) return;
        this.thumb.style.backgroundImage = `url("${model.urls.thumbs}")`;
        this.thumb.style.backgroundSize = `${(SIDE * sheet.naturalWidth) / model.thumbs.size}px auto`;
        this.host.dataset.thumbs = "ready";
      },
      () => this.thumb.classList.add("missing"),
    );
  }

  /** @param {number} item or -1 @param {number[]} at pixel within the map */
  show(item, at) {
    this.card.hidden = item < 0;
    if (item < 0) {
      this.item = -1;
      delete this.host.dataset.hovered;
      return;
    }
    if (item !== this.item) this.fill(item);
    const { clientWidth: width, clientHeight: height } = this.host;
    const right = at[0] + 16 + this.card.offsetWidth > width;
    const low = at[1] + 16 + this.card.offsetHeight > height;
    const x = right ? at[0] - 16 - this.card.offsetWidth : at[0] + 16;
    const y = low ? at[1] - 16 - this.card.offsetHeight : at[1] + 16;
    this.card.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  }

  fill(item) {
    const { columns } = this.model.thumbs;
    this.item = item;
    this.host.dataset.hovered = item;
    this.thumb.style.backgroundPosition = `${-SIDE * (item % columns)}px ${-SIDE * Math.floor(item / columns)}px`;
    this.title.textContent = `Item ${item}`;
    this.facts.textContent = this.words(item).join("\n");
  }

  words(item) {
    return this.model.attributes.flatMap((a) => {
      const code = this.codes[a.name]?.[item];
      if (code === undefined || code === 255) return [];
      const value = a.kind === "continuous" ? (a.low + (code / 254) * (a.high - a.low)).toPrecision(3) + unitOf(a) : a.values[code];
      return [`${a.label}: ${value}`];
    });
  }
}
