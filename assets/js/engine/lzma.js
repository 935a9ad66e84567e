/**
 * Unpacks LZMA, which packs the runtime to six tenths of what gzip does; browsers have no word for it of their own.
 *
 * Igor Pavlov's format as his public-domain LZMA specification (2015) states it, in the container that xz calls "alone": a
 * byte of properties, the dictionary's size, the length, and the stream. All of the output is kept, so that it is the dictionary.
 */

const TOP = 2 ** 24;
const MOVE = 5;
const HALF = 1024;
const STATES = 12;
const LITERAL = 0x300;
const MIN_MATCH = 2;
const MOST = 2 ** 28; // bytes

const probabilities = (count) => new Uint16Array(count).fill(HALF);

/** The range decoder: bits by their probabilities. */
class Range {
  constructor(input, at) {
    Object.assign(this, { input, at: at + 5, range: -1 >>> 0, code: 0 });
    for (let k = 1; k < 5; k++) this.code = ((this.code << 8) | input[at + k]) >>> 0;
  }

  bit(all, index) {
    const p = all[index];
    const bound = (this.range >>> 11) * p;
    let bit = 0;
    if (this.code < bound) {
      this.range = bound;
      all[index] = p + ((2048 - p) >>> MOVE);
    } else {
      this.range -= bound;
      this.code -= bound;
      all[index] = p - (p >>> MOVE);
      bit = 1;
    }
    if (this.range < TOP) {
      this.range = (this.range << 8) >>> 0;
      this.code = ((this.code << 8) | this.input[this.at++]) >>> 0;
    }
    return bit;
  }

  /** A number of `count` bits, the highest first. */
  tree(all, offset, count) {
    let m = 1;
    for (let k = 0; k < count; k++) m = (m << 1) | this.bit(all, offset + m);
    return m - (1 << count);
  }

  /** The same, the lowest first. */
  reversed(all, offset, count) {
    let m = 1;
    let value = 0;
    for (let k = 0; k < count; k++) {
      const bit = this.bit(all, offset + m);
      m = (m << 1) | bit;
      value |= bit << k;
    }
    return value;
  }

  /** Bits that are as likely as not. */
  direct(count) {
    let value = 0;
    for (let k = 0; k < count; k++) {
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit) this.code -= this.range;
      value = (value << 1) | bit;
      if (this.range < TOP) {
        this.range = (this.range << 8) >>> 0;
        this.code = ((this.code << 8) | this.input[this.at++]) >>> 0;
      }
    }
    return value;
  }
}

/** Lengths of matches, in three ranges. */
class Lengths {
  constructor() {
    Object.assign(this, { choice: probabilities(2), low: probabilities(16 << 3), middle: probabilities(16 << 3), high: probabilities(256) });
  }

  read(range, place) {
    if (!range.bit(this.choice, 0)) return range.tree(this.low, place << 3, 3);
    if (!range.bit(this.choice, 1)) return 8 + range.tree(this.middle, place << 3, 3);
    return 16 + range.tree(this.high, 0, 8);
  }
}

/** @param {Uint8Array} input whose head says how long the output is @returns {Uint8Array} */
export function unlzma(input) {
  const size = Number(new DataView(input.buffer, input.byteOffset).getBigInt64(5, true));
  if (!(size >= 0 && size < MOST) || input[0] >= 9 * 5 * 5) throw new Error("this file isn't LZMA of a stated length");
  const props = input[0];
  const lc = props % 9;
  const lp = Math.floor(props / 9) % 5;
  const pb = Math.floor(props / 45);
  const out = new Uint8Array(size);
  const range = new Range(input, 13);
  const literals = probabilities(LITERAL << (lc + lp));
  const isMatch = probabilities(STATES << 4);
  const isRep = probabilities(STATES);
  const isRepG0 = probabilities(STATES);
  const isRepG1 = probabilities(STATES);
  const isRepG2 = probabilities(STATES);
  const isRep0Long = probabilities(STATES << 4);
  const slots = probabilities(4 << 6);
  const special = probabilities(115);
  const align = probabilities(16);
  const matchLengths = new Lengths();
  const repLengths = new Lengths();
  let [state, rep0, rep1, rep2, rep3, at] = [0, 0, 0, 0, 0, 0];

  while (at < size) {
    const place = at & ((1 << pb) - 1);
    if (!range.bit(isMatch, (state << 4) + place)) {
      const before = at ? out[at - 1] : 0;
      const offset = LITERAL * (((at & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
      let symbol = 1;
      if (state >= 7) {
        let match = out[at - rep0 - 1];
        do {
          const expected = (match >> 7) & 1;
          match <<= 1;
          const bit = range.bit(literals, offset + ((1 + expected) << 8) + symbol);
          symbol = (symbol << 1) | bit;
          if (expected !== bit) break;
        } while (symbol < 256);
      }
      while (symbol < 256) symbol = (symbol << 1) | range.bit(literals, offset + symbol);
      out[at++] = symbol & 255;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length;
    if (range.bit(isRep, state)) {
      if (!range.bit(isRepG0, state)) {
        if (!range.bit(isRep0Long, (state << 4) + place)) {
          state = state < 7 ? 9 : 11;
          out[at] = out[at - rep0 - 1];
          at += 1;
          continue;
        }
      } else if (!range.bit(isRepG1, state)) [rep0, rep1] = [rep1, rep0];
      else if (!range.bit(isRepG2, state)) [rep0, rep1, rep2] = [rep2, rep0, rep1];
      else [rep0, rep1, rep2, rep3] = [rep3, rep0, rep1, rep2];
      length = repLengths.read(range, place);
      state = state < 7 ? 8 : 11;
    } else {
      [rep1, rep2, rep3] = [rep0, rep1, rep2];
      length = matchLengths.read(range, place);
      state = state < 7 ? 7 : 10;
      const slot = range.tree(slots, Math.min(length, 3) << 6, 6);
      if (slot < 4) rep0 = slot;
      else {
        const bits = (slot >> 1) - 1;
        const base = ((2 | (slot & 1)) << bits) >>> 0;
        if (slot < 14) rep0 = base + range.reversed(special, base - slot, bits);
        else rep0 = base + range.direct(bits - 4) * 16 + range.reversed(align, 0, 4);
      }
    }
    if (rep0 >= at) throw new Error("this file is damaged");
    for (let k = Math.min(length + MIN_MATCH, size - at); k > 0; k--, at++) out[at] = out[at - rep0 - 1];
  }
  return out;
}
