/** A scene as a short text and back, as `explorer/core/link.py`: JSON without defaults, deflated, in URL-safe base64. */

import { Misfit } from "./check.js";
import { ExplorerError } from "./error.js";
import { base64, compactScene, scene as whole, unbase64 } from "./scene.js";

const MAX_LINK = 32768;
const MAX_SCENE = 262144;
const fault = (sentence) => new ExplorerError(sentence, "link");

/** A scene -> its link text, in characters that a URL's fragment takes as they are. @returns {Promise<string>} */
export async function write(scene) {
  const stream = new Blob([JSON.stringify(compactScene(scene))]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const text = base64(new Uint8Array(await new Response(stream).arrayBuffer()));
  if (text.length > MAX_LINK) throw fault("This scene is too large for a link; undo a few steps.");
  return text;
}

/** A link, the fragment of a URL, or a scene's JSON -> the scene. @param {string} text */
export async function read(text) {
  if (text.length > MAX_SCENE) throw fault("This link is far too long for a scene.");
  text = text.trim();
  if (!text.startsWith("{")) text = await unpack(text.slice(text.lastIndexOf("#") + 1));
  try {
    return whole(JSON.parse(text));
  } catch (error) {
    if (error instanceof Misfit || error instanceof SyntaxError || error instanceof RangeError) throw fault("This link holds no scene that this explorer can read.");
    throw error;
  }
}

async function unpack(text) {
  if (text.length > MAX_LINK) throw fault("This link is far too long for a scene.");
  let packed;
  try {
    packed = unbase64(text);
  } catch {
    throw fault("This link isn't readable; part of it may be missing.");
  }
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let raw = "";
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return raw + decoder.decode();
      length += value.length;
      if (length > MAX_SCENE) break;
      raw += decoder.decode(value, { stream: true });
    }
  } catch {
    // A stream that ends too soon and one that never was one are told alike: the browser doesn't say which it is.
    throw fault("This link isn't readable; part of it may be missing.");
  }
  reader.cancel().catch(() => {});
  throw fault("This link is cut off or far too long for a scene.");
}
