/**
 * Lessons: the list of them, and which one is open. `?lesson=NAME` opens one; `explorer/lessons.json` and
 * `explorer/lessons/NAME.json` are what the page fetches. What draws a lesson is loaded with the first one.
 */

import { saveStep, show } from "../core/dialog.js";
import { address, byId, make } from "../core/dom.js";
import { tell } from "../core/notices.js";

const ASKED = "lesson";
const GAME = "match"; // the game stands where a lesson does, see match.js
const LOST = "This lesson couldn't be loaded; open it again to try once more.";

async function fetched(path) {
  const answer = await fetch(new URL(`explorer/${path}`, document.baseURI));
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  throw Object.assign(new Error("lesson"), { sentence: said?.error ?? LOST });
}

/** The address with a lesson, a target of the game, or neither; the scene behind it stays. */
function named(name, as = ASKED) {
  const query = new URLSearchParams(location.search);
  for (const one of [ASKED, GAME]) query.delete(one);
  if (name) query.set(as, name);
  const text = query.toString();
  address(`${location.pathname}${text ? `?${text}` : ""}${location.hash}`, { state: history.state });
}

/**
 * @param {{store: import("../core/scene.js").Store, facts: () => import("../panels/facts.js").Facts, go: (what: object) => Promise<void>, hands: import("../map/hands.js").Hands}} page
 * @returns {{asked: () => Promise<{scene: string|null, fault: string|null}>|null}} `asked`: opens the lesson that the address names, null where
 *   it names none; `scene` on which it opens, `fault` why it can't
 */
export function lessons(page) {
  const root = byId("workspace");
  let open = null;

  function leave() {
    open?.close();
    open = null;
    root.removeAttribute("data-lesson");
    named(null);
    byId("lessons").focus();
  }

  /** Put a lesson beside the page, at the step where it was left. */
  async function take(name) {
    const [lesson, { LessonPanel }] = await Promise.all([fetched(`lessons/${encodeURIComponent(name)}.json`), import("./lesson-panel.js")]);
    open?.close();
    return stand(new LessonPanel(lesson, { ...page, leave, list }), name);
  }

  function stand(panel, name, as = ASKED) {
    open = panel;
    root.dataset.lesson = name;
    byId("dialog").after(panel.node);
    named(name, as);
    return panel;
  }

  /** Put the game beside the page. @param {string|null} code of a target; null: any */
  async function play(code) {
    const { MatchPanel, fresh, named: known } = await import("./match.js");
    if (code !== null && !known(code)) throw Object.assign(new Error("match"), { sentence: "This link names no target of the game." });
    open?.close();
    const target = code ?? fresh();
    return stand(new MatchPanel(target, { ...page, leave, rename: (other) => named(other, GAME) }), target, GAME);
  }

  async function game() {
    byId("dialog").close();
    try {
      const panel = await play(null);
      await panel.begin();
    } catch (error) {
      told(error);
    }
  }

  const told = (error) => tell(error.sentence ?? LOST, "lessons");

  async function begin(name) {
    byId("dialog").close();
    try {
      const panel = await take(name);
      panel.enter(panel.kept.step);
    } catch (error) {
      told(error);
    }
  }

  async function list() {
    try {
      const [all, { progress }] = await Promise.all([fetched("lessons.json"), import("./lesson-panel.js")]);
      const far = ({ name, steps }) => {
        const { step } = progress(name);
        return step >= steps ? "done" : step ? `at step ${step + 1} of ${steps}` : `${steps} steps`;
      };
      const row = (one) =>
        make("li", {}, make("button", { type: "button", class: "lesson-entry", "data-lesson": one.name, click: () => begin(one.name) }, make("strong", { text: one.title }), make("span", { text: one.goal }), make("small", { text: `${one.minutes} minutes, ${one.level}, ${far(one)}` })));
      const none = make("p", { class: "note", text: "Each lesson opens a model that isn't here." });
      show("Lessons", all.length ? make("ul", { class: "lesson-list" }, ...all.map(row)) : none, make("p", { class: "row" }, make("button", { type: "button", class: "button", id: "match-begin", text: "Match a picture: a game", click: game }), saveStep()));
    } catch (error) {
      told(error);
    }
  }

  document.addEventListener("do-lessons", list);
  document.addEventListener("do-save-step", () => {
    const { scene } = page.store;
    import("./lesson-step.js").then(({ save }) => save(page.facts(), scene)).catch(told);
  });
  page.store.on("change", ({ live }) => live || open?.judge());

  return {
    asked() {
      const query = new URLSearchParams(location.search);
      const [name, code] = [query.get(ASKED), query.get(GAME)];
      if (code !== null) return play(code).then(() => ({ scene: null, fault: null }), (error) => ({ scene: null, fault: error.sentence ?? LOST }));
      if (!name) return null;
      return take(name).then(
        (panel) => {
          panel.draw();
          return { scene: panel.scene && JSON.stringify(panel.scene), fault: null };
        },
        (error) => ({ scene: null, fault: error.sentence ?? LOST }),
      );
    },
  };
}
