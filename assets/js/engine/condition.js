/** What is asked, as a vector and back; see `Attribute` and `Schema` of explorer/core/schema.py. */

import { rounded } from "../compute/numbers.js";
import { quoted, refuse } from "../compute/refusals.js";

export const widthOf = (attribute) => (attribute.kind === "categorical" ? attribute.values.length : 2);

/** Where each attribute lies in a condition vector: {name: [start, end]}. */
export function slices(attributes) {
  let start = 0;
  return Object.fromEntries(attributes.map((a) => [a.name, [start, (start += widthOf(a))]]));
}

/** One value -> its part of the condition vector. */
export function encodeValue(attribute, value) {
  const { label, name, low, high, values } = attribute;
  const refused = (refusal, words) => refuse(refusal, { label, name, ...words });
  const zeros = new Array(widthOf(attribute)).fill(0);
  if (value === null || value === undefined) return zeros;
  if (attribute.kind === "continuous") {
    if (typeof value !== "number") throw refused("takes-number", { low, high, value: quoted(value) });
    if (!(value >= low && value <= high)) throw refused("outside", { low, high, value });
    return [(2 * (value - low)) / (high - low) - 1, 1];
  }
  if (typeof value !== "string" && typeof value !== "object") throw refused("takes-one-of", { known: values, value: quoted(value) });
  const weights = typeof value === "string" ? { [value]: 1 } : value;
  const unknown = Object.keys(weights).find((one) => !values.includes(one));
  if (unknown !== undefined) throw refused("value", { value: quoted(unknown), known: values });
  const total = Object.values(weights).reduce((a, b) => a + b, 0);
  if (!(total > 0)) throw refused("weightless", {});
  return values.map((one) => (Object.hasOwn(weights, one) ? weights[one] : 0) / total);
}

/** A condition -> vector; what is left out is unset. */
export function encode(attributes, condition = {}) {
  for (const name of Object.keys(condition)) {
    if (!attributes.some((a) => a.name === name)) {
      throw refuse("attribute", { name: quoted(name), known: attributes.map((a) => a.name) });
    }
  }
  return Float32Array.from(attributes.flatMap((a) => encodeValue(a, condition[a.name])));
}

/** The data's codes of one item, a number for each attribute, -> vector; unknown ones are unset. */
export function encodeCodes(attributes, codes) {
  return Float32Array.from(
    attributes.flatMap((a, k) => {
      const code = codes[k];
      const part = new Array(widthOf(a)).fill(0);
      if (a.kind === "continuous") return Number.isNaN(code) ? part : [(2 * (code - a.low)) / (a.high - a.low) - 1, 1];
      if (code >= 0) part[code] = 1;
      return part;
    }),
  );
}

/** A condition vector -> values: a name where one weight is 1, a blend where several are, null where unset. */
export function decode(attributes, c) {
  const where = slices(attributes);
  return Object.fromEntries(
    attributes.map((a) => {
      const part = Array.from(c.subarray(...where[a.name]));
      const most = Math.max(...part);
      let value = null;
      if (a.kind === "continuous") value = part[1] > 0 ? ((part[0] + 1) / 2) * (a.high - a.low) + a.low : null;
      else if (most > 0.999) value = a.values[part.indexOf(most)];
      else if (most > 0) value = Object.fromEntries(a.values.map((v, k) => [v, rounded(part[k], 4)]).filter((_, k) => part[k] > 0.0005));
      return [a.name, value];
    }),
  );
}
