/** What a selection is beside all items: counts of each value with their intervals, and quartiles of numbers. */

import { wilson } from "../compute/intervals.js";

/**
 * The values of an attribute that items can be told apart by; the first and the last bin of a number are open.
 * @param {object} attribute
 * @returns {{attribute: string, text: string, code?: number, low?: number|null, high?: number|null}[]}
 */
export function choices(attribute) {
  if (attribute.kind !== "continuous") return attribute.values.map((text, code) => ({ attribute: attribute.name, code, text }));
  const { names, edges } = attribute.bins;
  return names.map((text, k) => ({ attribute: attribute.name, low: edges[k - 1] ?? null, high: edges[k] ?? null, text }));
}

/** Whether a number is one of a choice. */
export const holds = ({ code, low, high }, value) => (code === undefined ? (low === null || value >= low) && (high === null || value < high) && !Number.isNaN(value) : value === code);

/**
 * How often each choice is met, in the selection and in all.
 * @param {object} attribute @param {Float32Array} values of all items, NaN where not known @param {Uint8Array|null} mask null: all are selected
 * @returns {{known: number, whole: number, rows: {choice: object, count: number, of: number, share: number, low: number, high: number, beside: number}[]}}
 *   `known`: items of the selection of which it is known, `whole` of all items; shares are of these, with an interval of 95 %
 */
export function tally(attribute, values, mask) {
  const all = choices(attribute);
  const [here, everywhere] = [new Uint32Array(all.length), new Uint32Array(all.length)];
  const place = placed(attribute);
  let [known, whole] = [0, 0];
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const k = place(value);
    everywhere[k] += 1;
    whole += 1;
    if (mask && !mask[i]) return;
    here[k] += 1;
    known += 1;
  });
  const rows = all.map((choice, k) => {
    const [low, high] = known ? wilson(here[k], known) : [0, 1];
    return { choice, count: here[k], of: everywhere[k], share: known ? here[k] / known : 0, low, high, beside: whole ? everywhere[k] / whole : 0 };
  });
  return { known, whole, rows };
}

/** Value -> number of its choice, as `holds` has it. */
function placed(attribute) {
  if (attribute.kind !== "continuous") return (value) => value;
  const { edges } = attribute.bins;
  return (value) => {
    const above = edges.findIndex((edge) => value < edge);
    return above < 0 ? edges.length : above;
  };
}

/** Lower quartile, median and upper quartile of what is known of a selection, between neighbours linearly; null where nothing is. */
export function quartiles(values, mask) {
  const sorted = values.filter((value, i) => !Number.isNaN(value) && (!mask || mask[i])).sort();
  if (!sorted.length) return null;
  return [0.25, 0.5, 0.75].map((share) => {
    const at = share * (sorted.length - 1);
    const below = Math.floor(at);
    return sorted[below] + (at - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
  });
}
