/** What stands for the server on a static site: every request of the page, answered from files and the engine. Never throws. */

import { compute } from "../compute/compute.js";
import { answer, open as openFacts, TABS } from "./act.js";
import { ExplorerError, told } from "./error.js";
import * as link from "./link.js";
import { pointOf, scene as whole } from "./scene.js";

/** What the site's index says: `checkpoints`, names, the one that opens first in front; `files`, kinds that can be saved here. */
export const site = JSON.parse(document.getElementById("site").textContent);

/** @param {object} request see `explorer/page/act.py` @returns {Promise<object>} */
export async function act(request) {
  try {
    if (request.do === "open") return { ok: true, ...(await open(request)) };
    const session = await facts(request.scene.model);
    if (request.do === "about") return { ok: true, html: session.facts.about };
    return await answer(request);
  } catch (error) {
    const said = told(error);
    return { ok: false, error: said?.sentence ?? plain(error), where: said?.where ?? "stage" };
  }
}

const plain = (error) =>
  error instanceof TypeError && !navigator.onLine
    ? "The files of this site can't be reached; check the connection. The next change tries again."
    : `This picture can't be made in this browser (${error?.message || error}).`;

/** The session of a checkpoint of this site. */
async function facts(name) {
  if (!site.checkpoints.includes(name)) throw new ExplorerError(`There is no checkpoint '${name}' on this site; there is ${site.checkpoints.join(", ")}.`, "checkpoint");
  return openFacts(name, new URL(`explorer/${name}/facts.json`, document.baseURI), { alone: true, files: site.files });
}

/** `link` or `checkpoint` -> the scene to begin with, and the facts of its model. */
async function open(request) {
  let warning = null;
  let scene = null;
  let session = null;
  try {
    if (request.link) {
      scene = await link.read(String(request.link));
      session = await facts(scene.model);
      check(session, pointOf(scene));
    }
  } catch (error) {
    const said = told(error);
    if (!said) throw error;
    warning = said.sentence;
    scene = null;
  }
  if (!scene) {
    session = await facts(request.checkpoint ?? site.checkpoints[0]);
    scene = whole(session.facts.opening);
  }
  session.model.tabs = session.model.tabs.filter((tab) => Object.hasOwn(TABS, tab.id));
  compute.open(session.facts);
  return { ...session.facts, scene, model: session.model, warning };
}

/** What can be known of a point without running it: its item, its map, its values. */
function check(session, point) {
  const { start } = point;
  if ("of" in start) check(session, start.of);
  if (start.item >= session.card.items) {
    throw new ExplorerError(`${session.card.title} has ${session.card.items} items; there is no number ${start.item}.`, "map");
  }
  if ("at" in start) session.map(start.map);
  session.conditions.encode(start.condition ?? {});
  session.conditions.encode(point.condition);
}
