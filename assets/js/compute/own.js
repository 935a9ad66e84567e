/** A person's own item, fitted and encoded in the page; see `_encode` of explorer/play/compute.py. */

import { refuse } from "./refusals.js";

const MAX_FILE = 12_000_000; // characters of base64

/**
 * @param {import("../engine/engine.js").Engine} engine
 * @param {{file: string, condition: object, cropped: boolean}} asked a data URL, attributes that are known, and whether a person
 *   has put it in its frame already
 * @param {object} facts of the model
 * @returns {Promise<{point: object, fitted: string, node: null, sound: null, note: string|null, psnr: number, searched: null, readings: object}>}
 */
export async function own(engine, { file, condition, cropped }, { card, model }) {
  const encodes = card.capabilities.includes("encode");
  if (!encodes && card.latent.kind !== "vector") throw refuse("no-encoder", { title: card.title });
  if (!encodes || model.modality.drawn !== "pixels") throw Object.assign(new Error("the server's"), { fallback: true });
  const raw = bytes(file, model.modality.noun);
  const [{ fit }, { dataUrl, show }] = await Promise.all([import("../engine/fit.js"), import("../engine/pixels.js")]);
  const { pixels, note } = await fit(new Blob([raw]), card.shape, cropped ? null : model.modality.framing);
  const { latent, condition: asked, readings, psnr } = await engine.encode(pixels, condition);
  const point = { start: { sha256: await hash(raw), latent, ...(Object.keys(asked).length ? { condition: asked } : {}) } };
  return { point, fitted: dataUrl(show(pixels, card.shape)), node: null, sound: null, note, psnr, searched: null, readings };
}

function bytes(file, noun) {
  if (!file.startsWith("data:") || !file.includes(",")) throw refuse("no-file", { noun });
  if (file.length > MAX_FILE) throw refuse("file-large", { megabytes: Math.round((0.75 * file.length) / 1e6), noun, most: 8 });
  try {
    return Uint8Array.from(atob(file.slice(file.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
  } catch {
    throw refuse("file-cut", { noun });
  }
}

/** SHA-256 in hex; where the browser has none (a page that isn't https nor local) sixteen digits of FNV stand for it. */
async function hash(raw) {
  if (globalThis.crypto?.subtle) {
    return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", raw)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  let state = 0xcbf29ce484222325n;
  for (const byte of raw) state = ((state ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn;
  return state.toString(16).padStart(64, "0");
}
