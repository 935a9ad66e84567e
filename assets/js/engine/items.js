/** What follows from all items of a checkpoint: one far from others, and the difference of two groups; see explorer/play/recipes.py. */

import { bound, refuse } from "../compute/refusals.js";
import { unbase64 } from "../compute/link.js";
import { encodeCodes } from "./condition.js";
import { pack } from "./tensors.js";

/** A well reconstructed item, far from all these points in latent and condition. @param {import("./model.js").Model} model @returns {Promise<number>} */
export async function distant(model, points) {
  const encodes = model.manifest.capabilities.includes("encode");
  const [z, codes, error] = await Promise.all(["z", "codes", ...(encodes ? ["error"] : [])].map((name) => model.tensors.get(name)));
  const [n, size, width] = [model.manifest.items, model.size, model.attributes.length];
  const errors = error?.data ?? new Float32Array(n);
  const middle = median(errors);
  const good = [...errors.keys()].filter((k) => errors[k] >= middle);
  const count = Math.min(bound("candidates"), good.length);
  const stride = (good.length - 1) / Math.max(count - 1, 1);
  const rows = Array.from({ length: count }, (_, k) => (k && k === count - 1 ? good.at(-1) : good[Math.trunc(k * stride)]));
  const nearest = new Float64Array(count).fill(Infinity);
  for (const point of points) {
    const state = await model.resolve(point);
    rows.forEach((row, k) => {
      const c = encodeCodes(model.attributes, Array.from(codes.data.subarray(row * width, (row + 1) * width)));
      nearest[k] = Math.min(nearest[k], gap(z.data.subarray(row * size, (row + 1) * size), state.z) + gap(c, state.c));
    });
  }
  return rows[nearest.indexOf(Math.max(...nearest))];
}

/** Mean squared difference. */
function gap(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k] - b[k]) ** 2;
  return sum / a.length;
}

/** @param {ArrayLike<number>} values */
function median(values) {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Mean latent of a group less that of another, or of all other items. @param {{name: string, plus: string, minus: string|null}} pair */
export async function direction(model, { name, plus, minus }) {
  const n = model.manifest.items;
  const { data } = await model.tensors.get("z");
  const first = members(plus, n);
  const second = minus ? members(minus, n) : first.map((yes) => 1 - yes);
  if (!second.some(Boolean)) throw refuse("group-all", { name });
  const [towards, away] = [first, second].map((mask) => mean(data, mask, model.size));
  const vector = Float32Array.from(towards, (v, k) => v - away[k]);
  return { vector: pack(vector), length: Math.hypot(...vector) / model.manifest.typical };
}

function mean(z, mask, size) {
  const sum = new Float64Array(size);
  let count = 0;
  mask.forEach((yes, row) => {
    if (!yes) return;
    count += 1;
    for (let k = 0; k < size; k++) sum[k] += z[row * size + k];
  });
  return sum.map((v) => v / count);
}

/** A group's bits, the least significant of each byte first, as base64 of either alphabet -> one byte an item. */
export function members(text, n) {
  let raw;
  try {
    raw = unbase64(text.trim().replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_").replaceAll(" ", "-"));
  } catch {
    throw refuse("group-unreadable");
  }
  if (raw.length !== Math.ceil(n / 8)) throw refuse("group-elsewhere");
  const mask = Uint8Array.from({ length: n }, (_, k) => (raw[k >> 3] >> (k & 7)) & 1);
  if (!mask.some(Boolean)) throw refuse("group-empty");
  return mask;
}
