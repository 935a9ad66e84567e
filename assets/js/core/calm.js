/** When a hand rests: then what holds the page up for a moment holds nobody up. */

import { later } from "./dom.js";

let used = 0;
for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
  addEventListener(name, () => (used = performance.now()), { capture: true, passive: true });
}

/** Resolves once nobody has used the page for so many milliseconds. */
export async function calm(ms) {
  for (let rest; (rest = used + ms - performance.now()) > 0; ) await later(rest);
}
