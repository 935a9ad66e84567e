/** What a control sets, as its attributes; `assets/js/shell/bind.js` reads them. */

import { compact } from "../compute/points.js";

/** @param {object} [sets] see `Sets` of explorer/core/nodes.py */
export function attributes(sets) {
  if (!sets) return {};
  const { path, point, patch, unset = [], live, eager, view } = sets;
  return {
    "data-set": path, "data-point": point && compact(point), "data-patch": patch && Object.keys(patch).length ? patch : null,
    "data-unset": unset.length ? (unset.length > 1 ? unset : unset[0]) : null, "data-live": live, "data-eager": eager, "data-view": view,
  };
}

/** A value as a control carries it: text as it is, all else as JSON, which `data-type` then says. */
export const written = (value, json) => (json ? JSON.stringify(value ?? null) : String(value ?? ""));

/** Whether values must travel as JSON. */
export const isJson = (choices) => !choices.every(({ value }) => typeof value === "string");
