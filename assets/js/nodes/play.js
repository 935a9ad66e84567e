/** The page of a play: its params and inputs are its link; each change runs it, the newest wins. */

import { SILENT } from "../compute/server.js";
import { address, byId } from "../core/dom.js";
import { settle, tell } from "../core/notices.js";
import { begun } from "../core/standing.js";
import { Store } from "../core/scene.js";
import * as theme from "../core/theme.js";
import { bind } from "../shell/bind.js";
import { player } from "../shell/player.js";
import { render } from "./render.js";

const SLOW = 400; // ms, after which progress shows
const root = byId("workspace");

/** A store whose scene is the state of the play, and no picture. */
class State extends Store {
  open(state) {
    this.scene = { params: state.params ?? {}, inputs: state.inputs ?? {} };
    this.history.begin(this.entry);
    this.emit("change", { live: false });
  }

  get entry() {
    const text = JSON.stringify(this.scene);
    return { model: "play", mark: text, text };
  }

  /** Its link keeps it; what this tab keeps is of the explorer's own page. */
  keep() {}
}

const store = new State();
const context = { store, compute: null };

/** What the address says; nothing where it can't be read. */
function linked() {
  try {
    return JSON.parse(decodeURIComponent(location.hash.slice(1))) ?? {};
  } catch {
    return {};
  }
}

/** Only what is set, so that a link stays short. */
const linkOf = ({ params, inputs }) => {
  const said = Object.entries({ params, inputs }).filter(([, values]) => Object.keys(values).length);
  return said.length ? `#${encodeURIComponent(JSON.stringify(Object.fromEntries(said)))}` : location.pathname;
};

let running = null;

async function run() {
  running?.abort();
  const turn = (running = new AbortController());
  root.dataset.state = "busy";
  const slow = setTimeout(() => waiting(true), SLOW);
  try {
    const answer = await fetch(`${location.pathname}/run`, { method: "POST", body: JSON.stringify(store.scene), headers: { "Content-Type": "application/json" }, signal: turn.signal });
    if (!answer.ok) throw new Error((await answer.json()).error ?? SILENT);
    settle(true);
    for await (const line of lines(answer.body)) if (turn === running) await show(JSON.parse(line));
  } catch (error) {
    if (error.name === "AbortError") return;
    tell(error instanceof TypeError ? SILENT : error.message, "play");
  } finally {
    clearTimeout(slow);
    if (turn === running) {
      waiting(false);
      root.dataset.state = "ready";
    }
  }
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value = "", done } = await reader.read();
    const parts = (text + value).split("\n");
    text = parts.pop();
    yield* parts;
    if (done) return;
  }
}

async function show({ form, nodes, progress, text, error, where }) {
  if (form) await render(byId("play-form"), form, context);
  if (nodes) await render(byId("play-shown"), nodes, context);
  if (progress !== undefined) {
    byId("play-progress").value = progress;
    byId("play-progress-text").textContent = text;
  }
  if (error) tell(error, where);
}

const waiting = (yes) => (byId("play-wait").hidden = !yes);

store.on("change", ({ live }) => {
  if (!live) address(linkOf(store.scene));
  run();
});
bind(root, store, (name, node) => document.dispatchEvent(new CustomEvent(`do-${name}`, { detail: { node } })));
player(store);
byId("theme").addEventListener("click", () => theme.next());
begun();
addEventListener("hashchange", () => store.open(linked()));
store.open(linked());
