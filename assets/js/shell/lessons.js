/**
 * Lessons: the list of them, and which one is open. `?lesson=NAME` opens one, `?class=CODE` that of a class, see
 * class-entry.js; `explorer/lessons.json` and
 * `explorer/lessons/NAME.json` are what the page fetches. A lesson of one's own is a file, or a link that carries one, see
 * lesson-files.js. What draws a lesson is loaded with the first one.
 */

import { saveStep, show } from "../core/dialog.js";
import { address as write, byId, make } from "../core/dom.js";
import { load } from "../core/files.js";
import { tell } from "../core/notices.js";
import { carries } from "./address.js";

const ASKED = "lesson";
const CLASS = "class"; // a lesson that a class walks together, see class-entry.js
const GAME = "match"; // the game stands where a lesson does, see match.js
const OWN = "own:"; // before the name of one's own, see lesson-files.js
const CARRIED = "#"; // what the address carries
const NONE = "To walk a lesson together with a class takes a server of the explorer on which that is switched on.";
const LOST = "This lesson couldn't be loaded; open it again to try once more.";

async function fetched(path) {
  const answer = await load(`explorer/${path}`);
  const said = await answer.json().catch(() => null);
  if (answer.ok && said) return said;
  throw Object.assign(new Error("lesson"), { sentence: said?.error ?? LOST });
}

