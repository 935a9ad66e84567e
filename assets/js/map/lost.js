/** What is done when the graphics card is taken away. */

import { plotly } from "../core/bundles.js";
import { webgl } from "./canvas.js";

/** A driver's reset, a laptop that slept: draw again, without it if it doesn't come back. @param {import("./map.js").ItemMap} map @param {Event} event */
export async function lost(map, event) {
  event.preventDefault();
  if (map.losing || !map.points) return;
  map.losing = true;
  const { points } = map;
  webgl.known = undefined;
  const Plotly = webgl() && (await plotly(map.spec.dims).catch(() => null));
  map.losing = false;
  if (points !== map.points) return;
  map.stand(map.spec, Plotly)();
  await map.repaint();
}
