/** A page that is older than what its host has: files that it hasn't loaded yet are gone, and a reload brings the new ones. */

import { make } from "./dom.js";
import { held } from "./files.js";
import { tell } from "./notices.js";

const WHERE = "bar-notices";
const OWN = /\/assets\/([0-9a-f]{12})\//.exec(import.meta.url)?.[1];

/** Offer to reload; what is on stage is in the address and stays. */
function offer() {
  if (document.querySelector(`[data-notice="${WHERE}"]`)) return;
  const node = tell("The explorer was updated after this page was opened. Reload the page; what is on stage stays.", WHERE, "warning");
  node.append(" ", make("button", { type: "button", class: "button", id: "reload", text: "Reload", click: () => location.reload() }));
}

/** What a server says of the version of the page's files that it has. @param {string|null} version */
export function current(version) {
  if (version && OWN && version !== OWN) offer();
}

/** A file of this page couldn't be loaded: is it gone? @param {URL|string} url */
export async function lost(url) {
  if (held()) return;
  try {
    const { status, body } = await fetch(url, { cache: "no-store" });
    body?.cancel();
    if (status === 404 || status === 410) offer();
  } catch {
    // No connection: that is another matter.
  }
}
