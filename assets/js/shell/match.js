/**
 * A game: match a target with the page's own controls. The target is a scene that follows from the model, a level and a seed, so that a link gives
 * it to somebody else; what counts is how near the picture on stage comes, and how many changes and seconds it took.
 */

import { compute } from "../compute/compute.js";
import { write } from "../compute/link.js";
import { percent } from "../compute/numbers.js";
import { byId, copy, keep, make, recall } from "../core/dom.js";
import { tell, toast } from "../core/notices.js";
import { pointOf } from "../core/scene.js";
import { uniform } from "../engine/noise.js";

const KEPT = "explorer.match";
const CODE = /^([1-4])-(\d{1,6})$/;
const LEVELS = ["One attribute", "Two attributes", "Three attributes", "Another item"];
const SIDE = 64; // pixels at which pictures are compared
const SAME = 0.995; // a match that ends the game
const SEEN = 0.01; // of the range of brightness: a smaller difference is no target
const TRIES = 12;
const NUMBERS = 128; // at random, more than all tries take
const RULE = "100 for the same picture, 2 less for each change beyond the fewest, 1 less for each 15 seconds.";

/** A code of a target at random. @param {number} level from 1 */
export const fresh = (level = 1) => `${level}-${Math.floor(Math.random() * 1e6)}`;

/** Whether an address names a target. */
export const named = (code) => CODE.test(code);

/** What a result is worth. @param {{match: number, changes: number, fewest: number, seconds: number}} result `match`: 1 is the same picture */
export const score = ({ match, changes, fewest, seconds }) =>
  Math.max(0, Math.round(100 * match) - 2 * Math.max(0, changes - fewest) - Math.floor(seconds / 15));

/** Another value of an attribute than its own. */
function other({ values, low, high }, own, random) {
  if (values.length) {
    const rest = values.filter((value) => value !== own);
    return rest[Math.floor(random() * rest.length)];
  }
  const span = high - low;
  const moved = (typeof own === "number" ? own - low : 0) + span * (0.3 + 0.4 * random());
  return Number((low + (moved % span)).toPrecision(3));
}

/** Pixels of a picture, [SIDE * SIDE * 4]. */
async function pixels(src) {
  const image = Object.assign(new Image(), { src });
  await image.decode();
  const context = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE }).getContext("2d");
  context.drawImage(image, 0, 0, SIDE, SIDE);
  return context.getImageData(0, 0, SIDE, SIDE).data;
}

/** Root mean square difference of two pictures, as a share of the range of brightness. */
function apart(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] - b[k]) ** 2;
  return Math.sqrt((sum * 4) / 3 / a.length) / 255; // the fourth channel is the same everywhere
}

const plain = (item) => ({ start: { item }, condition: {}, edits: [] });

export class MatchPanel {
  /**
   * @param {string} code `level-seed`
   * @param {{store: import("../core/scene.js").Store, facts: () => object, leave: () => void, rename: (code: string) => void}} page
   */
  constructor(code, page) {
    Object.assign(this, { ...page, code, begun: false, result: null, target: null, at: 0 });
    this.image = make("img", { alt: "The target", draggable: "false" });
    this.said = make("p", { class: "lesson-outcome", id: "match-said", role: "status", tabindex: -1 });
    this.clock = make("p", { class: "note", id: "match-clock" });
    this.foot = make("div", { class: "lesson-foot row" });
    this.level = make("select", { class: "select", id: "match-level", "aria-label": "What differs", change: () => this.anew(fresh(this.level.value)) });
    const close = make("button", { type: "button", class: "tool", id: "match-close", "aria-label": "Leave the game", title: "Leave the game", text: "×", click: () => this.leave() });
    this.node = make(
      "section",
      { class: "lesson", id: "match", "aria-label": "Match a picture" },
      make("div", { class: "lesson-head" }, make("h2", { class: "lesson-name", text: "Match a picture" }), close),
      make("div", { class: "lesson-body" }, make("p", { text: "Make the picture on stage look like this one." }), make("div", { class: "match-target" }, this.image), this.said, this.clock, this.level, make("p", { class: "note", text: RULE })),
      this.foot,
    );
    this.timer = setInterval(() => this.tick(), 1000);
  }

  get seconds() {
    return Math.floor((performance.now() - this.at) / 1000);
  }

  close() {
    clearInterval(this.timer);
    this.node.remove();
  }

  /** Another target. */
  anew(code) {
    this.code = code;
    this.rename(code);
    return this.begin();
  }

