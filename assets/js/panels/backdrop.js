/** The decoded latent plane behind a map that *is* the plane, where no server draws it: GRID x GRID pictures under one condition. */

import { compute } from "../compute/compute.js";

const GRID = 24;
const kept = new Map(); // the last one of each map

/** @param {import("./facts.js").Facts} facts @param {object} map @param {object} condition @returns {Promise<string>} its address */
export async function drawn(facts, map, condition) {
  const name = `${facts.model.name} ${map.name}`;
  const key = JSON.stringify(condition);
  if (kept.get(name)?.key !== key) kept.set(name, { key, url: draw(map, condition) });
  return kept.get(name).url;
}

async function draw(map, condition) {
  const [[left, right], [bottom, top]] = map.box;
  const share = (k) => (k + 0.5) / GRID;
  const points = Array.from({ length: GRID * GRID }, (_, k) => {
    const at = [left + share(k % GRID) * (right - left), top - share(Math.floor(k / GRID)) * (top - bottom)];
    return { start: { map: map.name, at }, condition };
  });
  const canvas = document.createElement("canvas");
  for (const [k, src] of (await compute.picture(points)).entries()) {
    const image = Object.assign(new Image(), { src });
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    if (!k) Object.assign(canvas, { width: GRID * width, height: GRID * height });
    canvas.getContext("2d").drawImage(image, (k % GRID) * width, Math.floor(k / GRID) * height);
  }
  return URL.createObjectURL(await new Promise((done) => canvas.toBlob(done)));
}
