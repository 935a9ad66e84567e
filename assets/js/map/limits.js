/** Which part of a number's range the colours show, so that a few far values don't leave one colour to all others. */

import { values } from "./columns.js";
import { unknown } from "./points.js";
import { standing } from "../core/standing.js";

const TAIL = 0.02; // share of the items at either end
const MOST = 0.2; // how much of the bar they may take, beside the others
const LOOKED = 50_000; // items whose numbers are sorted, evenly spaced
const NOTHING = 1e-6; // of the range: what single precision makes of the same number
const TOP = 254; // the code of the ramp's end

/**
 * The limits of the colours: those of the attribute, but the 2nd or the 98th percentile where the 2% beyond would take more than a
 * fifth as much of the bar as all between.
 * @param {{low: number, high: number}} attribute @param {ArrayLike<number>} numbers of the items, NaN where one isn't known
 * @returns {{low: number, high: number, under: number, over: number}} `under`, `over`: how many items lie beyond
 */
export function limits({ low, high }, numbers) {
  const step = Math.ceil(numbers.length / LOOKED);
  const sorted = Float32Array.from({ length: Math.ceil(numbers.length / step) }, (_, k) => numbers[k * step]).filter((v) => !Number.isNaN(v)).sort();
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  const [first, last] = [Math.min(low, sorted[0] ?? low), Math.max(high, sorted.at(-1) ?? high)];
  const [inner, outer] = [at(TAIL), at(1 - TAIL)];
  const found = { low, high, under: 0, over: 0 };
  if (outer > inner) {
    if (inner - first > MOST * (outer - inner)) found.low = inner;
    if (last - outer > MOST * (outer - inner)) found.high = outer;
  }
  const [below, above] = [found.low - NOTHING * (high - low), found.high + NOTHING * (high - low)];
  for (const v of numbers) {
    if (v < below) found.under++;
    if (v > above) found.over++;
  }
  return found;
}

/** Numbers as places on the ramp between the limits, as codes are. @returns {Uint8Array} */
export function coded({ low, high }, numbers) {
  return Uint8Array.from(numbers, (v) => (Number.isNaN(v) ? TOP + 1 : Math.round(Math.min(Math.max((v - low) / (high - low), 0), 1) * TOP)));
}

/** The same of each attribute of a model: at first by its codes, which the map has, then by the numbers themselves. */
export class Limits {
  /** @param {() => void} changed called when the numbers say something else than the codes */
  constructor(changed) {
    Object.assign(this, { changed, model: null, known: new Map() });
  }

  /** @param {object} model facts of it @param {object} attribute continuous @param {Uint8Array} codes @returns {{low: number, high: number, under: number, over: number, codes: Uint8Array}} */
  of(model, attribute, codes) {
    if (model !== this.model) Object.assign(this, { model, known: new Map() });
    const { known } = this;
    if (!known.has(attribute.name)) {
      const step = (attribute.high - attribute.low) / TOP;
      const none = unknown(codes);
      this.learn(attribute, Float32Array.from(codes, (code) => (code === none ? NaN : attribute.low + code * step)));
      standing
        .then(() => model === this.model && values(model, attribute))
        .then((numbers) => numbers && model === this.model && this.learn(attribute, numbers) && this.changed())
        .catch(() => {}); // what the codes say is near enough
    }
    return known.get(attribute.name);
  }

  learn(attribute, numbers) {
    const found = limits(attribute, numbers);
    this.known.set(attribute.name, { ...found, codes: coded(found, numbers) });
    return true;
  }
}
