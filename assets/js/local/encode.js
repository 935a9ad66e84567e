/** A person's own item, encoded in the page: what `_encode` of `explorer/page/act.py` answers. */

import { Misfit } from "./check.js";
import { ExplorerError } from "./error.js";
import { compact, condition as values } from "./scene.js";
import * as stage from "./stage.js";

const MAX_PICTURE = 12_000_000;

/** `scene`, `picture` (data URL), `condition` (corrections) -> the point of a person's own item, and it as fitted. */
export async function encode(session, scene, { picture, condition }) {
  if (!session.encodes) {
    throw new ExplorerError(`${session.card.title} has no encoder, so it can't take an item of your own.`, "own-item");
  }
  const raw = await bytes(picture);
  const [{ fit }, { dataUrl, show }] = await Promise.all([import("../engine/fit.js"), import("../engine/pixels.js")]);
  const fitted = await fit(new Blob([raw]), session.card.shape);
  const encoded = await session.engine.encode(fitted.pixels, corrections(condition));
  const point = { start: { sha256: await hash(raw), latent: encoded.latent, condition: encoded.condition }, condition: {}, edits: [] };
  return { point: compact(point), fitted: dataUrl(show(fitted.pixels, session.card.shape)), note: fitted.note, readings: await stage.own(session, encoded, point) };
}

function corrections(condition) {
  try {
    return values(condition ?? {});
  } catch (error) {
    if (error instanceof Misfit) throw new ExplorerError("The attributes of an own item come as a table of names and values.", "own-item");
    throw error;
  }
}

async function bytes(picture) {
  if (typeof picture !== "string" || !picture.startsWith("data:") || !picture.includes(",")) throw new ExplorerError("This isn't a picture.", "own-item");
  if (picture.length > MAX_PICTURE) throw new ExplorerError("This file is too large; a picture of up to 8 MB can be taken.", "own-item");
  try {
    return Uint8Array.from(atob(picture.slice(picture.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
  } catch {
    throw new ExplorerError("This picture didn't arrive whole; try again.", "own-item");
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
