/** The attributes of a model, as `explorer/core/schema.py`: conditions in words, as vectors of numbers, and back. */

import { ExplorerError } from "./error.js";
import { general, rounded } from "../compute/numbers.js";

const quoted = (value) => (typeof value === "string" ? `'${value}'` : JSON.stringify(value));
const width = (a) => (a.kind === "categorical" ? a.values.length : 2);

export class Conditions {
  /** @param {object[]} attributes in the order of the condition vector */
  constructor(attributes) {
    this.attributes = attributes;
    this.width = 0;
    this.slices = {};
    for (const a of attributes) {
      this.slices[a.name] = [this.width, this.width + width(a)];
      this.width += width(a);
    }
  }

  /** An attribute by its name. */
  find(name) {
    const found = this.attributes.find((a) => a.name === name);
    if (found) return found;
    throw new ExplorerError(`There is no attribute ${quoted(name)}; this model has ${this.attributes.map((a) => a.name).join(", ")}.`, "tab-attributes");
  }

  /** An attribute's part of a condition vector. @param {Float32Array} c */
  part(c, name) {
    return c.subarray(...this.slices[name]);
  }

  /** Values by name -> float32 [C]; attributes that are left out are unset. */
  encode(row) {
    for (const name of Object.keys(row)) this.find(name);
    return Float32Array.from(this.attributes.flatMap((a) => encode(a, row[a.name] ?? null)));
  }

  /** The data's codes of one item -> float32 [C]. @param {ArrayLike<number>} codes one an attribute; negative or NaN: unknown */
  encodeCodes(codes) {
    return Float32Array.from(
      this.attributes.flatMap((a, k) => {
        const code = codes[k];
        if (a.kind === "continuous") return Number.isNaN(code) ? [0, 0] : [(2 * (code - a.low)) / (a.high - a.low) - 1, 1];
        return a.values.map((_, i) => (i === code ? 1 : 0));
      }),
    );
  }

  /** One condition vector -> values: a name where one weight is 1, a blend where several are, null where unset. */
  decode(c) {
    return Object.fromEntries(this.attributes.map((a) => [a.name, decode(a, [...this.part(c, a.name)])]));
  }
}

function encode(a, value) {
  const place = `attribute-${a.name}`;
  const fail = (sentence) => {
    throw new ExplorerError(sentence, place);
  };
  if (value === null) return Array(width(a)).fill(0);
  const span = `${general(a.low)} to ${general(a.high)}`;
  if (a.kind === "continuous") {
    if (typeof value !== "number") fail(`${a.label} takes a number from ${span}, not ${quoted(value)}.`);
    if (value < a.low || value > a.high) fail(`${a.label} goes from ${span}; ${general(value)} lies outside.`);
    return [(2 * (value - a.low)) / (a.high - a.low) - 1, 1];
  }
  const weights = typeof value === "string" ? { [value]: 1 } : value;
  const known = a.values.join(", ");
  if (typeof weights !== "object") fail(`${a.label} takes one of ${known}, not ${quoted(value)}.`);
  const unknown = Object.keys(weights).find((name) => !a.values.includes(name));
  if (unknown !== undefined) fail(`${a.label} has no value ${quoted(unknown)}; it takes ${known}.`);
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  if (total <= 0) fail(`A blend of ${a.label} needs a weight above zero.`);
  return a.values.map((name) => (Object.hasOwn(weights, name) ? weights[name] : 0) / total);
}

function decode(a, part) {
  if (a.kind === "continuous") return part[1] > 0 ? ((part[0] + 1) / 2) * (a.high - a.low) + a.low : null;
  const most = Math.max(...part);
  if (most <= 0) return null;
  if (most > 0.999) return a.values[part.indexOf(most)];
  return Object.fromEntries(a.values.map((name, k) => [name, part[k]]).filter(([, weight]) => weight > 0.0005).map(([name, weight]) => [name, rounded(weight, 4)]));
}
