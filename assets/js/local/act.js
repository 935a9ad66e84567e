/**
 * A second answerer of the page's protocol, as `explorer/page/act.py`: the same requests and the same answers, made in the browser
 * by the engine. Two use it: a static site, where there is no server (see `site.js`), and the app, which asks here first where
 * the engine is up and the server where this throws.
 */

import * as attributes from "./attributes.js";
import { backdrop } from "./backdrop.js";
import { Misfit } from "./check.js";
import * as directions from "./directions.js";
import { ExplorerError, told } from "./error.js";
import { encode } from "./encode.js";
import * as interpolate from "./interpolate.js";
import { write } from "./link.js";
import * as own from "./own_item.js";
import * as resample from "./resample.js";
import { compactScene, origin, pointOf, scene as whole } from "./scene.js";
import { Session } from "./session.js";
import * as stage from "./stage.js";

export const TABS = { attributes, interpolate, resample, directions, own };
const NEIGHBOURS = 8;
const sessions = new Map();

/** What can't be answered here: the server is to be asked. */
class Elsewhere extends Error {
  fallback = true;
}

/**
 * The session of a model, made from its facts once.
 * @param {string} name
 * @param {string} [url] of its facts.json, when it is opened
 * @param {object} [how] see Session
 */
export function open(name, url, how) {
  if (url && !sessions.has(name)) {
    const made = fetch(url).then(async (answer) => {
      if (!answer.ok) throw new Elsewhere(`The facts of ${name} couldn't be loaded (${answer.status}).`);
      return new Session(await answer.json(), how);
    });
    made.catch(() => sessions.delete(name));
    sessions.set(name, made);
  }
  if (!sessions.has(name)) throw new Elsewhere(`The model ${name} isn't open here.`);
  return sessions.get(name);
}

/**
 * Answer one request of the page.
 * @param {object} request `{do: "live" | "show" | "encode" | "code", scene, ...}`
 * @param {(slots: object) => void} [early] called with what is on stage as soon as that is known; the rest takes longer
 * @returns {Promise<object>} `{ok: true, ...}`, or `{ok: false, error, where}` where the server would say the same
 * @throws {Error} what can't be answered here; the server may know
 */
export async function answer(request, early) {
  if (!Object.hasOwn(ANSWERS, request?.do)) throw new Elsewhere(`${request?.do} isn't answered here.`);
  try {
    const scene = read(request.scene);
    return { ok: true, ...(await ANSWERS[request.do](await open(scene.model), scene, request, early)) };
  } catch (error) {
    const said = told(error);
    if (said) return { ok: false, error: said.sentence, where: said.where };
    throw error;
  }
}

function read(raw) {
  try {
    return whole(raw);
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw new ExplorerError(`This scene can't be read: ${error.place.join(".") || "scene"}: ${error.message.toLowerCase()}.`);
  }
}

/** `scene` -> the picture on stage and where it lies: what must follow a pointer that is still moving. */
async function live(session, scene, { n = null }) {
  const [slots, overlay] = await Promise.all([stage.live(session, scene), whereabouts(session, scene)]);
  return { n, slots, overlay };
}

/** The same without the pictures, which `../live.js` paints by itself. @param {object} raw scene */
export async function moving(raw) {
  const scene = read(raw);
  const session = await open(scene.model);
  const [caption, overlay] = await Promise.all([stage.caption(session, pointOf(scene)), whereabouts(session, scene)]);
  return { slots: { caption: { html: String(caption) } }, overlay };
}

async function whereabouts(session, scene) {
  const { name } = session.map(scene.view.map);
  return { map: name, now: (await session.places([pointOf(scene)], name))[0] };
}

/**
 * `scene` -> everything that the page shows of it: stage, tab, overlay and link. Without a server, `later` is a promise of what the
 * picture needn't wait for: readings and places, whose numbers may still be on their way.
 */
async function show(session, scene, request, early) {
  const known = session.model.tabs.find((tab) => tab.id === scene.view.tab) ?? (session.alone ? session.model.tabs[0] : {});
  const tab = known.disabled_reason ? null : TABS[known.id];
  if (!tab && !known.disabled_reason) throw new Elsewhere(`The tab ${scene.view.tab} isn't shown here.`);
  turn += 1;
  const slots = await stage.pictures(session, scene);
  early?.(slots);
  const shown = { scene: compactScene(scene), link: await write(scene), slots, panel: null };
  if (!tab) shown.panel = `<p class="note">${known.disabled_reason}</p>`;
  else Object.assign(shown, await said(() => tab.panel(session, scene), (panel) => ({ panel })));
  const rest = around(session, scene, shown.panel_error ? null : tab, turn);
  if (session.alone) return { ...shown, later: rest.catch(() => ({ slots: {}, overlay: {} })) };
  const { slots: more, overlay, panel_error: wrong } = await rest;
  return { ...shown, slots: { ...slots, ...more }, overlay, ...(wrong ? { panel: null, panel_error: wrong } : {}) };
}

/** What stands around the picture: readings of it, and places on the map. */
async function around(session, scene, tab, mine) {
  const marks = await overlay(session, scene);
  const more = tab ? await said(() => tab.overlay(session, scene), (overlay) => ({ overlay })) : {};
  Object.assign(marks, more.overlay);
  const out = { slots: { facts: { html: await stage.facts(session, scene) } }, overlay: marks };
  const { name, exact } = session.map(scene.view.map);
  if (exact) {
    const drawn = backdrop(session, name, await session.condition(pointOf(scene)), () => turn === mine);
    if (session.alone) {
      marks.backdrop = session.ground; // until it is drawn, the one before lies there
      out.later = drawn.then((url) => ({ slots: {}, overlay: url ? { backdrop: (session.ground = url) } : {} }));
    } else marks.backdrop = await drawn;
  }
  return more.panel_error ? { ...out, panel_error: more.panel_error } : out;
}

let turn = 0;

/** What `ask` gives; or its sentence, where the stage is good and only the tab has something to say. */
async function said(ask, use) {
  try {
    return use(await ask());
  } catch (error) {
    const known = told(error);
    if (!known) throw error;
    return { panel_error: known.sentence };
  }
}

/** Where things lie on the map of the view, in its coordinates. */
async function overlay(session, scene) {
  const { name, space } = session.map(scene.view.map);
  const [now, start] = await session.places([pointOf(scene), origin(scene)], name);
  const out = { map: name, now, start, path: null, draws: null };
  for (const end of ["a", "b"]) out[end] = scene.view[end] && (await session.places([scene.view[end]], name))[0];
  out.neighbours = (await session.neighbours(pointOf(scene), NEIGHBOURS, space)).map(([index]) => index);
  return out;
}

const code = async (_, scene) => {
  const text = await write(scene);
  return {
    python: `import explorer\nm = explorer.load('${scene.model}')\nm.render('${text}').save('picture.png')`,
    command: `python -m explorer render ${text} -o picture.png`,
  };
};

const ANSWERS = { live, show, encode, code };
