/** The picker: every model with a picture and its whole sentence; searched, grouped, recent ones first; by pointer and by keyboard. */

import { byId, keep, make, recall } from "../core/dom.js";
import { load, source } from "../core/files.js";
import { tell } from "../core/notices.js";
import { neighbour, words } from "./cards.js";

const RECENT = "explorer.recent";
const GROUPED = "explorer.grouped";
const MOST = 4; // recent ones
const BY = { gallery: "Subject", modality: "Kind of item" };
const PLAIN = "General";
const OWN = "Your own";

export class Picker {
  /**
   * @param {import("../core/scene.js").Store} store
   * @param {(name: string) => void} open a model by name
   */
  constructor(store, open) {
    Object.assign(this, { store, open, all: null, by: recall(GROUPED, "gallery") === "modality" ? "modality" : "gallery" });
    this.button = byId("checkpoint");
    this.search = make("input", { type: "search", class: "text", id: "picker-search", autocomplete: "off", spellcheck: "false", placeholder: "Find models", "aria-label": "Find models by name, subject, kind of item or paper", input: () => this.fill() });
    this.found = make("output", { id: "picker-found", for: "picker-search" });
    this.list = make("div", { class: "picker-list" });
    const by = make("div", { class: "choice", role: "radiogroup", "aria-label": "Group by" });
    for (const [value, text] of Object.entries(BY)) {
      const box = make("input", { type: "radio", name: "picker-by", value, change: () => this.group(value) });
      box.checked = value === this.by;
      by.append(make("label", {}, box, make("span", { text })));
    }
    const close = make("button", { type: "button", class: "tool", "aria-label": "Close", click: () => this.dialog.close(), text: "×" });
    const bring = byId("workspace").dataset.bring === undefined ? [] : [make("a", { class: "button", id: "picker-bring", href: "bring", text: "Bring your data" })];
    this.dialog = make(
      "dialog",
      { class: "dialog picker", id: "picker", "aria-labelledby": "picker-title", keydown: (event) => this.key(event), click: (event) => event.target === this.dialog && this.dialog.close(), close: () => this.rest() },
      make("div", { class: "dialog-head" }, make("h2", { id: "picker-title", text: "Models" }), this.search, this.found, by, ...bring, close),
      this.list,
    );
    byId("workspace").append(this.dialog);
    this.button.addEventListener("click", () => this.show());
    store.on("model", (model) => this.chosen(model));
  }

  /** What is open now: on the button, in the list of recent ones. */
  chosen({ name, title, cover }) {
    this.button.dataset.value = name;
    this.button.replaceChildren(make("img", { src: source(cover), alt: "", width: 64, height: 32 }), make("span", { text: title }));
    this.button.setAttribute("aria-label", `Model: ${title}. Choose another one`);
    keep(RECENT, [name, ...this.recent.filter((other) => other !== name)].slice(0, MOST + 1));
  }

  get recent() {
    const kept = recall(RECENT, []);
    return Array.isArray(kept) ? kept : [];
  }

  async show() {
    try {
      this.all ??= await load("explorer/models.json").then((answer) => (answer.ok ? answer.json() : Promise.reject(answer)));
    } catch {
      tell("The list of models couldn't be loaded; press again to try once more.", "checkpoint");
      return;
    }
    this.search.value = "";
    this.dialog.showModal();
    this.fill();
    this.search.focus();
  }

  /** Opened by a key while the focus was nowhere, the browser would leave it on what is hidden now. */
  rest() {
    const { activeElement } = document;
    if (activeElement === document.body || this.dialog.contains(activeElement)) this.button.focus();
  }

  group(by) {
    this.by = by;
    keep(GROUPED, by);
    this.fill();
  }

  /** Of the settings of a dial one is shown: the one that is open, or else the first. */
  get shown() {
    const here = this.button.dataset.value;
    const chosen = new Map();
    for (const model of this.all) if (model.group && (!chosen.has(model.group) || model.name === here)) chosen.set(model.group, model.name);
    return this.all.filter((model) => !model.group || chosen.get(model.group) === model.name);
  }

  fill() {
    const asked = words(this.search.value);
    const shown = this.shown;
    const hits = shown.filter((model) => {
      const all = this.all.filter((other) => other === model || (model.group && other.group === model.group));
      return asked.every((word) => all.some((one) => text(one).includes(word)));
    });
    const groups = new Map();
    const recent = this.recent.filter((name) => name !== this.button.dataset.value);
    const before = asked.length ? [] : shown.filter((m) => recent.includes(m.name)).sort((a, b) => recent.indexOf(a.name) - recent.indexOf(b.name));
    if (before.length) groups.set("Recently opened", before.slice(0, MOST));
    for (const name of [PLAIN, ...new Set(hits.map((model) => this.named(model)))]) {
      const members = hits.filter((model) => this.named(model) === name);
      if (members.length) groups.set(name, members);
    }
    this.list.replaceChildren(...[...groups].map(([name, members], k) => this.section(name, members, k)));
    this.found.value = asked.length ? `${hits.length} of ${shown.length}` : "";
    const cards = this.cards;
    const first = cards.find((card) => card.getAttribute("aria-current") === "true") ?? cards[0];
    if (first) first.tabIndex = 0;
  }

  named(model) {
    if (model.own) return OWN;
    return this.by === "modality" ? `${model.modality[0].toUpperCase()}${model.modality.slice(1)}` : (model.gallery ?? PLAIN);
  }

  section(name, members, k) {
    const heading = make("h3", { id: `picker-group-${k}`, text: name });
    return make("section", { "aria-labelledby": heading.id }, heading, make("div", { class: "picker-cards" }, ...members.map((model) => this.card(model))));
  }

  card(model) {
    const settings = model.group ? this.all.filter((other) => other.group === model.group).length : 1;
    const facts = [...model.papers.map(({ number, year }) => `Paper ${number} · ${year}`), settings > 1 ? `${settings} settings` : null].filter(Boolean);
    return make(
      "button",
      { type: "button", class: "picker-card", tabindex: -1, "data-name": model.name, "aria-current": model.name === this.button.dataset.value ? "true" : null, click: () => this.choose(model.name) },
      make("img", { src: source(model.cover), alt: "", width: 192, height: 96, loading: "lazy", decoding: "async" }),
      make("strong", { text: model.title }),
      make("span", { class: "picker-sentence", text: model.summary }),
      ...model.papers.map(({ title }) => make("span", { class: "picker-paper", text: title })),
      ...(facts.length ? [make("small", { text: facts.join(", ") })] : []),
    );
  }

  choose(name) {
    this.dialog.close();
    if (name !== this.button.dataset.value) this.open(name);
  }

  get cards() {
    return [...this.list.querySelectorAll(".picker-card")];
  }

  key(event) {
    const { cards } = this;
    const at = cards.indexOf(document.activeElement);
    let next = null;
    if (at < 0 && event.target === this.search) {
      if (event.key === "ArrowDown") next = cards[0];
      else if (event.key === "Enter" && cards.length) {
        event.preventDefault();
        this.choose(cards[0].dataset.name);
      }
    } else if (at >= 0) {
      next = neighbour(cards, at, event.key);
      if (!next && event.key === "ArrowUp") next = this.search;
    }
    if (!next) return;
    event.preventDefault();
    if (next !== this.search) cards.forEach((card) => (card.tabIndex = card === next ? 0 : -1));
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

const text = (model) => [model.name, model.title, model.summary, model.modality, model.gallery ?? "", model.own ? OWN : "", ...model.papers.map((paper) => `paper ${paper.number} ${paper.title}`)].join(" ").toLowerCase();
