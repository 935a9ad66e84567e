/** The card beside the pointer: an item's picture, from the sprite sheet or as the model makes it, its number and its attributes. */

import { compute } from "../compute/compute.js";
import { unitOf } from "../core/dom.js";
import { source } from "../core/files.js";
import { bytes as raw, unknown } from "./points.js";

const SIDE = 88;

/** Whether a sheet's pictures are to be looked at: of shapes it holds fields, and what the model makes of one is drawn sharp. */
const shown = ({ urls, modality }) => urls.sheets.length > 0 && modality.drawn !== "outline";

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
    this.asked?.abort();
    this.thumb.style.backgroundImage = "";
    this.thumb.hidden = model.modality.view === "text"; // its name says all
    this.where = null;
    delete this.host.dataset.thumbs;
  }

  /** Load the sprite sheet's first file, and where items lie in it, once the points are there. */
  warm() {
    const { model } = this;
    const { sheets, sheet_rows: rows } = model.urls;
    if (!shown(model)) {
      this.ready();
      return;
    }
    const sheet = new Image();
    sheet.src = source(sheets[0]);
    this.sheet = sheet; // held, or the browser lets it go, and asks for it again when the first thumbnail is shown
    Promise.all([sheet.decode(), rows ? raw(rows) : null]).then(
      ([, where]) => {
        if (model !== this.model) return;
        this.where = where ? new Uint32Array(where) : null;
        this.thumb.style.backgroundSize = `${(SIDE * sheet.naturalWidth) / model.thumbs.size}px auto`;
        this.ready();
      },
      () => this.thumb.classList.add("missing"),
    );
  }

  ready() {
    this.host.dataset.thumbs = "ready";
    if (this.item >= 0) this.fill(this.item);
  }

  /** @param {number} item or -1 @param {number[]} at pixel within the map @param {() => number} pile how many items lie exactly there */
  show(item, at, pile = () => 1) {
    this.card.hidden = item < 0;
    if (item < 0) {
      this.item = -1;
      delete this.host.dataset.hovered;
      return;
    }
    if (item !== this.item) this.fill(item, pile());
    const { clientWidth: width, clientHeight: height } = this.host;
    const right = at[0] + 16 + this.card.offsetWidth > width;
    const low = at[1] + 16 + this.card.offsetHeight > height;
    const x = right ? at[0] - 16 - this.card.offsetWidth : at[0] + 16;
    const y = low ? at[1] - 16 - this.card.offsetHeight : at[1] + 16;
    this.card.style.transform = `translate(${Math.max(4, x)}px, ${Math.max(4, y)}px)`;
  }

  fill(item, pile = this.pile) {
    this.pile = pile;
    this.item = item;
    this.host.dataset.hovered = item;
    if (this.host.dataset.thumbs === "ready" && !this.thumb.hidden) shown(this.model) ? this.picture(this.where ? this.where[item] : item) : this.made(item);
    const name = this.model.names?.[item];
    this.title.textContent = (name ? `${name}, item ${item}` : `Item ${item}`) + (pile > 1 ? `, one of ${pile} here` : "");
    this.facts.textContent = this.words(item).join("\n");
  }

  /** What the model makes of an item, where its items themselves aren't shown: only of the one that the pointer is on. */
  async made(item) {
    const { style } = this.thumb;
    this.asked?.abort();
    this.asked = new AbortController();
    style.backgroundImage = "";
    try {
      const [src] = await compute.picture([{ start: { item } }], { signal: this.asked.signal, urgent: true });
      if (item === this.item) Object.assign(style, { backgroundImage: `url("${src}")`, backgroundSize: "contain", backgroundPosition: "center" });
    } catch {
      // Without a picture the card still says what lies there.
    }
  }

  /** The thumbnail at a place of the sheet, which goes on in another file where it would be too high for one. */
  picture(place) {
    const { columns, rows } = this.model.thumbs;
    const row = Math.floor(place / columns);
    this.thumb.style.backgroundImage = `url("${source(this.model.urls.sheets[Math.floor(row / rows)])}")`;
    this.thumb.style.backgroundPosition = `${-SIDE * (place % columns)}px ${-SIDE * (row % rows)}px`;
  }

  words(item) {
    return this.model.attributes.flatMap((a) => {
      const codes = this.codes[a.name];
      if (!codes || codes[item] === unknown(codes)) return [];
      const code = codes[item];
      const value = a.kind === "continuous" ? (a.low + (code / 254) * (a.high - a.low)).toPrecision(3) + unitOf(a) : a.values[code];
      return [`${a.label}: ${value}`];
    });
  }
}
