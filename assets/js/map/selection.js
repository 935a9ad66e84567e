/**
 * What is selected: items that were found, else a selection that was made of another one, else the chosen group. One that was
 * made is kept until something else is selected; as a group it stays.
 */

import { byId } from "../core/dom.js";
import { tell } from "../core/notices.js";
import { holds } from "../panels/breakdown.js";
import { values } from "./columns.js";
import { encode } from "./groups.js";

const CONTROLS = 6; // plug-ins of a scene, as explorer/page/tabs/plugin.py takes them

export const size = (mask) => mask.reduce((sum, yes) => sum + yes, 0);

export class Selection {
  /** @param {import("./map.js").ItemMap} map */
  constructor(map) {
    Object.assign(this, { map, made: null, before: [], offers: {} }); // `offers`: what buttons of the tab make, as it was last drawn
    const on = (name, act) => document.addEventListener(`do-${name}`, ({ detail }) => this.map.store.model && act(detail.node));
    on("select-all", () => this.make("All items", new Uint8Array(this.map.store.model.n).fill(1)));
    on("select-back", () => this.back());
    on("select-keep", () => this.keep());
    on("select-combine", () => this.offers.combine());
    on("select-range", () => this.offers.range());
    on("select-control", () => this.control());
    on("narrow", (node) => this.narrow(JSON.parse(node.dataset.value)));
  }

  /** @returns {{name: string, mask: Uint8Array, kind: "search"|"made"|"group"}|null} null: nothing is selected */
  get now() {
    const { found, groups } = this.map;
    if (found) return { name: `Found: ${byId("search").value.trim()}`, mask: found, kind: "search" };
    if (this.made) return { ...this.made, kind: "made" };
    return groups.chosen && { name: groups.chosen.name, mask: groups.chosen.mask, kind: "group" };
  }

  /** Select these items, until something else is selected. @param {string} name @param {Uint8Array} mask */
  make(name, mask) {
    const { now } = this;
    this.before.push(now && now.kind !== "group" ? { name: now.name, mask: now.mask } : null);
    this.made = { name, mask };
    this.map.found = null;
    byId("search").value = byId("search-count").value = "";
    this.map.reselect();
  }

  /** What was selected before the last selection was made. */
  back() {
    if (!this.before.length) return;
    this.made = this.before.pop();
    this.map.reselect();
  }

  /** As a group, which stays. */
  keep() {
    const { now } = this;
    if (!now || now.kind === "group") return;
    this.map.found = null;
    this.map.groups.add(now.mask, now.name.slice(0, 40));
  }

  /** Make it a control: the tab Plug-in learns it, or shows it where it is there already. */
  control() {
    const { now } = this;
    if (!now || !size(now.mask)) {
      tell("Select some items on the map first: this makes a control of them.", "panel", "warning");
      return;
    }
    const members = encode(now.mask);
    this.map.store.update(({ view }) => {
      const before = view.options.plugin?.groups ?? [];
      const at = before.findIndex((group) => group.members === members);
      const groups = at < 0 ? [...before, { name: now.name.slice(0, 60), members }].slice(-CONTROLS) : before;
      view.options.plugin = { ...view.options.plugin, groups, at: at < 0 ? groups.length - 1 : at };
      view.tab = "plugin";
    }, { history: false });
  }

  /** Forget what was made, since something else is selected. */
  drop() {
    this.made = null;
    this.before = [];
  }

  /** Of what is selected (of all items, where nothing is) those that have a value. @param {{attribute: string, code?: number, low?: number|null, high?: number|null, text: string}} what */
  async narrow(what) {
    const { model } = this.map.store;
    const all = await values(model, model.attributes.find(({ name }) => name === what.attribute));
    if (model !== this.map.store.model) return;
    const { now } = this;
    const mask = Uint8Array.from(all, (value, i) => ((!now || now.mask[i]) && holds(what, value) ? 1 : 0));
    this.make(now ? `${now.name}, ${what.text}` : what.text, mask);
  }
}
