/** The edits of a point on another start: another item, or an item of another model that offers the same attributes. */

import { codes } from "../map/points.js";
import { compact, same, untouched } from "./point.js";
import * as words from "./words.js";

const STEPS = 254; // of an attribute's numbers as a byte, see ../map/points.js

const whole = (point) => ({ start: { item: 0 }, condition: {}, edits: [], ...point });

/** Where a point begins, at the bottom of all that it is a result of. */
export const root = ({ start }) => (start?.of ? root(whole(start.of)) : (start ?? { item: 0 }));

/** Whether there is anything to replay. */
export const edited = (point) => !untouched(point) || Boolean(point.start.of && edited(whole(point.start.of)));

/** The same edits on another start. @param {object} point @param {object} start */
export const onto = (point, start) => ({ ...whole(point), start: point.start?.of ? { of: compact(onto(whole(point.start.of), start)) } : start });

/** All that is asked on the way, the later before the earlier. */
export const asked = (point) => ({ ...(point.start?.of ? asked(whole(point.start.of)) : {}), ...point.condition });

/**
 * The models on which a point's edits can be replayed: those of the same data set, then those of another that offer all that is asked.
 * @param {object[]} all what `explorer/models.json` lists @param {string} here name of the model that is open @param {object} point
 */
export function targets(all, here, point) {
  const own = all.find(({ name }) => name === here);
  const wanted = Object.keys(asked(point));
  const offers = ({ attributes }) => wanted.length > 0 && wanted.every((name) => attributes.includes(name));
  const others = all.filter(({ name }) => name !== here);
  return own ? [...others.filter(({ data }) => data === own.data), ...others.filter((one) => one.data !== own.data && offers(one))] : [];
}

/** Whether item numbers mean the same items. @param {object} a @param {object} b entries of `explorer/models.json` */
export const alike = (a, b) => a.data === b.data && a.items === b.items;

/** Does an attribute take a value? */
function takes({ values, low, high }, value) {
  if (typeof value === "number") return !values.length && value >= low && value <= high;
  if (typeof value === "string") return values.includes(value);
  return value !== null && Object.keys(value).every((name) => values.includes(name));
}

/** The first item of a model that is nearest by its attributes -> its number, and whether all of them are the same. */
export async function nearest(model, own) {
  const known = model.attributes.filter(({ name, values, ...range }) => (own[name] ?? null) !== null && takes({ values, ...range }, own[name]));
  const score = new Float32Array(model.n);
  for (const attribute of known) {
    const seen = await codes(model, attribute.name);
    const value = own[attribute.name];
    const aim = attribute.values.length ? attribute.values.indexOf(value) : ((value - attribute.low) / (attribute.high - attribute.low || 1)) * STEPS;
    seen.forEach((code, k) => (score[k] += attribute.values.length ? Number(code !== aim) : Math.abs(code - aim) / STEPS));
  }
  const item = score.indexOf(score.reduce((least, one) => Math.min(least, one), Infinity));
  return { item, exact: known.length > 0 && score[item] < 1 / STEPS };
}

/**
 * A point carried over to another model. What can't be is left out and named.
 * @param {import("./facts.js").Facts} from @param {import("./facts.js").Facts} to @param {object} point
 * @param {(start: object) => Promise<object|null>} place a start of one model -> one of the other, null where there is none
 * @returns {Promise<{point: object, left: string[]}>} `left`: in words what was left out
 */
export async function carried(from, to, point, place) {
  const left = [];
  const condition = (given) => {
    const out = {};
    for (const [name, value] of Object.entries(given)) {
      const attribute = to.asked.find((one) => one.name === name);
      if (attribute && takes(attribute, value)) out[name] = value;
      else if (value !== null) left.push(words.asked(from, { [name]: value }));
    }
    return out;
  };
  const edit = async ({ op, params = {} }) => {
    const operation = to.operations[op];
    if (!operation || operation.why_not || operation.coordinates) return null;
    const moved = { ...params };
    for (const name of operation.points) {
      const there = await carry(whole(params[name]));
      if (!there) return null;
      moved[name] = compact(there);
    }
    return { op, params: moved };
  };
  const carry = async (one) => {
    const start = one.start.of ? await carry(whole(one.start.of)).then((of) => of && { of: compact(of) }) : await place(one.start);
    if (!start) return null;
    if (start.condition) start.condition = condition(start.condition);
    const edits = [];
    for (const step of one.edits) {
      const there = await edit(step);
      if (there) edits.push(there);
      else left.push(words.step(from, step));
    }
    return { start, condition: condition(one.condition), edits };
  };
  return { point: await carry(whole(point)), left: left.filter((one, k) => !left.some((other, j) => j < k && same(one, other))) };
}
