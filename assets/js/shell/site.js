/** The page of a static site: the same page with the server left out. Models come as files, and the engine in the page answers every question. */

import { read, write } from "../compute/link.js";
import { learn, refuse } from "../compute/refusals.js";
import { byId, make } from "../core/dom.js";
import { load } from "../core/files.js";
import { first, standing } from "../core/standing.js";
import { start } from "../main.js";
import { downloads } from "./download.js";
import { install, whole } from "./offline.js";
import { make as file } from "./save.js";

/** What the index says: `checkpoints`, names, the one that opens first in front; `files`, kinds that can be saved; `lesson`, on which it opens. */
const site = JSON.parse(byId("site").textContent);
const known = new Map();

/** What is known of a checkpoint, fetched once. */
function facts(name) {
  if (!known.has(name)) {
    const made = load(`explorer/${name}/facts.json`).then((answer) => {
      if (!answer.ok) throw refuse("not-here", { why: String(answer.status) });
      return answer.json();
    });
    made.catch(() => known.delete(name));
    known.set(name, made);
  }
  return known.get(name);
}

/** Answers of what isn't asked of a model; see `explorer/page/act.py`. */
const ANSWERS = {
  async open({ link, checkpoint }) {
    const opens = await facts(site.checkpoints[0]);
    learn(opens.rules);
    let warning = null;
    let scene = null;
    let told = null;
    try {
      if (link) {
        scene = await read(opens.rules, String(link));
        told = await named(scene.model);
        if (scene.start.item >= told.card.items) throw refuse("item", { title: told.card.title, items: told.card.items, index: scene.start.item });
        if (scene.build && scene.build !== told.model.build) warning = refuse("other-build", { title: told.card.title }).sentence;
      }
    } catch (error) {
      if (!error.sentence) throw error;
      warning = error.sentence;
      scene = null;
    }
    if (!scene) {
      told = await named(checkpoint ?? site.checkpoints[0]);
      scene = structuredClone(told.opening);
      const { tabs } = told.model;
      const opened = tabs.find(({ id }) => id === (scene.view?.tab ?? "attributes"));
      if (opened?.disabled_reason) scene.view = { ...scene.view, tab: tabs.find((tab) => !tab.disabled_reason).id };
    }
    standing.then(() => whole(told.model));
    return { ...told, scene, warning };
  },
  about: async ({ scene }) => ({ html: (await facts(scene.model)).about }),
  async lesson() {
    learn((await facts(site.checkpoints[0])).rules);
    throw refuse("lesson-file");
  },
  async code({ scene }) {
    const { rules, code } = await facts(scene.model);
    const words = { model: scene.model, link: await write(rules, scene) };
    return Object.fromEntries(Object.entries(code).map(([name, line]) => [name, line.replace(/\{(\w+)\}/g, (_, word) => words[word])]));
  },
};

async function named(name) {
  if (!site.checkpoints.includes(name)) throw refuse("unknown", { name: `'${name}'`, room: "checkpoints", known: site.checkpoints });
  return facts(name);
}

/** @param {object} request @returns {Promise<object>} never rejects */
async function act(request) {
  try {
    return { ok: true, ...(await ANSWERS[request.do](request)) };
  } catch (error) {
    const said = error.sentence ? error : error instanceof TypeError && !navigator.onLine ? refuse("offline") : refuse("not-here", { why: error.message });
    return { ok: false, error: said.sentence, where: said.where };
  }
}

const root = byId("workspace");
root.dataset.alone = "";
root.dataset.files = site.files.join(" ");
byId("reading-room")?.remove(); // its exhibits are played on all checkpoints, and measured by Python
byId("caption").replaceChildren(make("p", { class: "note", text: "Fetching the model, which then runs in this browser …" }));
downloads((query) => file(query, site.files, facts));
first(install);
start({ element: document.body, server: { act }, files: site.files, lesson: site.lesson });
