/** Replay: the edits of a step on another item, on the selection of the map, or on another model that offers the same attributes. */

import { compute } from "../compute/compute.js";
import { textOf } from "../compute/link.js";
import { same } from "../compute/points.js";
import { byId, count, make } from "../core/dom.js";
import { load } from "../core/files.js";
import { tell, toast } from "../core/notices.js";
import { render } from "../nodes/render.js";
import { Facts } from "../panels/facts.js";
import { alike, carried, edited, nearest, onto, root, targets } from "../panels/replay.js";
import { cell } from "../panels/tab.js";
import * as words from "../panels/words.js";

const SHOWN = 8; // of a selection
const SAVED = { csv: "CSV", safetensors: "safetensors", png: "PNG" };

export class Replay {
  /** @param {object} page see `history` @param {() => object} point whose edits are replayed */
  constructor(page, point) {
    Object.assign(this, page, { point, all: null, outcome: "" });
    const press = (id, text, click, more = {}) => make("button", { type: "button", class: "button", id: `replay-${id}`, text, click, ...more });
    this.item = make("input", { class: "number", type: "number", id: "replay-number", min: 0, step: 1, value: 0 });
    this.item.addEventListener("keydown", (event) => event.key === "Enter" && this.number());
    this.pick = press("pick", "Pick on the map", () => this.aim(), { "aria-pressed": "false" });
    this.one = row("One item", make("label", { class: "visually-hidden", for: "replay-number", text: "Item number" }), this.item, press("item", "Replay", () => this.number()), this.pick);
    this.many = press("group", "", () => this.group());
    this.unselected = make("span", { class: "note", text: "Draw around items with the lasso to replay on them." });
    this.strip = make("div", { class: "replay-strip", id: "replay-strip" });
    this.files = make("span", { class: "row" });
    this.others = make("select", { class: "select", id: "replay-model", "aria-label": "Another model" });
    this.none = make("span", { class: "note", text: "No other model here offers the same attributes." });
    this.other = press("other", "Replay", () => this.model());
    this.said = make("p", { class: "note", id: "replay-said", role: "status" });
    this.what = make("p", { id: "replay-what" });
    this.ways = make("div", {}, this.one, row("Selection", this.many, this.unselected, this.files), this.strip, row("Another model", this.others, this.other, this.none));
    this.node = make("div", { class: "history-replay", id: "history-replay", hidden: true }, this.what, this.ways, this.said);
  }

  /** Nothing is picked any more. */
  rest() {
    this.hands.taking = null;
    this.pick.setAttribute("aria-pressed", "false");
  }

  async draw() {
    const { chosen } = this.groups;
    const point = this.point();
    const facts = this.facts();
    const any = edited(point);
    const mark = JSON.stringify([facts.model.name, point, chosen?.name]);
    if (mark !== this.mark) {
      this.strip.replaceChildren();
      this.files.replaceChildren();
    }
    this.mark = mark;
    this.ways.hidden = !any;
    this.what.textContent = any ? `Replays ${words.recipe(facts, point).replace(`${words.start(facts, point.start)}, `, "")}.` : "This step has no edits to replay; choose one that has.";
    this.item.max = facts.model.n - 1;
    this.many.hidden = !chosen;
    this.unselected.hidden = Boolean(chosen);
    if (chosen) this.many.textContent = `${chosen.name} (${count(members(chosen).length)})`;
    this.said.textContent = this.outcome;
    await this.list(facts, point);
  }

  async list(facts, point) {
    try {
      this.all ??= await load("explorer/models.json").then((answer) => answer.json());
    } catch {
      this.all = null; // asked for again with the next drawing
    }
    const found = targets(this.all ?? [], facts.model.name, point);
    const before = this.others.value;
    this.others.replaceChildren(...found.map(({ name, title }) => make("option", { value: name, text: title, selected: name === before })));
    this.others.hidden = this.other.hidden = !found.length;
    this.none.hidden = found.length > 0;
  }

  number() {
    const item = Number(this.item.value);
    const { n } = this.store.model;
    if (this.item.value === "" || !Number.isInteger(item) || item < 0 || item >= n) tell(`The items are numbered 0 to ${count(n - 1)}.`, "history-panel");
    else this.stage(item);
  }

