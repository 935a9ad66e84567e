/** Who draws which tab: general and declared ones are built here, the others come from the server as the same nodes. */

import { compute } from "../compute/compute.js";
import { panel as attributes } from "./attributes.js";
import { panel as directions } from "./directions.js";
import { panel as interpolate } from "./interpolate.js";
import { panel as own } from "./own.js";
import { panel as resample } from "./resample.js";
import { panel as selection } from "./selection.js";
import { panel as turned } from "./turned.js";
import { panel as type } from "./type.js";

const GENERAL = { attributes, interpolate, resample, directions, selection, own, type };

/** Tabs that follow a hand while it moves. */
export const FOLLOWING = new Set(["type"]);

/**
 * What a tab shows.
 * @param {import("./facts.js").Facts} facts @param {object} scene
 * @param {{own: Function, groups: Function, pins: Function, selection: Function}} kept what this browser keeps
 * @param {boolean} live while a pointer still moves
 * @returns {Promise<{nodes: object[], overlay: {path?: object[], draws?: object[], a?: object, b?: object}, again?: boolean}>} the overlay is of points;
 *   `again`: ask once more, it isn't finished
 */
export async function panel(facts, scene, kept, live = false) {
  const tab = facts.model.tabs.find(({ id }) => id === scene.view.tab) ?? facts.model.tabs[0];
  if (tab.disabled_reason) return { nodes: [{ kind: "note", id: "unfit", text: tab.disabled_reason }], overlay: {} };
  if (Object.hasOwn(GENERAL, tab.id)) return GENERAL[tab.id](facts, scene, kept, live);
  if (tab.declared) return turned(facts, scene, tab);
  return { overlay: {}, ...(await compute.panel(scene)) };
}