  /** Work the target out, and put on stage where a person begins. */
  async begin() {
    this.begun = true;
    const { facts, store } = this;
    const { asked, model, outlined } = facts();
    Object.assign(this, { model: model.name, result: null, target: null });
    const unfit = !asked.length || outlined;
    for (const part of [this.image.parentElement, this.level]) part.hidden = unfit;
    if (unfit) {
      this.said.textContent = "This game needs a model of pictures that takes attributes; choose another one.";
      this.foot.replaceChildren();
      return;
    }
    this.level.replaceChildren(...LEVELS.map((text, k) => make("option", { value: k + 1, text, disabled: k < 3 && k >= asked.length })));
    const [, level] = CODE.exec(this.code);
    this.level.value = level;
    try {
      await this.choose(facts(), Number(level));
    } catch (error) {
      tell(error.sentence ?? error.message, "stage");
      return;
    }
    Object.assign(this, { at: performance.now(), changes: -1, last: "" });
    store.update((scene) => Object.assign(scene, plain(this.first)));
    this.ways();
  }

  async choose(facts, level) {
    const numbers = uniform(Number(CODE.exec(this.code)[2]), level, NUMBERS).values();
    const random = () => numbers.next().value;
    const any = () => Math.floor(random() * facts.card.items);
    for (let k = 0; k < TRIES; k++) {
      const first = any();
      const target = level > LEVELS.length - 1 ? plain(any()) : await this.changed(facts, plain(first), level, random);
      const [from, to] = await compute.picture([plain(first), target]);
      const [start, wanted] = await Promise.all([pixels(from), pixels(to)]);
      const whole = apart(start, wanted);
      if (whole < SEEN && k < TRIES - 1) continue;
      Object.assign(this, { first, target, wanted, whole: Math.max(whole, SEEN), fewest: Math.max(1, Object.keys(target.condition).length) });
      this.image.src = to;
      return;
    }
  }

  /** The same item with so many attributes changed. */
  async changed(facts, point, level, random) {
    const [own] = await compute.condition([point]);
    const rest = [...facts.asked];
    const condition = {};
    for (let k = 0; k < level && rest.length; k++) {
      const [attribute] = rest.splice(Math.floor(random() * rest.length), 1);
      condition[attribute.name] = other(attribute, own[attribute.name], random);
    }
    return { ...point, condition };
  }

  /** The page shows something else: how near is it? */
  async judge() {
    if (!this.begun) return this.begin();
    const { store, target } = this;
    if (!target || this.result !== null) return;
    if (store.scene.model !== this.model) {
      this.said.textContent = "The target is of another model; Undo goes back to it.";
      return;
    }
    const point = pointOf(store.scene);
    const text = JSON.stringify(point);
    if (text === this.last) return;
    this.last = text;
    this.changes += 1; // the first is the beginning
    try {
      const seen = await pixels((await compute.picture([point]))[0]);
      if (text !== this.last || target !== this.target) return;
      this.match = Math.max(0, 1 - apart(seen, this.wanted) / this.whole);
    } catch (error) {
      if (!error.sentence) console.warn(error); // the stage says what is wrong with the scene
      return;
    }
    this.node.dataset.match = this.match.toFixed(3);
    this.said.textContent = `Match: ${percent(this.match)}`;
    this.tick();
    if (this.match >= SAME) this.finish();
  }

  tick() {
    if (!this.target || this.result !== null) return;
    const { seconds, changes, fewest } = this;
    this.clock.textContent = `${Math.max(0, changes)} changes (fewest: ${fewest}) · ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  }

  /** That is it. */
  finish() {
    const { match, changes, fewest, seconds, model, code } = this;
    this.tick();
    this.result = score({ match, changes, fewest, seconds });
    const kept = recall(KEPT, {});
    const best = kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
    const key = `${model}/${code}`;
    best[key] = Math.max(this.result, best[key] ?? 0);
    keep(KEPT, best);
    const level = Math.max(...Object.entries(best).filter(([name]) => name.startsWith(`${model}/${code[0]}-`)).map(([, value]) => value));
    this.said.textContent = `${this.result} points, at a match of ${percent(match)}. The model's own best is 100, in ${fewest}. Your best: ${best[key]} here, ${level} at this level.`;
    this.ways();
    this.said.focus();
  }

  ways() {
    const button = (id, text, click, look = "quiet") => make("button", { type: "button", class: `button ${look}`, id, text, click });
    const again = button("match-again", "Begin anew", () => this.begin());
    const link = button("match-link", "Copy its link", () => this.share());
    const end = this.result === null
      ? [button("match-done", "That is it", () => this.finish(), "primary")]
      : [button("match-show", "Show the target", () => this.store.stage(this.target)), button("match-next", "Another target", () => this.anew(fresh(this.level.value)), "primary")];
    this.foot.replaceChildren(again, link, ...end);
  }

  /** The address that gives anyone this target. */
  async share() {
    const { store } = this;
    const scene = { ...store.scene, ...plain(this.first), build: null };
    const url = `${location.origin}${location.pathname}?match=${this.code}#${await write(store.rules, scene)}`;
    if (await copy(url)) toast("Link copied");
    else this.clock.textContent = url;
  }
}
