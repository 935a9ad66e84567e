/** A student's side of a class: the teacher's lesson and scene, and one's own answers, sent as soon as the server is there. */

import { read, write } from "../compute/link.js";
import { keep, later, make, recall } from "../core/dom.js";
import { tell } from "../core/notices.js";
import { chart, draw } from "./class-chart.js";
import { Talk, remember, written } from "./class-talk.js";

const PAUSE = 2000; // milliseconds between two tries to send
const MOST = 4096; // characters of a recipe, as answers.py takes
const KEPT = "explorer.class."; // + code: {waiting: step's title -> value, sent: step's title -> value as text}

export class Student {
  /**
   * @param {string} code
   * @param {string} secret
   * @param {{store: import("../core/scene.js").Store, facts: () => object, leave: () => void}} page
   */
  constructor(code, secret, page) {
    Object.assign(this, page, { talk: new Talk(code, secret), panel: null, state: null, follows: true, seen: {}, sending: false, ready: false });
    const kept = recall(KEPT + code, {});
    this.kept = { waiting: {}, sent: {}, name: "", ...(kept && typeof kept === "object" ? kept : {}) };
  }

  get code() {
    return this.talk.code;
  }

  /** Join -> the lesson's name. */
  async begin() {
    const joined = await (await this.talk.ask("POST", "/students", { name: this.kept.name })).json();
    return joined.lesson;
  }

  stand(panel) {
    this.panel = panel;
    const follow = make("input", { type: "checkbox", id: "class-follow", change: () => {
      this.follows = follow.checked;
      this.follow(true);
    } });
    follow.checked = true;
    this.said = make("span", { class: "class-count", id: "class-said", role: "status" });
    this.shown = make("details", { class: "class-shown", id: "class-shown", open: true, hidden: true });
    this.node = make("div", { class: "class-bar", id: "class-bar", "data-role": "student" }, make("strong", { text: `Class ${written(this.code)}` }), make("label", { class: "row" }, follow, make("span", { text: "Follow the teacher" })), this.naming(), this.said);
    panel.node.querySelector(".lesson-head").after(this.node, this.shown);
    panel.node.addEventListener("kept", () => this.changed());
    this.talk.listen((kind, data) => this.hear(kind, data), (away) => this.line(away));
    this.changed();
  }

  /** A name, only if wanted. */
  naming() {
    const field = make("input", { class: "text", id: "class-name", maxlength: 40, placeholder: "anonymous", "aria-label": "Your name, if you want to give it", value: this.kept.name, autocomplete: "off" });
    const submit = async (event) => {
      event.preventDefault();
      try {
        await this.talk.ask("POST", "/students", { name: field.value });
        this.kept.name = field.value;
        this.remember();
        this.told(field.value ? "The teacher sees this name." : "You are anonymous.");
      } catch (error) {
        if (error.name !== "AbortError") this.told(error.sentence);
      }
    };
    return make("form", { class: "row class-naming", submit }, field, make("button", { type: "submit", class: "button quiet", text: "Give name" }));
  }

  close() {
    this.talk.close();
    this.node?.remove();
    this.shown?.remove();
  }

  told(text) {
    if (this.said) this.said.textContent = text;
  }

  remember() {
    keep(KEPT + this.code, this.kept);
  }

  // -- what is sent

  /** Something in the lesson was kept: what is an answer waits to be sent. */
  changed() {
    const { said, reached } = this.panel.kept;
    for (const { title, end } of this.panel.lesson.steps) {
      if (!end) continue;
      const value = end.kind === "predict" ? (end.place || end.curve ? said[title]?.at : said[title]) : reached[title];
      const text = JSON.stringify(value);
      if (value === undefined || this.seen[title] === text || this.kept.sent[title] === text) continue;
      this.seen[title] = text;
      if (end.kind === "predict") this.wait(title, text, value);
      else this.recipe().then((recipe) => this.wait(title, text, { how: value, recipe }));
    }
  }

