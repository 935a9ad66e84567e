/** Named groups of items, kept in this browser for each model. */

import { count, keep, make, recall } from "../core/dom.js";
import { tell } from "../core/notices.js";
import { category } from "../core/palette.js";

const MOST = 24;
const key = (model) => `explorer.groups.${model.name}`;

/** Item numbers as base64 of one bit an item, as a scene takes a group. @param {Uint8Array} mask */
export function encode(mask) {
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  mask.forEach((yes, i) => yes && (bytes[i >> 3] |= 1 << (i & 7)));
  let text = "";
  for (const b of bytes) text += String.fromCharCode(b);
  return btoa(text);
}

function decode(text, n) {
  const bytes = atob(text);
  const mask = new Uint8Array(n);
  for (let i = 0; i < n; i++) mask[i] = (bytes.charCodeAt(i >> 3) >> (i & 7)) & 1;
  return mask;
}

const size = (mask) => mask.reduce((sum, yes) => sum + yes, 0);

export class Groups {
  /** @param {HTMLElement} host @param {() => void} changed called when groups or the chosen one change */
  constructor(host, changed) {
    Object.assign(this, { host, changed, model: null, all: [], chosen: null });
  }

  open(model) {
    this.model = model;
    this.chosen = null;
    this.lately = null;
    const kept = recall(key(model), []);
    this.all = (Array.isArray(kept) ? kept : [])
      .filter((g) => g.n === model.n && typeof g.bits === "string")
      .map((g) => ({ name: String(g.name), mask: decode(g.bits, model.n), build: g.build }));
    this.render();
  }

  save() {
    keep(key(this.model), this.all.map((g) => ({ name: g.name, n: this.model.n, bits: encode(g.mask), build: g.build })));
    this.render();
    this.changed();
  }

  /** Make a group of what was drawn around, and choose it. @param {Uint8Array} mask */
  add(mask, name) {
    if (!size(mask)) return null;
    if (this.all.length >= MOST) {
      tell(`A model keeps ${MOST} groups; delete one to make another.`, "map", "warning");
      return null;
    }
    this.lately = null;
    let k = this.all.length + 1;
    while (this.all.some((g) => g.name === `Group ${k}`)) k++;
    const group = { name: name ?? `Group ${k}`, mask, build: this.model.build };
    this.all.push(group);
    this.chosen = group;
    this.save();
    return group;
  }

  /** Join more items to the chosen group, or take them out again when all are in. @param {Uint8Array} mask */
  extend(mask) {
    const group = this.chosen;
    const out = mask.every((yes, i) => !yes || group.mask[i]);
    mask.forEach((yes, i) => yes && (group.mask[i] = out ? 0 : 1));
    if (!size(group.mask)) this.remove(group);
    else this.save();
  }

  remove(group) {
    this.lately = { group, at: this.all.indexOf(group) };
    this.all = this.all.filter((g) => g !== group);
    if (this.chosen === group) this.chosen = null;
    this.save();
  }

  /** Take the last deletion back. */
  restore() {
    const { group, at } = this.lately;
    this.lately = null;
    this.all.splice(at, 0, group);
    this.save();
  }

  choose(group) {
    this.chosen = group;
    this.render();
    this.changed();
  }

  /** Groups as a scene takes them: a name, and one bit an item. */
  get lists() {
    return this.all.map(({ name, mask }) => ({ name, members: encode(mask) }));
  }

  /** One code an item, as an attribute would have: the last group that holds it. */
  get codes() {
    const codes = new Uint8Array(this.model.n).fill(255);
    this.all.forEach(({ mask }, k) => mask.forEach((yes, i) => yes && (codes[i] = k)));
    return codes;
  }

  render() {
    const { lately } = this;
    const back = lately && this.all.length < MOST ? [make("button", { type: "button", class: "chip chip-restore", text: `Restore ${lately.group.name}`, click: () => this.restore() })] : [];
    this.host.replaceChildren(...this.all.map((group, k) => this.chip(group, k)), ...back);
    this.host.hidden = !this.all.length && !back.length;
  }

  chip(group, k) {
    const on = this.chosen === group;
    const name = make("button", {
      type: "button", class: "chip-name", text: group.name, "aria-pressed": String(on), title: "Show on the map",
      click: () => this.choose(on ? null : group),
    });
    const away = make("button", { type: "button", class: "chip-remove", "aria-label": `Delete ${group.name}`, text: "×", click: () => this.remove(group) });
    const change = on ? [make("button", { type: "button", class: "chip-rename", "aria-label": `Rename ${group.name}`, text: "Rename", click: () => this.rename(group, name) })] : [];
    const dot = make("span", { class: "dot", style: `--colour:${category(k)}` });
    return make("span", { class: on ? "chip on" : "chip", "data-group-name": group.name }, dot, name, make("small", { text: count(size(group.mask)) }), ...change, away);
  }

  rename(group, button) {
    const field = make("input", { class: "text", value: group.name, maxlength: 40, "aria-label": "Name of the group" });
    const done = () => {
      group.name = field.value.trim() || group.name;
      this.save();
    };
    field.addEventListener("blur", done, { once: true });
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" || event.key === "Escape") field.blur();
    });
    button.replaceWith(field);
    field.focus();
    field.select();
  }
}
