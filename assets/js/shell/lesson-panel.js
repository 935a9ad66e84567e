/** The lesson beside the page: one step at a time, what was predicted and reached, and the way on. The scene itself is the page's. */

import { compute } from "../compute/compute.js";
import { byId, keep, make, recall } from "../core/dom.js";
import { pointOf, whole } from "../core/scene.js";
import { truth as measured } from "./lesson-curve.js";
import { met } from "./lesson-goal.js";
import { answers, outcome, prediction, prose, results } from "./lesson-parts.js";

const KEPT = "explorer.lessons";
const PLACES = { map: "#map-pane", stage: "#stage", inspector: "#inspector" };
const NARROW = "(max-width: 900px)"; // as lesson.css: then the map may be out of sight
const FRESH = { step: 0, said: {}, reached: {} };

/** How far a lesson is, as this browser keeps it. @param {string} name */
export function progress(name) {
  const all = recall(KEPT, {});
  const one = all && Object.hasOwn(all, name) ? all[name] : null;
  return { ...structuredClone(FRESH), ...(one && typeof one === "object" ? one : {}) };
}

export class LessonPanel {
  /**
   * @param {object} lesson as the server gives it
   * @param {{as?: string, store: import("../core/scene.js").Store, facts: () => object, go: (what: object) => Promise<void>, hands: import("../map/hands.js").Hands, leave: () => void, list: () => void}} page
   */
  constructor(lesson, page) {
    Object.assign(this, { lesson, ...page, name: page.as ?? lesson.name, kept: progress(page.as ?? lesson.name), shows: false, aim: null });
    this.kept.step = Math.min(Math.max(0, this.kept.step | 0), lesson.steps.length);
    this.body = make("div", { class: "lesson-body", tabindex: -1 });
    const fold = make("button", { type: "button", class: "tool", id: "lesson-fold", "aria-expanded": "true", "aria-label": "Show the text of the step", text: "▾", click: () => this.fold() });
    const close = make("button", { type: "button", class: "tool", id: "lesson-close", "aria-label": "Leave the lesson; it is kept", title: "Leave the lesson; it is kept", text: "×", click: () => this.leave() });
    this.bar = make("progress", { class: "lesson-progress", max: lesson.steps.length, "aria-hidden": "true" });
    this.foot = make("div", { class: "lesson-foot row" });
    this.node = make(
      "section",
      { class: "lesson", id: "lesson", "aria-label": `Lesson: ${lesson.title}` },
      make("div", { class: "lesson-head" }, make("p", { class: "lesson-name", text: lesson.title }), fold, close),
      this.bar,
      this.body,
      this.foot,
    );
  }

  get step() {
    return this.lesson.steps[this.kept.step] ?? null;
  }

  /** The scene that belongs to where one is, or the nearest one before. */
  get scene() {
    for (let k = Math.min(this.kept.step, this.lesson.steps.length - 1); k >= 0; k--) {
      const step = this.lesson.steps[k];
      const found = (this.ended(step) && step.reveal) || step.scene;
      if (found) return found;
    }
    return null;
  }

  /** What was said at a step: a title may be any text, such as that of a method of objects. */
  said({ title }) {
    return Object.hasOwn(this.kept.said, title) ? this.kept.said[title] : undefined;
  }

  ended(step) {
    const { title, end } = step;
    return !end || (end.kind === "predict" ? answers(end, this.said(step)) : Object.hasOwn(this.kept.reached, title));
  }

  remember() {
    const all = recall(KEPT, {});
    keep(KEPT, { ...(all && typeof all === "object" ? all : {}), [this.name]: this.kept });
    this.node?.dispatchEvent(new Event("kept"));
  }

  /** Keep nothing of it any more. */
  forget() {
    const all = recall(KEPT, {});
    delete all[this.name];
    keep(KEPT, all);
  }

  // -- going on

