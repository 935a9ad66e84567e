/** Files to take along, as `explorer/page/serving/export.py`: where there is no server, its links are answered here. */

import { open } from "./act.js";
import { members } from "./directions.js";
import { ExplorerError, told } from "./error.js";
import { general } from "../compute/numbers.js";
import * as link from "./link.js";
import * as recipes from "./recipes.js";
import { compact, pointOf } from "./scene.js";
import { tell } from "../core/notices.js";
import * as words from "./words.js";

const SMALLEST = 256;
const MAX_SIDE = 1024;
const GAP = 2;
const AXES = "xyz";

/** Answer the page's links to `explorer/export?...`. */
export function intercept() {
  document.addEventListener("click", async (event) => {
    const anchor = event.target.closest?.("a[download][href^='explorer/export?']");
    if (!anchor) return;
    event.preventDefault();
    try {
      const { blob, name } = await make(new URLSearchParams(anchor.getAttribute("href").split("?")[1]));
      const url = URL.createObjectURL(blob);
      Object.assign(document.createElement("a"), { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      const said = told(error) ?? { sentence: `This file can't be made here (${error.message}).`, where: "stage" };
      tell(said.sentence, said.where);
    }
  });
}

/**
 * Make a file of a scene.
 * @param {URLSearchParams} request `scene` (a link), `as` and `what`; see `serving.export.export`
 * @returns {Promise<{blob: Blob, name: string}>}
 */
export async function make(request) {
  const scene = await link.read(request.get("scene") ?? "");
  const session = await open(scene.model);
  const kind = request.get("as") ?? "png";
  const what = request.get("what") ?? "stage";
  if (!session.saves(kind)) throw new ExplorerError(`On this site a scene can be saved as ${session.files.join(", ")}, not as ${kind}.`);
  const name = `${scene.model}-${what}.${kind}`;
  if (what === "items") {
    if (kind !== "csv") throw new ExplorerError("Items can be saved as csv.", "map");
    return { name, blob: table(await itemColumns(session, itemRows(session, request.get("members")))) };
  }
  const points = await pointsOf(session, scene, what);
  return { name, blob: kind === "png" ? await picture(session, points, what) : table(await columns(session, points)) };
}

async function pointsOf(session, scene, what) {
  if (what === "path") {
    const chosen = recipes.options(scene, "interpolate", recipes.PathOptions);
    return recipes.path(...(await recipes.ends(session, scene)), chosen.steps, chosen.method, chosen.condition);
  }
  if (what === "draws") return recipes.draws(session, scene, recipes.options(scene, "resample", recipes.DrawOptions));
  return [pointOf(scene)];
}

/** One picture enlarged by whole steps, or a strip in rows with a gap of two pixels of white. */
async function picture(session, points, what) {
  const all = [];
  for (const point of points) all.push(await session.engine.pixels(compact(point)));
  const [{ width, height }] = all;
  const single = what === "stage";
  const wanted = single ? Math.max(1, Math.round(SMALLEST / Math.min(width, height))) : 1;
  const scale = Math.min(wanted, Math.max(1, Math.floor(MAX_SIDE / Math.max(width, height))));
  const across = what === "path" ? all.length : Math.min(all.length, 6);
  const down = Math.ceil(all.length / across);
  const sheet = canvas(across * (width + GAP) - GAP, down * (height + GAP) - GAP);
  all.forEach(({ data }, k) => sheet.putImageData(new ImageData(data, width, height), (k % across) * (width + GAP), Math.floor(k / across) * (height + GAP)));
  const large = scale === 1 ? sheet : canvas(sheet.canvas.width * scale, sheet.canvas.height * scale);
  if (scale > 1) large.drawImage(sheet.canvas, 0, 0, large.canvas.width, large.canvas.height);
  return new Promise((done) => large.canvas.toBlob(done, "image/png"));
}

function canvas(width, height) {
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  return context;
}

/** One row a point: recipe in words, attributes asked, places on the maps, latent. */
async function columns(session, points) {
  const states = await session.engine.states(points.map(compact));
  const conditions = await Promise.all(points.map((p) => session.condition(p)));
  const out = { recipe: points.map((p) => words.recipe(p, session.conditions, session.operations)) };
  for (const a of session.conditions.attributes) out[a.name] = conditions.map((c) => words.value(a, c[a.name]));
  for (const map of session.model.maps) {
    const places = await session.places(points, map.name);
    for (let d = 0; d < map.dims; d++) out[`${map.name}_${AXES[d]}`] = places.map((place) => digits(place[d]));
  }
  states[0].z.forEach((_, k) => (out[`z${k}`] = states.map(({ z }) => digits(z[k]))));
  return out;
}

function itemRows(session, code) {
  const n = session.card.items;
  const all = [...Array(n).keys()];
  if (!code) return all;
  const mask = members(code, n);
  return all.filter((i) => mask[i]);
}

/** Real items: number, attributes, error, places on the maps, latent. */
async function itemColumns(session, rows) {
  const tensor = async (name) => {
    const { data, shape } = await session.tensor(name);
    const width = data.length / shape[0];
    return { width, at: (i, k) => data[i * width + k] };
  };
  const [z, codes, out] = await Promise.all(["z", "codes", "held_out"].map(tensor));
  const error = session.encodes ? await tensor("error") : { at: () => 0 };
  const all = { item: rows };
  session.conditions.attributes.forEach((a, k) => {
    const read = (code) => (Number.isNaN(code) ? "" : a.kind === "continuous" ? digits(code) : (a.values[code] ?? ""));
    all[a.name] = rows.map((i) => read(codes.at(i, k)));
  });
  Object.assign(all, { held_out: rows.map((i) => Number(out.at(i, 0))), psnr: rows.map((i) => digits(error.at(i, 0))) });
  for (const { name, dims } of session.model.maps) {
    const map = await tensor(`map.${name}`);
    for (let d = 0; d < dims; d++) all[`${name}_${AXES[d]}`] = rows.map((i) => digits(map.at(i, d)));
  }
  for (let k = 0; k < z.width; k++) all[`z${k}`] = rows.map((i) => digits(z.at(i, k)));
  return all;
}

const digits = (value) => general(value, 7);

/** Columns of one length -> CSV with a head. */
function table(all) {
  const quoted = (value) => (/[",\n]/.test(value) ? `"${String(value).replace(/"/g, '""')}"` : String(value));
  const rows = Object.values(all);
  const lines = Array.from(rows[0], (_, k) => rows.map((column) => quoted(column[k])).join(","));
  return new Blob([[Object.keys(all).map(quoted).join(","), ...lines, ""].join("\n")], { type: "text/csv;charset=utf-8" });
}
