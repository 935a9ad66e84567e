/** "What makes these different?": differences of the selection from the rest that can't be chance, ranked; see `contrast.js`. */

import { compute } from "../compute/compute.js";
import { number, percent } from "../compute/numbers.js";
import { count } from "../core/dom.js";
import { values, vectors } from "../map/columns.js";
import { size } from "../map/selection.js";
import { contrast } from "./contrast.js";

const MOST = 8; // of each kind
const note = (id, text) => ({ kind: "note", id, text });

/** @param {import("./facts.js").Facts} facts @param {{mask: Uint8Array}} now what is selected @returns {Promise<object[]>} nodes */
export async function different(facts, now) {
  const { n } = facts.model;
  const many = size(now.mask);
  const section = (...inside) => [{ kind: "section", id: "different", title: "What makes these different?", inside }];
  if (!many || many === n) return section(note("different-none", many ? "All items are selected, so there is no rest from which they could differ." : "There are no items to compare."));
  const known = await Promise.all(facts.attributes.map(async (attribute) => ({ attribute, values: await values(facts.model, attribute) })));
  const found = contrast(known, await coordinates(facts), now.mask);
  const held = found.shares.length + found.numbers.length;
  const against = `${count(found.compared)} comparisons of ${count(many)} with the other ${count(n - many)}`;
  if (!held) return section(note("different-none", `Nothing that chance couldn't make: in ${against}, the interval of every difference holds zero.`));
  return section(
    note("different-key", `In ${against}, ${held === 1 ? "this difference holds" : `these ${count(held)} differences hold`}: the interval, adjusted so that all together are right in 95 of 100 tries, leaves out zero. What is surely largest comes first.`),
    ...listed("different-values", "Values, in shares", found.shares, share),
    ...listed("different-numbers", "Numbers and directions of the latent, in standard deviations of all items", found.numbers, mean),
  );
}

function listed(id, title, all, line) {
  if (!all.length) return [];
  const rest = all.length - MOST;
  return [{ kind: "section", id: `${id}-part`, title, inside: [{ kind: "bars", id, label: title, bars: all.slice(0, MOST).map(line) }, ...(rest > 0 ? [note(`${id}-rest`, `And ${count(rest)} smaller.`)] : [])] }];
}

const signed = (value, say) => `${value < 0 ? "−" : "+"}${say(Math.abs(value))}`;
const span = (low, high, say) => `${signed(low, say)} to ${signed(high, say)}`;
const points = (value) => number(100 * value, 0);
const spread = (value) => number(value, 2);

function share({ attribute, code, here, there, difference, low, high }) {
  const value = attribute.values[code];
  const title = `${percent(here)} of the selection, ${percent(there)} of the rest: ${span(low, high, points)} percentage points`;
  return { text: `${attribute.label}: ${value}`, value: here, beside: there, figure: `${signed(difference, points)} (${span(low, high, points)}) points`, title, do: "narrow", data: { attribute: attribute.name, code, text: value }, ...(here ? {} : { disabled: "No item of the selection has it." }) };
}

function mean({ attribute, name, sets, difference, low, high }) {
  const [least, most] = difference < 0 ? [-high, -low] : [low, high];
  const title = `${difference < 0 ? "lower" : "higher"} in the selection than in the rest by ${spread(Math.abs(difference))} standard deviations (${spread(least)} to ${spread(most)})`;
  return { text: attribute?.label ?? name, value: Math.abs(difference), low: least, high: most, figure: `${signed(difference, spread)} (${span(low, high, spread)})`, title, ...(sets ? { sets } : {}) };
}

/** Coordinates of the items along the principal directions and the dimensions of the latent, where it has any. */
async function coordinates(facts) {
  if (facts.card.latent.kind !== "vector") return [];
  const { n } = facts.model;
  const [{ data, size: width }, components] = await Promise.all([vectors(facts), compute.tensor("z.components")]);
  const open = (show) => ({ patch: { "view.tab": "directions", "view.options.directions.show": show }, view: true });
  const principal = Array.from({ length: Math.min(components.shape[0], MOST) }, (_, k) => {
    const axis = components.data.subarray(k * width, (k + 1) * width);
    const along = new Float64Array(n);
    for (let i = 0, at = 0; i < n; i++) for (let d = 0; d < width; d++, at++) along[i] += data[at] * axis[d];
    return { name: `Direction ${k}`, values: along, sets: open("principal") };
  });
  const dimensions = Array.from({ length: width }, (_, d) => {
    const along = new Float64Array(n);
    for (let i = 0, at = d; i < n; i++, at += width) along[i] = data[at];
    return { name: `Dimension ${d}`, values: along, sets: open("dimensions") };
  });
  return [...principal, ...dimensions];
}
