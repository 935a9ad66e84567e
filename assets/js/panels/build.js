/** What this browser keeps of a model that was built anew since: its items are known by their numbers alone, so it may show others. */

import { refuse } from "../compute/refusals.js";
import { tell } from "../core/notices.js";

/** @param {{build?: string}[]} kept pins or groups @param {{build: string, title: string}} model @param {string} where */
export function sayOther(kept, { build: now, title }, where) {
  if (kept.some(({ build }) => build && build !== now)) tell(refuse("other-build", { title }).sentence, where, "warning");
}
