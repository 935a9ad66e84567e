/** What the lenses say of one point, as `read` of `explorer/museum/lenses/*.py`: the same numbers, the same sentences, the same order. */

import { fixed, percent } from "../compute/numbers.js";
import { median } from "./recipes.js";
import { compact, origin, same } from "./scene.js";

const tone = (score, good, fair) => (score >= good ? "good" : score >= fair ? "fair" : "poor");

/** Edits: does the judge see what was asked for outright? */
async function edits(session, point) {
  const asked = Object.entries(point.condition).filter(([, value]) => typeof value === "string");
  if (!session.card.judge || !asked.length) return [];
  const seen = await session.judge(point);
  return asked.map(([name, value]) => {
    const attribute = session.conditions.find(name);
    const { value: best, probability, chances } = seen[name];
    const score = chances[attribute.values.indexOf(value)];
    const tail = best === value ? "as asked." : `and not ${value}, as was asked.`;
    const sentence = `A classifier that never saw this model reads ${attribute.label.toLowerCase()}: ${best}, ${tail}`;
    return { label: attribute.label, value: `${best} ${percent(probability)}`, sentence, tone: tone(score, 0.8, 0.4), score };
  });
}

/** Realism: how far the latent lies from real items, by their own measure. */
async function realism(session, point) {
  if (!session.encodes) return []; // its items are its own draws: nothing there is real
  const trust = await session.trust(point);
  const score = trust.percentile / 100;
  const ratio = trust.distance / (await session.typical());
  const place =
    ratio < 0.01 ? "on a real item" : `${fixed(ratio, 1)} times as far from the nearest real item as real items are from each other`;
  const sentence = `This latent lies ${place}; ${fixed(trust.percentile, 0)} % of real items lie farther from their nearest.`;
  return [{ label: "Near real items", value: `${fixed(ratio, 1)}x`, sentence, tone: tone(score, 0.1, 0.01), score }];
}

/** Reconstruction: the stored error of an untouched item, beside those of the others. */
async function reconstruction(session, point) {
  const untouched = "item" in point.start && !point.edits.length && !Object.keys(point.condition).length;
  if (!untouched || !session.encodes) return [];
  const { data } = await session.tensor("error");
  const own = data[point.start.item];
  const share = data.reduce((worse, error) => worse + (error < own), 0) / data.length;
  const sentence = `The reconstruction lies ${fixed(own, 1)} dB from the item; ${fixed(median(data), 1)} dB is typical of this model.`;
  return [{ label: "Reconstruction", value: `${fixed(own, 1)} dB`, sentence, tone: tone(share, 0.25, 0.05), score: share }];
}

/** Identity: the readings before and after, of the attributes that were not asked to change. */
async function identity(session, point) {
  const rest = session.conditions.attributes.filter((a) => !Object.hasOwn(point.condition, a.name) && a.kind === "categorical");
  if (!session.card.judge || !rest.length || same(compact(point), compact(origin(point)))) return [];
  const [before, after] = await Promise.all([session.judge(origin(point)), session.judge(point)]);
  const moved = [];
  let score = 1;
  for (const { name, label } of rest) {
    const overlap = before[name].chances.reduce((sum, chance, k) => sum + Math.min(chance, after[name].chances[k]), 0);
    score = Math.min(score, overlap);
    if (before[name].value !== after[name].value) moved.push(`${label.toLowerCase()} from ${before[name].value} to ${after[name].value}`);
  }
  const value = moved.length ? `${moved.length} of ${rest.length} moved` : "nothing";
  const sentence = moved.length ? `Not asked for, but moved: ${moved.join(", ")}.` : "All that was not asked for reads as before.";
  return [{ label: "What else moved", value, sentence, tone: tone(score, 0.7, 0.4), score }];
}

const ALL = { edits, identity, realism, reconstruction };

/** The readings of all lenses that say something of a point, in the server's order. */
export async function readings(session, point) {
  const order = session.facts.lenses.filter((name) => ALL[name]);
  return (await Promise.all(order.map((name) => ALL[name](session, point)))).flat();
}