  /** Go to a step, with its scene. @param {number} to one past the last: what came of it */
  enter(to) {
    this.kept.step = Math.max(0, Math.min(to, this.lesson.steps.length));
    Object.assign(this, { shows: false, aim: null });
    this.remember();
    this.draw();
    if (this.step) this.show(this.scene);
    byId("lesson-title").focus({ preventScroll: true });
    this.body.scrollTop = 0;
  }

  /** Put a scene on the page; where it is of the model that is open, as one step that can be undone. */
  show(scene) {
    const { store } = this;
    if (!scene) return;
    if (store.scene?.model !== scene.model) this.go({ link: JSON.stringify(scene) });
    else store.update((now) => Object.assign(now, structuredClone({ ...whole(scene), build: now.build })));
  }

  /** What a person predicts is kept before anything is shown; a place or a curve together with the true one. */
  async predicted(value) {
    const { step } = this;
    const { place, curve } = step.end;
    if (place || curve) {
      try {
        const truth = curve ? await measured(this.facts(), curve) : (await compute.places([pointOf(whole(place))], place.view?.map ?? null))[0];
        if (step !== this.step) return;
        value = { at: value, truth };
      } catch (error) {
        byId("lesson-warning").textContent = error.sentence ?? error.message;
        return;
      }
    }
    this.kept.said = { ...this.kept.said, [step.title]: value };
    this.remember();
    this.draw();
    if (this.step.reveal) this.show(this.step.reveal);
    this.body.querySelector(".lesson-outcome").focus();
  }

  /** Pictures to choose from, as soon as the model is open whose they are. */
  async pictured() {
    const { pictures } = this.step?.end ?? {};
    const images = [...this.body.querySelectorAll(".lesson-pictures img:not([src])")];
    if (!pictures || !images.length || this.facts()?.model.name !== pictures[0].model) return;
    try {
      const drawn = await compute.picture(pictures.map((scene) => pointOf(whole(scene))));
      images.forEach((image, k) => (image.src = drawn[k]));
    } catch (error) {
      images.forEach((image) => (image.alt = error.sentence ?? error.message));
    }
  }

  /** While a place is asked for, a press on its map is the prediction; afterwards both places are marked. */
  aiming(step) {
    const { hands } = this;
    const { place, within } = step?.end ?? {};
    const on = place && { model: place.model, map: place.view?.map ?? null, within };
    const said = place && this.ended(step) ? this.said(step) : null;
    const mark = (marks) => hands.aim(on && { ...on, ...marks });
    hands.asked = place && !said ? (at) => {
      this.aim = at;
      byId("lesson-aim").textContent = "Your place is marked. Press another to change it.";
      mark({ guess: at });
    } : null;
    if (hands.asked && !this.aim && matchMedia(NARROW).matches) byId("map").scrollIntoView();
    mark(said ? { guess: said.at, truth: said.truth } : this.aim ? { guess: this.aim } : {});
  }

  /** The page shows something else: is a goal reached by it? @param {boolean} [claimed] a person says so */
  async judge(claimed = false) {
    const { step, store } = this;
    this.pictured();
    if (!step?.end?.goal || this.ended(step) || (step.end.kind === "find" && !claimed)) return;
    const { version } = store;
    let reached = false;
    try {
      reached = await met(this.facts(), store.scene, step.end.goal);
    } catch (error) {
      if (!error.sentence && error.name !== "AbortError") console.warn(error); // the stage says what is wrong with the scene
    }
    if (step !== this.step || this.ended(step) || (version !== store.version && !claimed)) return; // what is newer is judged too
    if (reached) {
      this.kept.reached = { ...this.kept.reached, [step.title]: this.shows ? "shown" : "yes" };
      this.remember();
      this.draw();
      if (step.reveal) this.show(step.reveal);
    } else if (claimed) byId("lesson-said").textContent = "Not this one. Look on.";
  }

  // -- what is shown