  /** The picture that is on stage now, as a link; null where it can't go: an own item, or one too long. */
  async recipe() {
    const bare = this.store.scene && { ...this.store.scene, build: null };
    if (!bare || JSON.stringify(bare).includes('"sha256"') || !this.panel.lesson.models.includes(bare.model)) return null;
    const text = await write(this.store.rules, bare).catch(() => null);
    return text && text.length <= MOST ? text : null;
  }

  wait(title, text, value) {
    this.kept.waiting[title] = { text, value };
    this.remember();
    this.send();
  }

  /** Send what waits, one after the other, until the server has all of it or refused it. */
  async send() {
    if (this.sending) return;
    this.sending = true;
    try {
      for (let next; (next = Object.entries(this.kept.waiting)[0]) && !this.talk.over.signal.aborted; ) {
        const [title, { text, value }] = next;
        const step = this.panel.lesson.steps.findIndex((one) => one.title === title);
        try {
          await this.talk.ask("POST", "/answers", { step, value });
          this.kept.sent[title] = text;
          this.told("Sent.");
        } catch (error) {
          if (error.name === "AbortError") return;
          this.told(error.sentence);
          if (error.status === 404) return; // the stream says that the class is over
          if (!error.status || error.status === 429 || error.status >= 500) {
            await later(PAUSE * (0.5 + Math.random()));
            continue;
          }
        }
        if (this.kept.waiting[title]?.text === text) delete this.kept.waiting[title];
        this.remember();
      }
    } finally {
      this.sending = false;
    }
  }

  // -- what the teacher shows

  hear(kind, data) {
    if (kind === "gone") this.gone(data.sentence);
    if (kind !== "state") return;
    const before = this.state;
    this.state = data;
    this.spotlight(data.spotlight);
    if (data.frozen !== Boolean(before?.frozen)) this.told(data.frozen ? "The teacher takes no answers at the moment." : "");
    this.follow(data.step !== before?.step || !before, data.scene !== before?.scene);
  }

  /** Go where the teacher is. What belongs to a step is shown only once the student's own prediction or task is done. */
  async follow(step = true, scene = true) {
    const { state, panel } = this;
    if (!this.follows || !state || !this.ready) return; // the page opens its own scene first
    if (step && state.step !== panel.kept.step) panel.enter(state.step);
    if (!scene || !state.scene || (panel.step && !panel.ended(panel.step)) || panel.kept.step !== state.step) return;
    try {
      const shown = await read(this.store.rules, state.scene);
      if (state === this.state && this.follows) panel.show(shown);
    } catch (error) {
      if (error.sentence) tell(error.sentence, "lessons", "warning");
    }
  }

  /** An answer or a chart that the teacher shows to all. */
  spotlight(what) {
    const step = what && this.panel.lesson.steps[what.step];
    this.shown.hidden = !step?.end;
    if (!step?.end) {
      this.shown.replaceChildren();
      return;
    }
    const text = what.one ? `one answer${what.name ? `, by ${what.name}` : ""}` : `${what.values.length} answers`;
    this.shown.open = true;
    this.shown.replaceChildren(make("summary", { text: `The teacher shows ${text}` }), make("p", { class: "lesson-ask", text: step.end.ask }), chart(step.end, what.values, { reveal: this.panel.ended(step), one: what.one }));
    draw(this.shown, this.facts());
  }

  /** The page shows something else, such as another model. */
  moved() {
    if (!this.panel) return;
    draw(this.shown, this.facts());
    if (this.ready) return;
    this.ready = true;
    this.follow();
  }

  line(away) {
    this.node?.toggleAttribute("data-away", away);
    if (away) this.told("No connection; go on, what you do is kept.");
    else if (this.said?.textContent.startsWith("No connection")) this.told("");
  }

  gone(sentence = "The class has ended, and what you sent is deleted.") {
    if (this.talk.over.signal.aborted) return;
    remember(this.code, null);
    localStorage.removeItem(KEPT + this.code);
    this.panel.forget();
    this.leave();
    tell(sentence, "lessons", "note");
  }
}
