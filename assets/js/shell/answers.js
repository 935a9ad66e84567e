/** Put what the server answered on the page. */

import { dress } from "./bind.js";
import { byId } from "../core/dom.js";
import { morph } from "./morph.js";

/**
 * Replace the tab's panel; while a slider inside is being dragged it stays as it is under the hand.
 * @param {string} html @param {string} tab whose panel it is
 */
export function inspector(html, tab) {
  const host = byId("panel");
  const elsewhere = host.dataset.tab !== tab;
  if (elsewhere) {
    host.innerHTML = html;
    host.scrollTop = 0;
    host.dataset.tab = tab;
  } else {
    const { scrollTop } = host;
    morph(host, html);
    host.scrollTop = scrollTop;
  }
  host.setAttribute("aria-labelledby", `tab-${tab}`);
  dress(host);
  document.dispatchEvent(new CustomEvent("panel"));
}

