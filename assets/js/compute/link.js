/** A scene as a short text and back, as `explorer/core/link.py`: JSON without defaults, deflated, in URL-safe base64. */

import { checked } from "./check.js";
import { compact, leanAxes, same } from "./points.js";
import { bound, refuse } from "./refusals.js";

const SHORT = { a: compact, b: compact, axes: leanAxes }; // what of a view is short in a link

/** A scene without what is as by default. @param {object} rules see explorer/play/rules.py */
export function compactScene(rules, scene) {
  const usual = rules.scene.properties.view.default;
  const look = {};
  for (const [key, value] of Object.entries(scene.view ?? {})) {
    if (!same(value, usual[key])) look[key] = SHORT[key] && value ? SHORT[key](value) : value;
  }
  return { model: scene.model, ...(scene.build ? { build: scene.build } : {}), ...compact(scene), ...(Object.keys(look).length ? { view: look } : {}) };
}

/** A scene -> its link text, in characters that a URL's fragment takes as they are. @returns {Promise<string>} */
export async function write(rules, scene) {
  const text = await deflated(JSON.stringify(compactScene(rules, scene)));
  if (text.length > bound("link")) throw refuse("link-large");
  return text;
}

/** Text, deflated, in URL-safe base64. @returns {Promise<string>} */
export async function deflated(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return base64(new Uint8Array(await new Response(stream).arrayBuffer()));
}

/** The shortest text of which `read` makes the scene again: a link, or JSON where it is too large for one. @returns {Promise<string>} */
export const textOf = (rules, scene) => write(rules, scene).catch(() => JSON.stringify(compactScene(rules, scene)));

/** A link, the fragment of a URL, or a scene's JSON -> the scene. @param {object} rules @param {string} text */
export async function read(rules, text) {
  if (text.length > bound("scene")) throw refuse("link-long");
  text = text.trim();
  if (!text.startsWith("{")) text = await unpack(text.slice(text.lastIndexOf("#") + 1));
  let raw;
  try {
    raw = JSON.parse(text);
  } catch {
    throw refuse("link-none");
  }
  return checked(rules, rules.scene, raw, "link", "link");
}

async function unpack(text) {
  if (text.length > bound("link")) throw refuse("link-long");
  let raw;
  try {
    raw = await inflated(text, bound("scene"));
  } catch {
    throw refuse("link-part"); // a stream that ends too soon and one that never was one: the browser doesn't say which it is
  }
  if (raw === null) throw refuse("link-cut");
  return raw;
}

/** The inverse of `deflated`; null where it would be longer, throws what never was one. @param {string} code @param {number} most bytes */
export async function inflated(code, most) {
  const reader = new Blob([unbase64(code)]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let raw = "";
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return raw + decoder.decode();
    length += value.length;
    if (length > most) break;
    raw += decoder.decode(value, { stream: true });
  }
  reader.cancel().catch(() => {});
  return null;
}

/** A vector as it travels in a scene: URL-safe base64 of little-endian float32. @param {Float32Array} values */
export const pack = (values) => base64(new Uint8Array(Float32Array.from(values).buffer));

/** Bytes -> URL-safe base64 without its padding. @param {Uint8Array} bytes */
export function base64(bytes) {
  let raw = "";
  for (let k = 0; k < bytes.length; k += 8192) raw += String.fromCharCode(...bytes.subarray(k, k + 8192));
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The inverse; throws what isn't base64. @param {string} code */
export function unbase64(code) {
  if (!/^[\w-]*$/.test(code) || code.length % 4 === 1) throw new Error("not base64");
  return Uint8Array.from(atob(code.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}
