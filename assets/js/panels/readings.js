/**
 * What can be said of the picture on stage: how like the item, whether it reads as asked, how far from real items, what else
 * moved. Each reading is a value with what it means; one has a mark of caution only where a measured rule says so.
 */

import { compute } from "../compute/compute.js";
import { number, percent } from "../compute/numbers.js";
import { item, origin, same, untouched } from "./point.js";
import { median } from "./own.js";
import { rule, times, trusts } from "./trust.js";

const WORSE = 0.05; // reconstructed worse than all but this share of the items

/** Reconstruction: the stored error of an untouched item, beside those of the others and what copying the nearest would reach. */
async function reconstruction(facts, point) {
  if (!("item" in point.start) || !untouched(point) || !facts.can("encode")) return [];
  const { data } = await compute.tensor("error");
  const own = data[point.start.item];
  const share = data.reduce((worse, error) => worse + (error < own), 0) / data.length;
  const { baseline_psnr: nearest } = facts.card.reconstruction ?? {};
  const beside = nearest === undefined ? "" : ` Showing the nearest training item in its place would reach ${number(nearest, 1)} dB on average.`;
  const sentence = `${facts.near(own, "the item")}, closer than ${percent(share)} of this model's items; ${facts.likeness(median(data))} is typical.${beside}`;
  return [{ label: "Reconstruction", term: "reconstruction", value: facts.likeness(own), sentence, caution: share < WORSE || own < nearest }];
}

/** Edits: does the judge see what was asked for outright? */
async function edits(facts, point) {
  const asked = Object.entries(point.condition).filter(([, value]) => typeof value === "string");
  if (!facts.card.judge || !asked.length) return [];
  const [seen] = await compute.judge([point]);
  return asked.filter(([name]) => seen[name]).map(([name, value]) => {
    const { label } = facts.attribute(name);
    const { value: best, probability } = seen[name];
    const tail = best === value ? "as asked." : `and not ${value}, as was asked.`;
    return { label, term: "judge", value: `${best} ${percent(probability)}`, sentence: `A classifier that never saw this model reads ${label.toLowerCase()}: ${best}, ${tail}`, caution: best !== value };
  });
}

/** The units of the latent that are in use, on the models of a dial: what turning it changes. */
function collapse(facts) {
  const found = facts.card.collapse;
  if (!facts.model.dial || facts.can("exact") || !found) return []; // units of a deterministic encoder are on no common scale
  const { active_units: active, latent } = found;
  return [{ label: "Active dimensions", term: "latent", value: `${active} of ${latent}`, sentence: `${active} of ${latent} latent dimensions change from item to item; the others carry nothing.`, caution: false }];
}

/** Distance from real data, of the picture and of the latent. */
async function realism(facts, point) {
  const named = { label: "Distance from real items", term: "near real items" };
  const [{ far, text, picture, latent }] = await trusts(facts, [point]);
  if (!text) return [{ ...named, value: "not known", sentence: "Nothing here says how far this is from real items: the model has no encoder, and no classifier was trained on its data.", caution: false }];
  const parts = [["picture", picture], ["latent", latent]].filter(([, share]) => share !== null);
  const place = far ? "farther than 99 of 100 real items" : "where real items lie";
  const only = picture === null ? "" : ` The classifier looks at ${facts.attributes.map(({ label }) => label.toLowerCase()).join(", ")}: what shows in none of these it can miss.`;
  const sentence = `${parts.map(([name, share]) => `The ${name} lies ${times(share)} away`).join(", ").replace(", The", ", the")}: ${place}. ${rule(facts)}${only}`;
  return [{ ...named, value: text, sentence, caution: far }];
}

/** Attributes that a step towards other points asks for through the latent: the decoder isn't told them, and the ends differ in them. */
async function carried(facts, point, own) {
  const names = ({ op }) => Object.entries(facts.rules.operations?.[op]?.properties ?? {}).filter(([, { $ref }]) => $ref?.endsWith("/Point"));
  const ends = point.edits.flatMap((edit) => names(edit).map(([name]) => edit.params[name]));
  const there = ends.length && facts.card.unasked.length ? await compute.condition(ends) : [];
  return new Set(facts.card.unasked.filter((name) => there.some((end) => !same(end[name] ?? null, own[name] ?? null))));
}

/** Identity: the readings before and after, of the attributes that were not asked to change. */
async function identity(facts, point, now, own) {
  const asked = await carried(facts, point, own);
  const stays = ({ name }) => !Object.hasOwn(point.condition, name) && !asked.has(name) && same(now[name], own[name]);
  const rest = facts.attributes.filter((a) => a.kind === "categorical" && stays(a));
  if (!facts.card.judge || !rest.length || untouched(point)) return [];
  const [before, after] = await compute.judge([origin(point), point]);
  const moved = rest.filter(({ name }) => before[name].value !== after[name].value).map(({ name, label }) => `${label.toLowerCase()} from ${before[name].value} to ${after[name].value}`);
  const value = moved.length ? `${moved.length} of ${rest.length}` : "nothing";
  const sentence = moved.length ? `Not asked for, but reads otherwise: ${moved.join(", ")}.` : "All that was not asked for reads as before.";
  return [{ label: "What else moved", term: "reading", value, sentence, caution: moved.length > 0 }];
}

/**
 * @param {import("./facts.js").Facts} facts @param {object} point on stage
 * @returns {Promise<{label: string, term: string, value: string, sentence: string, caution: boolean}[]>}
 */
export async function readings(facts, point) {
  const [now, own] = await compute.condition([point, origin(point)]);
  const all = [reconstruction, edits, collapse, realism, identity];
  return (await Promise.all(all.map((read) => read(facts, point, now, own)))).flat();
}

/** The nearest real item to go to, or null where the point starts there. */
export async function nearest(facts, point) {
  if (!facts.can("encode") && "item" in point.start) return null;
  const [{ nearest: index }] = await compute.trust([point]);
  return "item" in point.start && point.start.item === index ? null : item(index);
}
