/** Draws the scene that the page holds: the stage at once, then tab, readings and map. A hand that moves is followed by the stage alone. */

import { compute } from "../compute/compute.js";
import { byId } from "../core/dom.js";
import { settle, tell, waiting } from "../core/notices.js";
import { render } from "../nodes/render.js";
import { backdrop, moving, overlay } from "../panels/overlay.js";
import { FOLLOWING, panel } from "../panels/panel.js";
import { trusts } from "../panels/trust.js";
import { recipe } from "../panels/words.js";
import { dress } from "./bind.js";
import { Newest } from "./newest.js";

const OFTEN = 100; // milliseconds

export class View {
  /**
   * @param {{store: import("../core/scene.js").Store, map: import("../map/map.js").ItemMap, stage: import("../panels/stage.js").Stage,
   *   kept: object}} page `kept`: see `panel`
   * @param {() => void} rest called when all is shown
   */
  constructor({ store, map, stage, kept }, rest) {
    Object.assign(this, { store, map, stage, kept, facts: null, rendered: 0, drawn: 0 });
    const done = () => this.idle && rest();
    this.hand = new Newest((job, current) => this.follow(job, current), (slow) => waiting("stage", slow), done);
    this.tab = new Newest((job, current) => this.inspect(job, current), (slow) => waiting("inspector", slow), done);
  }

  get idle() {
    return this.hand.idle && this.tab.idle;
  }

  /** @param {import("../panels/facts.js").Facts} facts of another model: what is on its way is about the one before */
  open(facts) {
    this.hand.drop();
    this.tab.drop();
    this.facts = facts;
    this.stage.open(facts);
    delete byId("panel").dataset.tab;
  }

  /** @param {boolean} live while a pointer still moves */
  show(live) {
    const job = { scene: this.store.scene, live };
    this.hand.push(job);
    if (!live || FOLLOWING.has(this.store.scene.view.tab)) this.tab.push(job);
  }

  /** The tab alone, when what this browser keeps has changed. */
  again() {
    if (this.facts) this.tab.push({ scene: this.store.scene, live: false });
  }

  async follow({ scene, live }, current) {
    await this.attempt("stage", current, async () => {
      if (live) {
        const [place] = await Promise.all([moving(this.facts, scene), this.stage.follow(scene)]);
        if (current()) this.map.mark(place);
        return;
      }
      const { newer } = this.hand;
      await Promise.all([this.stage.pictures(scene, current), Promise.race([this.stage.original(scene, current), newer])]);
    });
    this.count();
  }

  async inspect({ scene, live }, current) {
    const { facts } = this;
    let made = null;
    const drawn = this.attempt("panel", current, async () => {
      made = await panel(facts, scene, this.kept, live);
      if (!current() || this.overtaken()) return;
      await Promise.race([this.draw(made.nodes, scene.view.tab), this.tab.newer]);
    });
    if (live) return drawn;
    const around = this.attempt(null, current, async () => {
      await this.stage.read(scene, current);
    });
    await drawn;
    await this.attempt(null, current, async () => {
      const marks = await overlay(facts, scene, made?.overlay);
      if (current()) this.map.mark({ ...marks, backdrop: await backdrop(facts, scene) });
    });
    await around;
    this.count();
    if (made?.again && current() && !this.tab.waiting && scene === this.store.scene) this.again(); // not finished: a slice more
  }

  /** Whether a newer panel is wanted already, and one was drawn a moment ago: while a hand moves fast, some are left out. */
  overtaken() {
    const now = performance.now();
    if (this.tab.waiting && now - this.drawn < OFTEN) return true;
    this.drawn = now;
    return false;
  }

  /** Make the panel show these nodes. @returns {Promise<void>} done when its pictures have come */
  draw(nodes, tab) {
    const host = byId("panel");
    const elsewhere = host.dataset.tab !== tab;
    if (elsewhere) host.scrollTop = 0;
    host.dataset.tab = tab;
    host.setAttribute("aria-labelledby", `tab-${tab}`);
    const { store } = this;
    const done = render(host, nodes, { compute, store, trusts: (points) => trusts(this.facts, points), recipe: (point) => recipe(this.facts, point), real: (item) => this.map.thumbs.item(item) });
    dress(host);
    document.dispatchEvent(new CustomEvent("panel"));
    return done;
  }

  /** Do a part, and say what is wrong with it at its place; what was wrong before is taken back. @param {string|null} part null: what the page does without */
  async attempt(part, current, work) {
    try {
      await work();
      if (part && current()) settle(part);
    } catch (error) {
      if (error.name === "AbortError" || !current()) return;
      if (!error.sentence) console.warn(error);
      if (part) tell(error.sentence ?? `This can't be shown (${error.message}).`, part === "panel" ? "panel" : (error.where ?? "stage"), "error", part);
    }
  }

  count() {
    this.rendered += 1;
    byId("workspace").dataset.rendered = this.rendered;
  }
}
