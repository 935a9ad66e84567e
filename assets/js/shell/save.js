/** Files to take along where there is no server: the page's links to `explorer/export` are answered here. See explorer/page/serving/export.py. */

import { compute } from "../compute/compute.js";
import { read, unbase64 } from "../compute/link.js";
import { file as svgOf } from "../engine/outline.js";
import { general } from "../compute/numbers.js";
import { refuse } from "../compute/refusals.js";
import { Facts } from "../panels/facts.js";
import { pointOf } from "../panels/point.js";
import { draws, ends, path } from "../panels/recipes.js";
import * as words from "../panels/words.js";

const SMALLEST = 256;
const MAX_SIDE = 1024;
const GAP = 2;
const AXES = "xyz";
const digits = (value) => general(value, 7);

/**
 * Make a file of a scene.
 * @param {URLSearchParams} request `scene` (a link), `as` and `what`
 * @param {string[]} files kinds that can be made here
 * @param {(name: string) => Promise<object>} known what is known of a checkpoint
 */
export async function make(request, files, known) {
  const { rules } = compute.facts;
  const scene = await read(rules, request.get("scene") ?? "");
  const facts = new Facts(await known(scene.model), { files });
  const kind = request.get("as") ?? "png";
  const what = request.get("what") ?? "stage";
  if (!facts.saves(kind) || (what === "items" && kind !== "csv")) throw refuse("items-as", { known: files });
  const { drawn, suffix } = facts.model.modality;
  if (kind === "item") {
    if (drawn !== "outline" || what !== "stage") throw refuse("items-as", { known: files });
    return { name: `${scene.model}-${what}.${suffix}`, blob: await outlined(pointOf(scene)) };
  }
  const name = `${scene.model}-${what}.${kind}`;
  if (what === "items") return { name, blob: table(await itemColumns(facts, request.get("members"))) };
  const points = await pointsOf(facts, scene, what);
  return { name, blob: kind === "png" ? await picture(points, what) : table(await columns(facts, points)) };
}

async function pointsOf(facts, scene, what) {
  if (what === "path") {
    const { steps, method, condition } = facts.options(scene, "interpolate");
    return path(...(await ends(facts, scene)), steps, method, condition);
  }
  if (what === "draws") return draws(scene, facts.options(scene, "resample"));
  return [pointOf(scene)];
}

/** A shape as an SVG of one path, see explorer/learn/modalities/shape.py. */
async function outlined(point) {
  const [src] = await compute.picture([point]);
  const [, d] = / d="([^"]*)"/.exec(atob(src.split(",")[1]));
  return new Blob([svgOf(d)], { type: "image/svg+xml" });
}

/** One picture enlarged by whole steps, or a strip in rows with a gap of two pixels of white. */
async function picture(points, what) {
  const all = await Promise.all((await compute.picture(points)).map(async (src) => {
    const image = Object.assign(new Image(), { src });
    await image.decode();
    return image;
  }));
  const [{ naturalWidth: width, naturalHeight: height }] = all;
  const wanted = what === "stage" ? Math.max(1, Math.round(SMALLEST / Math.min(width, height))) : 1;
  const scale = Math.min(wanted, Math.max(1, Math.floor(MAX_SIDE / Math.max(width, height))));
  const across = what === "path" ? all.length : Math.min(all.length, 6);
  const down = Math.ceil(all.length / across);
  const sheet = canvas((across * (width + GAP) - GAP) * scale, (down * (height + GAP) - GAP) * scale);
  all.forEach((image, k) => {
    const [x, y] = [(k % across) * (width + GAP), Math.floor(k / across) * (height + GAP)];
    sheet.drawImage(image, x * scale, y * scale, width * scale, height * scale);
  });
  return new Promise((done) => sheet.canvas.toBlob(done, "image/png"));
}

function canvas(width, height) {
  const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
  context.imageSmoothingEnabled = false;
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  return context;
}

/** One row a point: recipe in words, attributes asked, places on the maps, latent. */
async function columns(facts, points) {
  const [states, conditions] = await Promise.all([compute.state(points), compute.condition(points)]);
  const latents = states.map(({ z }) => new Float32Array(unbase64(z).buffer));
  const out = { recipe: points.map((p) => words.recipe(facts, p)) };
  for (const a of facts.attributes) out[a.name] = conditions.map((c) => words.value(a, c[a.name]));
  for (const map of facts.model.maps) {
    const places = await compute.places(points, map.name);
    for (let d = 0; d < map.dims; d++) out[`${map.name}_${AXES[d]}`] = places.map((place) => digits(place[d]));
  }
  latents[0].forEach((_, k) => (out[`z${k}`] = latents.map((z) => digits(z[k]))));
  return out;
}

/** Rows of a group, one bit an item as base64, or of all items. */
function rowsOf(facts, code) {
  const all = [...Array(facts.card.items).keys()];
  if (!code) return all;
  const bits = atob(code.replace(/-/g, "+").replace(/_/g, "/").replace(/ /g, "+"));
  if (bits.length !== Math.ceil(all.length / 8)) throw refuse("group-elsewhere");
  return all.filter((i) => (bits.charCodeAt(i >> 3) >> (i & 7)) & 1);
}

/** Real items: number, attributes, error, places on the maps, latent. */
async function itemColumns(facts, code) {
  const rows = rowsOf(facts, code);
  const tensor = async (name) => {
    const { data, shape } = await compute.tensor(name);
    const width = data.length / shape[0];
    return { width, at: (i, k) => data[i * width + k] };
  };
  const [z, codes, out] = await Promise.all(["z", "codes", "held_out"].map(tensor));
  const error = facts.can("encode") ? await tensor("error") : { at: () => 0 };
  const all = { item: rows };
  facts.attributes.forEach((a, k) => {
    const said = (value) => (Number.isNaN(value) ? "" : a.kind === "continuous" ? digits(value) : (a.values[value] ?? ""));
    all[a.name] = rows.map((i) => said(codes.at(i, k)));
  });
  Object.assign(all, { held_out: rows.map((i) => Number(out.at(i, 0))), psnr: rows.map((i) => digits(error.at(i, 0))) });
  for (const { name, dims } of facts.model.maps) {
    const map = await tensor(`map.${name}`);
    for (let d = 0; d < dims; d++) all[`${name}_${AXES[d]}`] = rows.map((i) => digits(map.at(i, d)));
  }
  for (let k = 0; k < z.width; k++) all[`z${k}`] = rows.map((i) => digits(z.at(i, k)));
  return all;
}

/** Columns of one length -> CSV with a head. */
function table(all) {
  const quoted = (value) => (/[",\n]/.test(value) ? `"${String(value).replace(/"/g, '""')}"` : String(value));
  const rows = Object.values(all);
  const lines = Array.from(rows[0], (_, k) => rows.map((column) => quoted(column[k])).join(","));
  return new Blob([[Object.keys(all).map(quoted).join(","), ...lines, ""].join("\n")], { type: "text/csv;charset=utf-8" });
}
