/** What the judge reads off a picture, from its logits; see `Judge.read` of explorer/learn/models/judge.py. */

import { slices } from "./condition.js";

const TOLERANCE = 0.05;

/** @returns {Object<string, {value: string|number, probability: number, chances: number[]|null}>} */
export function read(attributes, logits) {
  const where = slices(attributes);
  return Object.fromEntries(attributes.map((a) => [a.name, (a.kind === "categorical" ? named : measured)(a, Array.from(logits.slice(...where[a.name])))]));
}

function named({ values }, part) {
  const most = Math.max(...part);
  const parts = part.map((v) => Math.exp(v - most));
  const total = parts.reduce((a, b) => a + b, 0);
  const chances = parts.map((v) => v / total);
  const best = chances.indexOf(Math.max(...chances));
  return { value: values[best], probability: chances[best], chances };
}

function measured({ low, high }, [value, logDeviation]) {
  const scaled = Math.min(1, Math.max(-1, value));
  return { value: ((scaled + 1) / 2) * (high - low) + low, probability: erf((2 * TOLERANCE) / Math.exp(logDeviation) / Math.SQRT2), chances: null };
}

/** Abramowitz and Stegun 1964, 7.1.26: within 1.5e-7. */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}
