/** What the map shows of a scene: where it starts and is, its neighbours, the ends, and what the tab adds. */

import { compute } from "../compute/compute.js";
import { origin, pointOf } from "./point.js";
import { drawn } from "./backdrop.js";

const NEIGHBOURS = 8;

/** The map that is shown: its name, the space of its neighbours, and where points lie on it. */
async function shown(facts, { view: { map, axes } }) {
  const { name, space } = facts.map(map);
  if (axes.length !== 2) return { name, space, places: (points, how) => compute.places(points, name, how) };
  const { onAxes } = await import("../map/axes.js");
  return { name: JSON.stringify(axes), space, places: (points) => onAxes(axes, points) };
}

/** While a hand moves: where the point is now. */
export async function moving(facts, scene) {
  const { name, places } = await shown(facts, scene);
  const [now] = await places([pointOf(scene)], { urgent: true });
  return { map: name, now };
}

/** @param {{path?: object[], draws?: object[], a?: object, b?: object}} more of the tab, points */
export async function overlay(facts, scene, more = {}) {
  const { name, space, places: placed } = await shown(facts, scene);
  const point = pointOf(scene);
  const ends = { a: more.a ?? scene.view.a, b: more.b ?? scene.view.b };
  const lists = { path: more.path ?? [], draws: more.draws ?? [] };
  const all = [point, origin(point), ...Object.values(ends).filter(Boolean), ...Object.values(lists).flat()];
  const [places, [near]] = await Promise.all([placed(all), compute.neighbours([point], NEIGHBOURS, space)]);
  const out = { map: name, now: places.shift(), start: places.shift(), neighbours: near.map(([index]) => index) };
  for (const [end, at] of Object.entries(ends)) out[end] = at ? places.shift() : null;
  for (const [list, points] of Object.entries(lists)) out[list] = points.length ? places.splice(0, points.length) : null;
  return out;
}

/** The decoded latent plane behind a map that *is* the plane: its address on the server, or drawn here where there is none; else null. */
export async function backdrop(facts, scene) {
  const map = facts.map(scene.view.map);
  if (!map.exact || scene.view.axes.length === 2) return null;
  const [condition] = await compute.condition([pointOf(scene)]);
  if (facts.files) return drawn(facts, map, condition);
  const stamp = new URLSearchParams(facts.model.urls.engine.split("?")[1]).get("v");
  return `explorer/${facts.model.name}/backdrop/${map.name}.webp?${new URLSearchParams({ condition: JSON.stringify(condition), v: stamp })}`;
}
