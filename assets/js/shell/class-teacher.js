/** The teacher's side of a class: what is shown goes to the students, what they send is collected for the wall. */

import { write } from "../compute/link.js";
import { byId, everyFrame, make, settled } from "../core/dom.js";
import { tell } from "../core/notices.js";
import { Talk, remember, written } from "./class-talk.js";
import { Wall } from "./class-wall.js";

const QUIET = 400; // milliseconds without a change before it is sent
const OVER = "The class is over: all that was sent has been deleted.";
const START = { step: 0, scene: null, frozen: false, spotlight: null };

export class Teacher {
  /**
   * @param {string} code
   * @param {string} secret
   * @param {{store: import("../core/scene.js").Store, facts: () => object, leave: () => void}} page
   */
  constructor(code, secret, page) {
    Object.assign(this, page, { talk: new Talk(code, secret), panel: null, state: { ...START }, names: new Map(), answers: new Map(), ends: 0, sent: {} });
    this.sends = settled(() => this.send(), QUIET);
    this.redraw = everyFrame(() => {
      this.count.textContent = `${this.names.size} joined, ${this.answers.size} answers`;
      this.wall?.refresh();
    });
  }

  get code() {
    return this.talk.code;
  }

  /** What students open: this page's address with the code alone. */
  get address() {
    const here = new URL(document.baseURI);
    return `${here.origin}${here.pathname}?class=${this.code}`;
  }

  /** The state as the server has it -> the lesson's name. */
  begin() {
    return new Promise((done, fail) => {
      const hear = (kind, data) => {
        this.hear(kind, data);
        if (kind === "state") done(data.lesson);
        if (kind === "gone") fail(Object.assign(new Error("gone"), { sentence: data.sentence ?? OVER, status: 404 }));
      };
      this.talk.listen(hear, (away) => this.line(away));
    });
  }

  /** Stand in the lesson's panel. @param {import("./lesson-panel.js").LessonPanel} panel */
  stand(panel) {
    this.panel = panel;
    this.count = make("span", { class: "class-count", role: "status" });
    const wall = make("button", { type: "button", class: "button", id: "class-wall", text: "Wall", click: () => this.show() });
    this.node = make("div", { class: "class-bar", id: "class-bar", "data-role": "teacher" }, make("strong", { text: `Class ${written(this.code)}` }), this.count, wall);
    panel.node.querySelector(".lesson-head").after(this.node);
    panel.node.addEventListener("kept", () => this.moved());
    this.redraw();
  }

  show() {
    this.wall ??= new Wall(this);
    this.wall.open();
  }

  close() {
    this.talk.close();
    this.wall?.close();
    this.node?.remove();
  }

  // -- what the students see

  /** The page shows something else. */
  moved() {
    if (!this.panel) return;
    this.sends();
    this.redraw();
  }

  async send() {
    const { store, panel } = this;
    if (!panel || !store.scene) return;
    const now = { step: panel.kept.step };
    const bare = { ...store.scene, build: null };
    if (panel.lesson.models.includes(bare.model) && !JSON.stringify(bare).includes('"sha256"')) now.scene = await write(store.rules, bare).catch(() => null); // no own item leaves this browser
    const news = Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== null && this.sent[name] !== value));
    if (!Object.keys(news).length) return;
    try {
      await this.talk.ask("PATCH", "", news);
      Object.assign(this.sent, news);
    } catch (error) {
      if (error.status === 0) this.sends(); // once more
      else if (error.status !== 404) this.warn(error);
    }
  }

  async change(what) {
    try {
      await this.talk.ask("PATCH", "", what);
    } catch (error) {
      this.warn(error);
    }
  }

  warn(error) {
    if (error.name === "AbortError") return;
    if (this.wall?.node.open) this.wall.warn(error);
    else tell(error.sentence ?? error.message, "lessons", "warning");
  }

  spotlight(step, number, named) {
    return this.change({ spotlight: { step, number, named } });
  }

  // -- what came in

  hear(kind, data) {
    if (kind === "gone") this.gone();
    else if (kind === "student") this.names.set(data.number, data.name);
    else if (kind === "answer") this.answers.set(`${data.number}:${data.step}`, data);
    else if (kind === "state") {
      Object.assign(this.state, data);
      this.ends = data.ends;
    }
    if (this.panel) this.redraw();
  }

  /** Answers of a step, by students' numbers. */
  of(step) {
    return [...this.answers.values()].filter((one) => one.step === step).sort((a, b) => a.number - b.number);
  }

  line(away) {
    this.node?.toggleAttribute("data-away", away);
  }

  gone() {
    remember(this.code, null);
    if (!this.panel || this.talk.over.signal.aborted) return;
    this.panel.forget();
    this.leave();
    tell(OVER, "lessons", "note");
  }

  // -- files, and the end

  async qr() {
    return (await this.talk.ask("GET", `/qr.svg?${new URLSearchParams({ address: this.address })}`)).blob();
  }

  async table() {
    return (await this.talk.ask("GET", "/answers.csv")).blob();
  }

  end() {
    return this.talk.ask("DELETE").then(() => this.gone());
  }
}
