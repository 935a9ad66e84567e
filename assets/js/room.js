/** The reading room: its search, and the theme. */

import { byId, settled } from "./core/dom.js";
import * as theme from "./core/theme.js";

const field = byId("room-search");

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...document.querySelectorAll(".exhibit")];
  let found = 0;
  for (const node of all) {
    // A number alone is that paper's; other words may stand anywhere.
    const fits = words.every((word) => (/^\d+$/.test(word) ? node.id === `paper-${word}` : node.dataset.text.includes(word)));
    node.hidden = !fits;
    found += fits;
  }
  for (const gallery of document.querySelectorAll(".gallery")) gallery.hidden = !gallery.querySelector(".exhibit:not([hidden])");
  byId("room-count").value = words.length ? `${found} of ${all.length}` : "";
}

field?.addEventListener("input", settled(search, 80));
byId("theme").addEventListener("click", () => theme.next());
