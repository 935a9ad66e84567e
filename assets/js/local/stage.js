/** What stands on the stage, as `explorer/page/tabs/stage.py`: pictures, caption and readings; a person's own item. */

import { el, join } from "./html.js";
import * as views from "./facts.js";
import { median } from "./recipes.js";
import { readings } from "./readings.js";
import { compact, item, origin, pointOf, same } from "./scene.js";
import { isFar } from "./tab.js";
import * as words from "./words.js";

const POOR = 0.01;
const UNSURE = 0.5;

/** What follows a pointer that is still moving: the picture, its caption, and the difference where it is shown. */
export async function live(session, scene) {
  const point = pointOf(scene);
  const asked = words.asked(session.conditions, await session.condition(point));
  const out = {
    "stage-after": { src: await session.picture(point), alt: `After: ${asked}` },
    caption: { html: String(await caption(session, point)) },
  };
  if (scene.view.difference) {
    out["stage-difference"] = { src: await session.difference(origin(point), point), alt: "Where the two differ: the darker, the more" };
  }
  return out;
}

/** The stage's pictures: before, after, difference where it is shown, and the caption. */
export async function pictures(session, scene) {
  const from = origin(scene);
  const alt = `Before: ${words.recipe(from, session.conditions, session.operations)}`;
  return { "stage-before": { src: await session.picture(from), alt }, ...(await live(session, scene)) };
}

/** The readings of all lenses, and the nearest real item to go to, as HTML. */
export const facts = async (session, scene) => String(await read(session, pointOf(scene)));

/** Where it starts, and what was done to it. */
export async function caption(session, point) {
  const [own, now] = await Promise.all([session.condition(origin(point)), session.condition(point)]);
  const changed = Object.entries(now).filter(([name, value]) => !same(value, own[name]));
  const changes = [
    ...changed.map(([name, value]) => {
      const attribute = session.conditions.find(name);
      return el("li", {}, `${attribute.label} `, el("s", {}, words.value(attribute, own[name])), " ", el("strong", {}, words.value(attribute, value)));
    }),
    ...point.edits.map((edit) => el("li", {}, words.step(edit, session.operations))),
  ];
  const start = words.start(point.start);
  return join(el("h2", {}, start[0].toUpperCase() + start.slice(1)), changes.length ? el("ul", { class: "changes" }, changes) : null);
}

async function read(session, point) {
  const said = await readings(session, point);
  const nearest = item((await session.trust(point)).nearest);
  if (same(compact(nearest), compact(origin(point)))) return views.readings(said);
  const face = el("img", { src: await session.picture(nearest), alt: "" });
  const button = el("button", { type: "button", class: "nearest-face" }, face, el("span", {}, `Nearest: ${words.start(nearest.start)}`));
  return join(views.readings(said), el("div", { class: "cell nearest", "data-point": compact(nearest) }, button));
}

/**
 * How well a model knows a person's own item.
 * @param {import("./session.js").Session} session
 * @param {{readings: object, psnr: number}} encoded what the engine says of the item as fitted
 * @param {object} point where it was encoded to
 */
export async function own(session, encoded, point) {
  const { data } = await session.tensor("error");
  const share = data.reduce((worse, error) => worse + (error < encoded.psnr), 0) / data.length;
  const trust = await session.trust(point);
  const warning = warn(session, share, isFar(trust), encoded.readings);
  const read = Object.entries(encoded.readings).map(([name, r]) => {
    const attribute = session.conditions.find(name);
    return { label: attribute.label, value: words.value(attribute, r.value), probability: r.probability };
  });
  const typical = median(data);
  return {
    attributes: encoded.readings, psnr: encoded.psnr, typical, share, distance: trust.distance / (await session.typical()),
    percentile: trust.percentile, warning, html: String(views.ownItem(read, encoded.psnr, typical, share, warning)),
  };
}

/** One sentence that names every sign that the item is unlike what the model knows, or what can't be read of it. */
function warn(session, share, far, attributes) {
  const unsure = Object.entries(attributes).filter(([, r]) => r.probability < UNSURE).map(([name]) => session.conditions.find(name).label.toLowerCase());
  const signs = [];
  if (share < POOR) signs.push("it comes back worse than almost any of the model's own items");
  if (far) signs.push("it lies farther from them than they lie from each other");
  if (!signs.length) return unsure.length ? `Its ${unsure.join(" and ")} can hardly be read; say below what it is.` : null;
  if (unsure.length) signs.push(`its ${unsure.join(" and ")} can hardly be read`);
  return `This is unlike anything the model knows: ${signs.join("; ")}. What follows from it is a guess.`;
}