/** The address with a lesson, a target of the game, or neither; the scene behind it stays, or takes the place of what it carried. */
function named(name, as, link) {
  const query = new URLSearchParams(location.search);
  for (const one of [ASKED, CLASS, GAME]) query.delete(one);
  if (name) query.set(as, name);
  const text = query.toString();
  write(`${location.pathname}${text ? `?${text}` : ""}${carries() ? link && `#${link}` : location.hash}`, { state: history.state });
}

/**
 * @param {{store: import("../core/scene.js").Store, facts: () => import("../panels/facts.js").Facts, go: (what: object) => Promise<void>, hands: import("../map/hands.js").Hands, ask: (request: object) => Promise<object>, opens?: string}} page `opens`:
 *   the lesson of a page that is made for one, see explorer/page/onefile.py
 * @returns {{asked: () => Promise<{scene: string|null, fault: string|null}>|null}} `asked`: opens the lesson that the address names, null where
 *   it names none; `scene` on which it opens, `fault` why it can't
 */
export function lessons(page) {
  const root = byId("workspace");
  let open = null;
  let held = null; // the class that the open lesson belongs to
  const address = (name, as = ASKED) => named(name, as, page.store.link ?? "");

  function put() {
    held?.close();
    open?.close();
    held = open = null;
  }

  function leave() {
    put();
    root.removeAttribute("data-lesson");
    address(null);
    byId("lessons").focus();
  }

  /** Put a lesson beside the page, at the step where it was left. */
  async function take(name) {
    const [lesson, { LessonPanel }] = await Promise.all([found(name), import("./lesson-panel.js")]);
    put();
    return stand(new LessonPanel(lesson, { ...page, leave, list }), lesson.name);
  }

  /** A lesson by its name, or one's own: a file, a name under which one is kept, or what the address carries. @param {string|File} what */
  async function found(what) {
    if (what instanceof File || what.startsWith(OWN) || what === CARRIED) {
      const files = await import("./lesson-files.js");
      const { hash } = location;
      if (what === CARRIED) address(null); // it is read once; the scene takes its place in the address
      return files.read(page.ask, what instanceof File ? await files.textOf(what) : what === CARRIED ? await files.carried(hash) : files.kept(what));
    }
    return fetched(`lessons/${encodeURIComponent(what)}.json`);
  }

  /** Put the lesson of a class beside the page. @param {string} code */
  async function share(code) {
    if (!root.hasAttribute("data-class")) throw Object.assign(new Error("class"), { sentence: NONE });
    const { enter } = await import("./class-entry.js");
    const met = await enter(code, { ...page, leave });
    try {
      const asked = met.lesson.startsWith(OWN) ? met.held.talk.ask("GET", "/lesson").then((answer) => answer.json()) : fetched(`lessons/${encodeURIComponent(met.lesson)}.json`);
      const [lesson, { LessonPanel }] = await Promise.all([asked, import("./lesson-panel.js")]);
      put();
      held = met.held;
      const panel = stand(new LessonPanel(lesson, { ...page, leave, list, as: `${met.lesson}@${held.code}` }), held.code, CLASS);
      held.stand(panel);
      return panel;
    } catch (error) {
      met.held.close();
      throw error;
    }
  }

  function stand(panel, name, as = ASKED) {
    open = panel;
    root.dataset.lesson = panel.lesson?.name ?? name;
    byId("dialog").after(panel.node);
    address(name, as);
    return panel;
  }

  /** Put the game beside the page. @param {string|null} code of a target; null: any */
  async function play(code) {
    const { MatchPanel, fresh, named: known } = await import("./match.js");
    if (code !== null && !known(code)) throw Object.assign(new Error("match"), { sentence: "This link names no target of the game." });
    put();
    const target = code ?? fresh();
    return stand(new MatchPanel(target, { ...page, leave, rename: (other) => address(other, GAME) }), target, GAME);
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

  /** Say what went wrong where a person looks: in the list, or at the button that opens it. */
  function told(error) {
    const said = byId("dialog").open && byId("lesson-file-said");
    if (said) said.textContent = error.sentence ?? LOST;
    else tell(error.sentence ?? LOST, "lessons");
  }

  /** Go to a class from the list. @param {string} code @param {boolean} [shows] its wall, too */
  async function join(code, shows = false) {
    const panel = await share(code);
    byId("dialog").close();
    panel.enter(panel.kept.step);
    held.moved();
    if (shows) held.show();
  }

  /** What the list says of classes. */
  async function classes(all) {
    if (root.hasAttribute("data-class")) return (await import("./class-entry.js")).section(all, join);
    return make("p", { class: "note", id: "class-none", text: NONE });
  }

  async function begin(what) {
    try {
      const panel = await take(what);
      byId("dialog").close();
      panel.enter(panel.kept.step);
    } catch (error) {
      told(error);
    }
  }

  async function list() {
    try {
      const [all, { progress }, files] = await Promise.all([fetched("lessons.json"), import("./lesson-panel.js"), import("./lesson-files.js")]);
      const far = ({ name, steps }) => {
        const { step } = progress(name);
        return step >= steps ? "done" : step ? `at step ${step + 1} of ${steps}` : `${steps} steps`;
      };
      const row = (one, ...more) =>
        make("li", {}, make("button", { type: "button", class: "lesson-entry", "data-lesson": one.name, click: () => begin(one.name) }, make("strong", { text: one.title }), make("span", { text: one.goal }), make("small", { text: `${one.minutes} minutes, ${one.level}, ${far(one)}` })), ...more);
      const own = "alone" in root.dataset ? { rows: [], ways: [], entries: [] } : files.section({ row, again: list, begin });
      const none = make("p", { class: "note", text: "Each lesson opens a model that isn't here." });
      const rows = [...own.rows, ...all.map((one) => row(one))];
      const ways = make("div", { class: "row" }, make("button", { type: "button", class: "button", id: "match-begin", text: "Match a picture: a game", click: game }), ...own.ways, saveStep());
      show("Lessons", ways, make("p", { class: "error", id: "lesson-file-said", role: "alert" }), await classes([...own.entries, ...all]), rows.length ? make("ul", { class: "lesson-list" }, ...rows) : none);
    } catch (error) {
      told(error);
    }
  }

  document.addEventListener("do-lessons", list);
  document.addEventListener("do-open-lesson", ({ detail }) => begin(detail));
  addEventListener("hashchange", () => carries() && begin(CARRIED));
  document.addEventListener("do-save-step", () => {
    const { scene } = page.store;
    import("./lesson-step.js").then(({ save }) => save(page.facts(), scene)).catch(told);
  });
  page.store.on("change", ({ live }) => {
    if (live) return;
    open?.judge();
    held?.moved();
  });

  return {
    asked() {
      const query = new URLSearchParams(location.search);
      const [code, together] = [query.get(GAME), query.get(CLASS)];
      const name = carries() ? CARRIED : (query.get(ASKED) ?? (location.hash ? null : page.opens));
      if (code !== null) return play(code).then(() => ({ scene: null, fault: null }), (error) => ({ scene: null, fault: error.sentence ?? LOST }));
      if (!name && together === null) return null;
      return (together === null ? take(name) : share(together)).then(
        (panel) => {
          panel.draw();
          return { scene: panel.scene && JSON.stringify(panel.scene), fault: null };
        },
        (error) => ({ scene: null, fault: error.sentence ?? LOST }),
      );
    },
  };
}
