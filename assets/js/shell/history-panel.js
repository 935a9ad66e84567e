/** The drawer of the history: the steps of the open model as a tree of small pictures, two of them compared, and edits replayed. */

import { compute } from "../compute/compute.js";
import { write } from "../compute/link.js";
import { byId, copy, make } from "../core/dom.js";
import { tell, toast } from "../core/notices.js";
import { pointOf } from "../core/scene.js";
import { render } from "../nodes/render.js";
import { recipe } from "../panels/words.js";
import { compared } from "./history-compare.js";
import { Replay } from "./history-replay.js";
import { Tree } from "./history-tree.js";

const VIEWS = { tree: "Tree", compare: "Compare", replay: "Replay" };

export class HistoryPanel {
  /** @param {object} page see `history`; `put` is called when it opens or closes */
  constructor(page) {
    Object.assign(this, page, { view: "tree", chosen: null });
    this.build();
    this.tree = new Tree(this.branches, { ...page, choose: (id) => this.choose(id), remove: (id) => this.remove(id) });
    this.replay = new Replay(page, () => this.point);
    this.bodies = { tree: this.branches, compare: this.pair, replay: this.replay.node };
    this.body.append(...Object.values(this.bodies));
    for (const name of ["history", "groups"]) this.store.on(name, () => this.open && this.draw());
    byId("workspace").querySelector(".desk").append(this.node);
    this.node.hidden = true;
  }

  build() {
    const choice = make("div", { class: "choice", role: "radiogroup", "aria-label": "What of the history" });
    for (const [value, text] of Object.entries(VIEWS)) {
      const box = make("input", { type: "radio", name: "history-view", value, change: () => this.look(value) });
      box.checked = value === this.view;
      choice.append(make("label", {}, box, make("span", { text })));
    }
    const press = (id, text, title, click, more = {}) => make("button", { type: "button", class: "button quiet", id: `history-${id}`, text, title, click, ...more });
    const close = make("button", { type: "button", class: "tool", id: "history-close", "aria-label": "Close the history", title: "Close (Escape)", text: "×", click: () => this.toggle() });
    this.branches = make("div", { class: "history-tree", id: "history-tree", role: "group", "aria-label": "Steps as a tree; arrow keys lead along it, Enter goes there, Delete removes a branch" });
    this.pair = make("div", { class: "history-pair", id: "history-pair", hidden: true });
    this.body = make("div", { class: "history-body" });
    this.what = make("p", { class: "history-what", id: "history-what" });
    this.share = press("link", "Copy link", "Copy this step's link", () => this.link());
    this.away = press("delete", "Delete branch", "Delete this step and all that follow from it (Delete)", () => this.remove(this.chosen));
    this.back = press("restore", "Bring back", "Bring back what was deleted last", () => this.restore(), { hidden: true });
    this.ends = make("span", { class: "row" }, press("a", "To A", "Compare as A", null, { "data-do": "to-a" }), press("b", "To B", "Compare as B", null, { "data-do": "to-b" }));
    this.foot = make("div", { class: "history-foot" }, this.what, make("div", { class: "row", role: "toolbar", "aria-label": "What to do with this step" }, this.ends, this.share, this.away, this.back));
    this.node = make(
      "section",
      { class: "history", id: "history-panel", "aria-label": "History", "data-place": "history", keydown: (event) => this.key(event) },
      make("div", { class: "history-head" }, make("h2", { "data-term": "history", tabindex: 0, text: "History" }), choice, close),
      this.body,
      this.foot,
    );
  }

  get open() {
    return !this.node.hidden;
  }

  toggle() {
    const opens = !this.open;
    this.node.hidden = !opens;
    if (opens) {
      this.chosen = null;
      this.draw();
      this.tree.focus();
    } else {
      this.replay.rest();
      byId("history").focus();
    }
    this.put();
  }

  key(event) {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.toggle();
  }

  look(view) {
    this.view = view;
    this.draw();
  }

  /** The step that the buttons speak of: the one with the focus, or the one on stage. */
  choose(id) {
    this.chosen = id;
    this.tell();
  }

  get scene() {
    return JSON.parse(this.store.history.nodes.get(this.chosen).text);
  }

  get point() {
    return pointOf(this.scene);
  }

  draw() {
    const { history, scene } = this.store;
    const shown = history.shown(scene.model);
    const here = shown.find((one) => one.here);
    if (this.at !== history.at || !shown.some(({ id }) => id === this.chosen)) this.chosen = here.id;
    this.at = history.at;
    for (const [name, node] of Object.entries(this.bodies)) node.hidden = name !== this.view;
    if (this.view === "tree") this.tree.draw(shown, this.chosen);
    else if (this.view === "replay") this.replay.draw();
    else render(this.pair, compared(this.facts(), scene.view), { compute, store: this.store, recipe: (point) => recipe(this.facts(), point) });
    this.tell();
  }

  tell() {
    const { history } = this.store;
    this.what.textContent = this.tree.said(this.chosen);
    this.what.title = this.what.textContent;
    this.ends.setAttribute("data-point", JSON.stringify(this.point));
    const stays = !history.removable(this.chosen);
    this.away.setAttribute("aria-disabled", String(stays));
    this.away.title = stays ? "The first step on stage stays" : "Delete this step and all that follow from it (Delete)";
    this.back.hidden = !history.lately;
  }

  async link() {
    try {
      const url = `${location.origin}${location.pathname}#${await write(this.store.rules, this.scene)}`;
      toast((await copy(url)) ? "Link copied" : url);
    } catch (error) {
      tell(error.sentence ?? error.message, "history-panel", "warning");
    }
  }

  remove(id) {
    const { history } = this.store;
    if (!history.removable(id)) return;
    if (history.branch(id).includes(history.at)) this.store.jump(history.nodes.get(id).parent);
    history.remove(id);
    this.store.stepped();
    this.tree.focus();
  }

  restore() {
    this.store.history.restore();
    this.store.stepped();
    this.tree.focus();
  }
}
