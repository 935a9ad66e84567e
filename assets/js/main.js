/** The page: one scene, kept here; everything else is drawn from it. Called once, when Gradio has put the workspace up. */

import { compute } from "./compute/compute.js";
import { ask } from "./compute/server.js";
import { wire } from "./compute/wire.js";
import { address, byId } from "./core/dom.js";
import { settle, tell, waiting } from "./core/notices.js";
import { Store } from "./core/scene.js";
import { begun, stands } from "./core/standing.js";
import { Hands } from "./map/hands.js";
import { ItemMap } from "./map/map.js";
import { sayOther } from "./panels/build.js";
import { Facts } from "./panels/facts.js";
import { Paint } from "./panels/paint.js";
import { write } from "./compute/link.js";
import { Stage } from "./panels/stage.js";
import { carries, linked } from "./shell/address.js";
import { bind } from "./shell/bind.js";
import { commands } from "./shell/commands.js";
import { dial } from "./shell/dial.js";
import { divider } from "./shell/divider.js";
import { downloads, posted } from "./shell/download.js";
import { embed } from "./shell/embed.js";
import { framed } from "./shell/framed.js";
import { grid } from "./shell/grid.js";
import { guide } from "./shell/guide.js";
import { history as steps } from "./shell/history.js";
import { keys } from "./shell/keys.js";
import { lessons } from "./shell/lessons.js";
import { letters } from "./shell/letters.js";
import { OwnItem } from "./shell/own.js";
import { Picker } from "./gallery/picker.js";
import { Pins } from "./shell/pins.js";
import { player } from "./shell/player.js";
import { rove } from "./shell/rove.js";
import { sound } from "./shell/sound.js";
import { tabs } from "./shell/tabs.js";
import { titles } from "./shell/titles.js";
import { View } from "./shell/view.js";

/** Tabs that show what this browser keeps. */
const KEPT = new Set(["directions", "selection"]);

/**
 * @param {{element: HTMLElement, server?: {act: (request: object) => Promise<object>}, files?: string[], lesson?: string}} page
 *   `server`: what answers in a site without one; `files`: kinds that can be saved there; `lesson`: on which it opens
 */
