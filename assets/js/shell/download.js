/**
 * Links that promise a file of a scene (`explorer/export?...`): fetched by the page itself, so that a selection of any size
 * arrives, and that what goes wrong is told.
 */

import { refuse } from "../compute/refusals.js";
import { SILENT } from "../compute/server.js";
import { TOO_LARGE, VISITOR } from "../compute/wire.js";
import { byId } from "../core/dom.js";
import { tell, waiting } from "../core/notices.js";

const KEPT = 60_000; // milliseconds that a browser may take to begin saving

/** @param {(query: URLSearchParams) => Promise<{blob: Blob, name: string}>} made rejects with a sentence and where it is told */
export function downloads(made) {
  document.addEventListener("click", async (event) => {
    const anchor = event.target.closest?.("a[download][href^='explorer/export?']");
    if (!anchor) return;
    event.preventDefault();
    waiting("bar", true);
    try {
      const { blob, name } = await made(new URLSearchParams(anchor.getAttribute("href").split("?")[1]));
      offer(blob, name);
    } catch (error) {
      const said = error.sentence ? error : refuse("not-here", { why: error.message });
      byId("dialog").close();
      tell(said.sentence, said.where);
    } finally {
      waiting("bar", false);
    }
  });
}

/** Let the browser save a file. @param {Blob} blob @param {string} name */
export function offer(blob, name) {
  const url = URL.createObjectURL(blob);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT);
}

/** The server's file; see explorer/page/serving/export.py. @param {URLSearchParams} query */
export async function posted(query) {
  const headers = { "Content-Type": "application/json", "X-Explorer-Visitor": VISITOR };
  const body = JSON.stringify(Object.fromEntries(query));
  const answer = await fetch("explorer/export", { method: "POST", headers, body }).catch(() => null);
  if (answer?.status === TOO_LARGE) throw refuse("body-large");
  if (answer?.ok) return { blob: await answer.blob(), name: /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition"))[1] };
  const { error = SILENT, where = "stage" } = (await answer?.json().catch(() => null)) ?? {};
  throw Object.assign(new Error(error), { sentence: error, where });
}
