/** A page in somebody's frame: tells the one around it what is on stage and what is chosen, and opens the links that it sends. */

import { settled } from "../core/dom.js";

const SIGN = { explorer: 1 };
const QUIET = 60; // ms

/**
 * @param {import("../core/scene.js").Store} store @param {import("../map/groups.js").Groups} groups
 * @returns {() => void} called when the link to what is on stage has changed
 */
export function framed(store, groups) {
  if (window.parent === window) return () => {};
  const tell = settled(() => {
    if (!store.link) return;
    // Who may be around, and so hears of stage and groups, is the server's to say (`frame-ancestors`, EXPLORER_FRAMES).
    window.parent.postMessage({ ...SIGN, link: store.link, groups: groups.lists, chosen: groups.chosen?.name ?? "" }, "*");
  }, QUIET);
  store.on("groups", tell);
  addEventListener("message", ({ source, data }) => {
    if (source === window.parent && data?.explorer === SIGN.explorer && typeof data.link === "string") location.hash = data.link;
  });
  return tell;
}