export function start({ element, server = null, files = null, lesson = null }) {
  const root = element.querySelector("#workspace");
  const send = server?.act ?? wire();
  const question = (request) => ask(send, request);
  const store = new Store();
  const map = new ItemMap(store);
  const hands = new Hands(map, store);
  const pins = new Pins(byId("pins"), store);
  const own = new OwnItem(store);
  letters(store, own);
  const tellFrame = framed(store, map.groups);
  const paint = new Paint(store);
  const stage = new Stage(map.thumbs, (sha256) => own.kept(sha256));
  const kept = { own: (sha256) => own.kept(sha256), groups: () => map.groups.lists, selection: () => map.selection, pins: () => pins.all };
  let opening = 0;
  let step = history.state?.step ?? 0; // of the scene's history, as far as the address has followed
  let moved = false; // by the browser's Back or Forward, within the scene's history

  const state = (name) => (root.dataset.state = name);
  const rest = () => {
    state("ready");
    map.drawn.then(stands);
  };
  const view = new View({ store, map, stage, kept }, () => rest());
  const run = commands({ store, pins, map, hands, ask: question });
  compute.connect(files ? null : send, Boolean(files));

  store.on("change", ({ live }) => {
    state("busy");
    byId("undo").disabled = !store.past.length;
    byId("redo").disabled = !store.future.length;
    const { difference } = store.scene.view;
    root.toggleAttribute("data-difference", difference);
    byId("difference").setAttribute("aria-pressed", String(difference));
    view.show(live);
    if (live) return;
    map.sync();
    remember();
  });
  store.on("elsewhere", (scene) => go({ checkpoint: scene.model }, scene));
  for (const name of ["groups", "pins"]) store.on(name, () => KEPT.has(store.scene?.view.tab) && view.again());

  /** The scene as a link, in the address bar. */
  async function remember() {
    const { scene, version } = store;
    try {
      const link = await write(store.rules, scene);
      if (version !== store.version) return;
      followed(link);
    } catch (error) {
      if (version !== store.version) return;
      store.link = null; // the address says what was before, which isn't what is on stage
      tell(error.sentence ?? error.message, "link", "warning");
    }
  }

  /** Each step of the scene is one of the browser's history, too, so that Back takes it back. */
  function followed(link) {
    store.link = link;
    const at = store.past.length;
    const further = at > step;
    step = at;
    address(`${location.search}#${link}`, { state: { step }, further });
    tellFrame();
  }

  function travelled({ state: there }) {
    if (!Number.isInteger(there?.step) || there.step === step) return;
    moved = true;
    const back = there.step < step;
    step = there.step;
    for (let k = 0; store.past.length !== step && k < 200 && (back ? store.past : store.future).length; k++) back ? store.undo() : store.redo();
  }

  function choose(model) {
    const [sentence, paper] = byId("model-summary").children;
    sentence.textContent = model.summary;
    const [first] = model.papers;
    paper.hidden = !first || !byId("reading-room");
    if (first) Object.assign(paper, { textContent: `Paper ${first.number}`, title: first.title, href: `reading-room#paper-${first.number}` });
    root.dataset.modality = model.modality.name;
    document.title = `${model.title} · Latent Explorer`;
  }

  /** Everything about another model, before its scene is drawn. */
  function prepare(told) {
    const facts = new Facts(told, { files });
    store.rules = told.rules;
    settle(true);
    compute.open(told);
    map.open(told.model);
    if (told.first) {
      compute.know(told.first);
      map.thumbs.know(told.first.real);
    }
    view.open(facts);
    pins.open(told.model);
    own.open(facts);
    paint.model(facts);
    choose(told.model);
  }

  /** Open a link or a checkpoint; `scene`, or what it makes of the answer, takes the place of its opening one. */
  async function go(what, scene, remembered = !scene) {
    const turn = ++opening;
    state("busy");
    waiting("bar", true);
    const answer = await question({ do: "open", link: null, checkpoint: null, ...what });
    waiting("bar", false);
    if (turn !== opening) return;
    if (!answer.ok) {
      tell(answer.error, answer.where ?? "checkpoint");
      state("ready");
      stands();
      return;
    }
    const opened = typeof scene === "function" ? await scene(answer) : (scene ?? answer.scene);
    if (turn !== opening) return;
    prepare(answer);
    store.open(opened, answer.model, remembered);
    if (answer.warning) tell(answer.warning, "link", "warning");
    sayOther(pins.all, answer.model, "stage");
    sayOther(map.groups.all, answer.model, "map");
  }

  new Picker(store, (checkpoint) => go({ checkpoint }));
  addEventListener("popstate", travelled);
  addEventListener("hashchange", () => {
    if (!moved && linked() !== store.link && !carries()) go({ link: linked() || null });
    moved = false;
  });
  if (!files) downloads(posted);
  bind(root, store, run);
  tabs(byId("tabs"), store);
  embed(root, store);
  dial(byId("dial"), store, (scene) => go({ checkpoint: scene.model }, scene, true));
  keys({ store, hands, run });
  grid(root, store);
  rove(root);
  sound(store, (sha256) => own.kept(sha256)?.sound);
  player(store);
  guide(root);
  steps({ store, facts: () => view.facts, go, hands, groups: map.groups });
  divider();
  titles(root);
  begun();
  const asked = lessons({ store, facts: () => view.facts, go, hands, ask: question, opens: lesson }).asked();
  if (asked) asked.then(({ scene, fault }) => go({ link: linked() || scene }).then(() => fault && tell(fault, "lessons", "warning")));
  else go({ link: linked() || null });
}