  /** The next item that is pressed on the map. */
  aim() {
    if (this.hands.taking) {
      this.rest();
      return;
    }
    const point = this.point();
    this.pick.setAttribute("aria-pressed", "true");
    toast("Press an item on the map");
    byId("map-pane").scrollIntoView({ block: "nearest" });
    this.hands.taking = (item) => {
      this.rest();
      this.stage(item, point);
    };
  }

  stage(item, point = this.point()) {
    this.outcome = `Replayed on ${words.start(this.facts(), { item })}.`;
    this.store.stage(onto(point, { item }));
  }

  /** The first few of the selection as pictures, all of them as a file. */
  async group() {
    const { store } = this;
    const { chosen } = this.groups;
    const facts = this.facts();
    const point = this.point();
    const all = members(chosen);
    const cells = all.slice(0, SHOWN).map((item) => cell(onto(point, { item }), { caption: words.start(facts, { item }), trust: true }));
    const title = all.length > SHOWN ? `The first ${SHOWN} of ${count(all.length)}` : `All ${all.length}`;
    render(this.strip, [{ kind: "strip", id: "replay-cells", title, cells }], { compute, store, recipe: (one) => words.recipe(facts, one) });
    document.dispatchEvent(new CustomEvent("panel"));
    if (facts.files) return;
    const scene = await textOf(store.rules, { ...store.scene, ...point });
    const { members: bits } = this.groups.lists.find(({ name }) => name === chosen.name);
    const file = ([kind, text]) => make("a", { class: "button quiet", download: true, href: `explorer/export?${new URLSearchParams({ as: kind, what: "replayed", members: bits, scene })}`, text });
    this.files.replaceChildren(make("span", { class: "note", text: "Save all:" }), ...Object.entries(SAVED).map(file));
  }

  /** On another model: it opens with what can be carried over. */
  async model() {
    const from = this.facts();
    const point = this.point();
    const [here, there] = [from.model.name, this.others.value].map((name) => this.all.find((one) => one.name === name));
    this.other.disabled = true;
    try {
      const own = alike(here, there) ? null : await this.owned(point);
      await this.go({ checkpoint: there.name }, (told) => this.carry(from, told, point, { own, there }), true);
    } catch (error) {
      tell(error.sentence ?? error.message, "history-panel");
    } finally {
      this.other.disabled = false;
    }
  }

  /** The attributes of all items that a recipe speaks of. */
  async owned(point) {
    const items = new Set();
    JSON.stringify(point, (key, value) => {
      if (key === "item") items.add(value);
      return value;
    });
    items.add(root(point).item ?? 0);
    items.add(0); // what is left out is as by default
    const all = [...items];
    const seen = await compute.condition(all.map((item) => ({ start: { item } })));
    return new Map(all.map((item, k) => [item, seen[k]]));
  }

  async carry(from, told, point, { own, there }) {
    const to = new Facts(told, { files: from.files });
    const notes = new Set();
    const place = async (start) => {
      if ("seed" in start) {
        if (!to.card.priors.length) return null;
        notes.add("The same seed draws another latent here.");
        return { ...start, prior: null };
      }
      if (!("item" in start)) return null;
      if (!own) return start;
      const { item, exact } = await nearest(to.model, own.get(start.item));
      notes.add(`Item ${start.item} isn't among these items; item ${item} ${exact ? "has the same attributes" : "comes nearest by its attributes"}.`);
      return { item };
    };
    let { point: made, left } = await carried(from, to, point, place);
    if (!made) {
      const { start = { item: 0 } } = told.scene;
      notes.add(`Where it starts (${words.start(from, root(point))}) is of the other model alone, so the edits stand on what opens this one.`);
      ({ point: made, left } = await carried(from, to, onto(point, start), async (one) => (same(one, start) ? start : place(one))));
    }
    if (left.length) notes.add(`Left out, as it has no meaning for this model: ${left.join(", ")}.`);
    this.outcome = [`Replayed on ${there.title}.`, ...notes].join(" ");
    return { ...told.scene, ...made };
  }
}

const members = ({ mask }) => [...mask.keys()].filter((item) => mask[item]);

const row = (title, ...inside) => make("div", { class: "replay-way" }, make("span", { class: "label", text: title }), make("div", { class: "row" }, ...inside));