  draw() {
    const { lesson, step } = this;
    const { steps } = lesson;
    const at = this.kept.step;
    this.node.dataset.step = at;
    this.node.toggleAttribute("data-ended", !step || this.ended(step));
    this.bar.value = at;
    const title = make("h2", { id: "lesson-title", tabindex: -1, text: step?.title ?? "The end of the lesson" });
    const place = make("p", { class: "lesson-place", text: step ? `Step ${at + 1} of ${steps.length}` : `${steps.length} steps done` });
    this.body.replaceChildren(place, title, ...(step ? this.inside(step) : results(lesson, this.kept)));
    this.foot.replaceChildren(...this.ways(step));
    this.bound(step?.touch);
    this.aiming(step);
    this.pictured();
  }

  /** It is taken off the page. */
  close() {
    this.bound();
    this.aiming(null);
    this.node.remove();
  }

  inside(step) {
    const { end } = step;
    const ended = this.ended(step);
    const then = ended && step.then ? [make("div", { class: "lesson-then" }, ...prose(step.then))] : [];
    const parts = prose(step.text);
    if (!end) return [...parts, ...then];
    if (end.kind === "predict") return [...parts, ended ? outcome(end, this.said(step)) : prediction(end, (value) => this.predicted(value), () => this.aim), ...then];
    return [...parts, this.task(step, ended), ...then];
  }

  /** A task, and whether it is done. */
  task({ end }, ended) {
    const said = make("p", { class: "lesson-outcome", id: "lesson-said", role: "status", tabindex: -1, "data-right": ended ? "true" : null, text: ended ? "Done." : "" });
    const hint = make("details", { class: "lesson-hint" }, make("summary", { text: "Hint" }), make("p", { text: end.hint ?? "" }));
    const show = () => {
      this.shows = true;
      this.show(end.example);
      if (end.kind === "find") this.judge(true);
    };
    const found = end.kind === "find" && !ended ? [make("button", { type: "button", class: "button primary", id: "lesson-found", text: "This is one", click: () => this.judge(true) })] : [];
    const example = make("button", { type: "button", class: "button quiet", id: "lesson-example", text: "Show me one", click: show });
    return make("div", { class: "lesson-end" }, make("p", { class: "lesson-ask", text: end.ask }), ...(end.hint && !ended ? [hint] : []), make("div", { class: "row" }, ...found, ...(ended ? [] : [example])), said);
  }

  ways(step) {
    const button = (id, text, click, look = "quiet") => make("button", { type: "button", class: `button ${look}`, id, text, click });
    const back = this.kept.step > 0 ? [button("lesson-back", "Back", () => this.enter(this.kept.step - 1))] : [];
    if (!step) return [...back, button("lesson-again", "Begin anew", () => this.again()), button("lesson-others", "Other lessons", () => this.list()), button("lesson-done", "Close", () => this.leave(), "primary")];
    const ended = this.ended(step);
    const scene = this.scene ? [button("lesson-scene", "This step's scene", () => this.show(this.scene))] : [];
    const on = ended || step.end.kind !== "predict"; // nothing is shown before a prediction is kept
    const last = this.kept.step === this.lesson.steps.length - 1;
    const next = on ? [button("lesson-next", ended ? (last ? "Finish" : "Next") : "Skip", () => this.enter(this.kept.step + 1), ended ? "primary" : "quiet")] : [];
    return [...back, ...scene, ...next];
  }

  again() {
    Object.assign(this.kept, structuredClone(FRESH));
    this.enter(0);
  }

  /** Only these parts of the page can be used; all where none is named. @param {string[]} [places] */
  bound(places = []) {
    for (const [name, selector] of Object.entries(PLACES)) document.querySelector(selector).inert = places.length > 0 && !places.includes(name);
  }

  fold() {
    const folded = this.node.toggleAttribute("data-folded");
    byId("lesson-fold").setAttribute("aria-expanded", String(!folded));
  }
}
