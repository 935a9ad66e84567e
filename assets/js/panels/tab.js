/** What the tabs share: where their options lie, their cells, and the point that a request starts from. */

import { refuse } from "../compute/refusals.js";
import { compact, depth, MAX_DEPTH } from "./point.js";

/** Where in the scene an option of a tab lies. */
export const pathOf = (tab) => (name) => `view.options.${tab}.${name}`;

export const LARGEST_SEED = 2 ** 31 - 1;

/** A cell of a strip. @param {object} point @param {{caption?: string, alt?: string, trust?: boolean}} said */
export const cell = (point, said = {}) => ({ point: compact(point), ...said });

/** A button that moves a slider by itself; see `../shell/player.js`. @param {string} id @param {string} of the slider */
export const player = (id, of) => ({ kind: "button", id, text: "Play", look: "plain", do: "play", of, title: "Moves the slider to and fro, again and again, until it is paused" });

/**
 * The point that a change of the condition must start from: null where the one on stage itself will do. An edit that
 * moves the condition would blend a value asked before it, so the request starts from the edit's result.
 */
export function requestBase(facts, point) {
  if (!point.edits.some(({ op }) => facts.operation(op).moves_condition)) return null;
  if (depth(point) < MAX_DEPTH) return { start: { of: compact(point) }, condition: {}, edits: [] };
  throw refuse("deep");
}

/** A point with other values asked, nested no deeper than needed. */
export function asking(facts, point, asked) {
  const base = requestBase(facts, point) ?? point;
  return { ...base, condition: { ...base.condition, ...asked } };
}

/** Buttons that save files of a scene. @param {Object<string, string>} kinds what each is called @param {object} query */
export const files = (facts, kinds, query) =>
  Object.entries(kinds)
    .filter(([kind]) => facts.saves(kind))
    .map(([kind, text]) => ({ kind: "button", id: `export-${kind}`, text, href: `explorer/export?${new URLSearchParams({ as: kind, ...query })}` }));
