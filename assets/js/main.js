/** The page: one scene, kept here; everything else is drawn from it. Called once, when Gradio has put the workspace up. */

import { clean, forget, inspector, slots } from "./shell/answers.js";
import { bind } from "./shell/bind.js";
import { dial } from "./shell/dial.js";
import { commands } from "./shell/commands.js";
import { compute } from "./compute/compute.js";
import { byId } from "./core/dom.js";
import { grid } from "./shell/grid.js";
import { guide } from "./shell/guide.js";
import { Hands } from "./map/hands.js";
import { keys } from "./shell/keys.js";
import { Live } from "./shell/live.js";
import { ItemMap } from "./map/map.js";
import { settle, tell, waiting } from "./core/notices.js";
import { options } from "./shell/options.js";
import { OwnItem } from "./shell/own.js";
import { Picker } from "./gallery/picker.js";
import { Pins } from "./shell/pins.js";
import { player } from "./shell/player.js";
import { Store } from "./core/scene.js";
import { ask, Lane } from "./shell/server.js";
import { sound } from "./shell/sound.js";
import { tabs } from "./shell/tabs.js";

/**
 * @param {{element: HTMLElement, server: {act: (request: object) => Promise<object>}}} gradio
 */
export function start({ element, server }) {
  const root = element.querySelector("#workspace");
  compute.connect("alone" in root.dataset ? null : (request) => server.act(request));
  const send = async (request) => (await live.answer(request, (stage) => early(stage, request.n))) ?? server.act(request);
  const store = new Store();
  const map = new ItemMap(store);
  const hands = new Hands(map, store);
  const pins = new Pins(byId("pins"), store);
  let rendered = 0;
  let opening = 0;
  let step = 0; // of the scene's history, as far as the address has followed
  let moved = false; // by the browser's Back or Forward, within the scene's history

  const state = (name) => (root.dataset.state = name);
  const lane = new Lane(send, receive, (slow, request) => {
    waiting("stage", slow);
    waiting("inspector", slow && request.do === "show");
  });
  const live = new Live({
    store,
    shown: ({ slots: moving, overlay }) => {
      slots(moving);
      map.mark(overlay);
      rendered += 1;
      root.dataset.rendered = rendered;
    },
    otherwise: (scene, version) => version === store.version && lane.push({ do: "live", scene }, version),
    rest: () => again(),
  });
  const run = commands({ store, pins, map, hands, ask: (request) => ask(send, request) });

  store.on("change", ({ live: moving }) => {
    state("busy");
    byId("undo").disabled = !store.past.length;
    byId("redo").disabled = !store.future.length;
    const { difference } = store.scene.view;
    root.toggleAttribute("data-difference", difference);
    byId("difference").setAttribute("aria-pressed", String(difference));
    if (moving && live.take(store.scene, store.version)) return;
    live.drop();
    lane.push({ do: moving ? "live" : "show", scene: store.scene }, store.version);
    if (!moving) map.sync();
  });
  store.on("model", (model) => {
    lane.drop();
    forget();
    settle(true);
    map.open(model);
    pins.open(model);
    live.open(model);
    choose(model);
  });
  store.on("elsewhere", (scene) => go({ checkpoint: scene.model }, scene));

  const again = () => lane.idle && live.idle && state("ready");

  function receive(answer, asked, version) {
    if (!answer.ok) {
      tell(answer.error, answer.where, "error", true);
      again();
      return;
    }
    clean(answer);
    root.dataset.made = answer.here ? "here" : "server";
    slots(answer.slots);
    if (answer.overlay) map.mark(answer.overlay);
    const follow = (more) => {
      if (version !== store.version) return;
      slots(more.slots);
      map.mark(more.overlay);
      root.dataset.later = version;
      more.later?.then(follow, () => {}); // the map does without its ground
    };
    answer.later?.then(follow);
    if (version === store.version) live.settle();
    if (asked.do === "show") {
      store.adopt(answer.scene, version);
      inspector(answer.panel, asked.scene.view.tab, { compute, store });
      if (version === store.version) address(answer.link);
    }
    rendered += 1;
    root.dataset.rendered = rendered;
    again();
  }

  /** The pictures of an answer that isn't whole yet. */
  function early(stage, version) {
    if (version !== store.version) return;
    slots(stage);
    live.settle();
  }

  /** Each step of the scene is one of the browser's history, too, so that Back takes it back. */
  function address(link) {
    store.link = link;
    const at = store.past.length;
    const further = at > step;
    step = at;
    try {
      if (further) history.pushState({ step }, "", `#${link}`);
      else history.replaceState({ step }, "", `#${link}`);
    } catch {
      // Too many in a short time for this browser: the address follows with the next change.
    }
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

  /** Open a link or a checkpoint; `scene` takes the place of its opening one. */
  async function go(what, scene, remember = !scene) {
    const turn = ++opening;
    state("busy");
    waiting("bar", true);
    const answer = await ask(send, { do: "open", link: null, checkpoint: null, ...what });
    waiting("bar", false);
    if (turn !== opening) return;
    if (!answer.ok) {
      tell(answer.error, answer.where ?? "checkpoint");
      state("ready");
      return;
    }
    compute.open(answer);
    store.open(scene ?? answer.scene, answer.model, remember);
    if (answer.warning) tell(answer.warning, "link", "warning");
  }

  const linked = () => decodeURIComponent(location.hash.slice(1));
  new Picker(store, (checkpoint) => go({ checkpoint }));
  addEventListener("popstate", travelled);
  addEventListener("hashchange", () => {
    if (!moved && linked() !== store.link) go({ link: linked() || null });
    moved = false;
  });
  bind(root, store, run);
  tabs(byId("tabs"), store);
  dial(byId("dial"), store, (scene) => go({ checkpoint: scene.model }, scene, true));
  keys({ store, hands, run });
  grid(root, store);
  const question = (request) => ask(send, request);
  const own = new OwnItem(store, question);
  sound(store, question, (sha256) => own.sound(sha256));
  options(store, map.groups, pins);
  player();
  guide(root);
  go({ link: linked() || null });
}
