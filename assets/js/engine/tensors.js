/** Numbers as they are stored -> arrays; fetched once, when first asked for. */

import { unbase64 } from "../compute/link.js";
import { bound, refuse } from "../compute/refusals.js";
import { load } from "../core/files.js";
import { fallback } from "./errors.js";

const TYPES = { f4: Float32Array, i2: Int16Array, i4: Int32Array, u1: Uint8Array, u2: Uint16Array };
let halves = null;

/**
 * The bytes of a file.
 * @param {URL|string} url
 * @param {boolean} packed it lies there as `<file>.gz`, for hosts that don't compress by themselves; some unpack it on the way
 */
export async function bytes(url, packed = false) {
  const whole = new URL(url);
  if (packed) whole.pathname += ".gz";
  const response = await load(whole);
  if (!response.ok) throw fallback(`${whole.pathname} isn't there (${response.status})`);
  const file = await response.arrayBuffer();
  if (!packed || !gzipped(file)) return file;
  return new Response(new Blob([file]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** RFC 1952: how a file in gzip begins. @param {ArrayBuffer} file */
function gzipped(file) {
  const [first, second, method] = new Uint8Array(file, 0, Math.min(3, file.byteLength));
  return first === 0x1f && second === 0x8b && method === 8;
}

/** IEEE 754 half precision -> single. @param {Uint16Array} raw */
export function widened(raw) {
  if (!halves) {
    halves = new Float32Array(1 << 16);
    for (let k = 0; k < halves.length; k++) {
      const exponent = (k >> 10) & 31;
      const fraction = k & 1023;
      const size = exponent === 31 ? (fraction ? NaN : Infinity) : exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24;
      halves[k] = k >> 15 ? -size : size;
    }
  }
  const out = new Float32Array(raw.length);
  for (let k = 0; k < raw.length; k++) out[k] = halves[raw[k]];
  return out;
}

/** Whole numbers over each column's range -> the numbers that they stand for; see `packed` in explorer/box/items.py. */
export function unpacked(raw, { scale, offset }) {
  const [steps, from] = [Float32Array.from(scale), Float32Array.from(offset)];
  const out = new Float32Array(raw.length);
  for (let k = 0, d = 0; k < raw.length; k++, d = d + 1 === steps.length ? 0 : d + 1) out[k] = Math.fround(raw[k] * steps[d]) + from[d];
  return out;
}

/** The tensors that a manifest names. */
export class Tensors {
  /** @param {object} manifest @param {string} url where it was fetched */
  constructor(manifest, url) {
    Object.assign(this, { manifest, url, kept: new Map() });
  }

  /** @returns {Promise<{data: Float32Array|Int16Array|Int32Array|Uint8Array|Uint16Array, shape: number[]}>} */
  get(name) {
    if (!this.kept.has(name)) {
      const made = this.read(name);
      this.kept.set(name, made);
      made.catch(() => this.kept.delete(name)); // a lost connection is no reason never to try again
    }
    return this.kept.get(name);
  }

  has(name) {
    return name in this.manifest.tensors;
  }

  async read(name) {
    const facts = this.manifest.tensors[name];
    if (!facts) throw fallback(`there are no numbers ${name}`);
    const raw = await bytes(new URL(facts.file, this.url), this.manifest.gz);
    const stored = facts.type === "f2" ? widened(new Uint16Array(raw)) : new TYPES[facts.type](raw);
    const data = facts.scale ? unpacked(stored, facts) : stored;
    const rest = facts.shape.slice(1).reduce((a, b) => a * b, 1);
    const shape = facts.shape[0] < 0 ? [data.length / rest, ...facts.shape.slice(1)] : facts.shape;
    if (data.length !== shape.reduce((a, b) => a * b, 1)) throw fallback(`${name} didn't arrive whole`);
    return { data, shape };
  }
}

export { pack } from "../compute/link.js";

/** The inverse of `pack`; see `scene.unpack`. @param {string} text @param {number} size @param {string} where */
export function unpack(text, size, where) {
  let raw;
  try {
    raw = unbase64(text);
  } catch {
    throw refuse("latent-unreadable", {}, where);
  }
  if (raw.length !== 4 * size) throw refuse("latent-size", { given: Math.floor(raw.length / 4), size }, where);
  const out = new Float32Array(raw.buffer);
  if (!out.every(Number.isFinite)) throw refuse("latent-finite", {}, where);
  if (out.some((v) => Math.abs(v) > bound("latent"))) throw refuse("latent-far", { most: bound("latent") }, where);
  return out;
}
