/** The decoded latent plane behind a map that *is* the plane, as `serving.points.backdrop`: GRID x GRID pictures under one condition. */

import { engine } from "../engine/engine.js";

const GRID = 24;

/** @returns {Promise<string>} address of the picture in this browser, kept for each condition */
export const backdrop = (session, name, condition) =>
  session.remember(`backdrop ${name} ${JSON.stringify(condition)}`, () => draw(session.map(name), condition));

async function draw(map, condition) {
  const [[left, right], [bottom, top]] = map.box;
  const share = (k) => (k + 0.5) / GRID;
  let canvas = null;
  let context = null;
  for (let k = 0; k < GRID * GRID; k++) {
    const [row, column] = [Math.floor(k / GRID), k % GRID];
    const at = [left + share(column) * (right - left), top - share(row) * (top - bottom)];
    const { width, height, data } = await engine.pixels({ start: { map: map.name, at }, condition });
    if (!canvas) {
      canvas = Object.assign(document.createElement("canvas"), { width: GRID * width, height: GRID * height });
      context = canvas.getContext("2d");
    }
    context.putImageData(new ImageData(data, width, height), column * width, row * height);
  }
  return URL.createObjectURL(await new Promise((done) => canvas.toBlob(done)));
}
