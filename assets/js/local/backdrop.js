/** The decoded latent plane behind a map that *is* the plane, as `serving.points.backdrop`: GRID x GRID pictures under one condition. */

const GRID = 24;

/**
 * @param {import("./session.js").Session} session
 * @param {string} name of the map @param {object} condition
 * @param {() => boolean} wanted whether it is still waited for; where it isn't, the drawing stops
 * @returns {Promise<string|null>} where it lies: on the server, or drawn and kept in this browser
 */
export async function backdrop(session, name, condition, wanted) {
  if (!session.alone) {
    const stamp = new URLSearchParams(session.model.urls.sheets[0].split("?")[1]).get("v");
    return `explorer/${session.model.name}/backdrop/${name}.webp?${new URLSearchParams({ condition: JSON.stringify(condition), v: stamp })}`;
  }
  const key = `backdrop ${name} ${JSON.stringify(condition)}`;
  const known = session.kept.get(key) ?? (await draw(session, session.map(name), condition, wanted));
  return known && session.remember(key, () => known);
}

async function draw(session, map, condition, wanted) {
  const [[left, right], [bottom, top]] = map.box;
  const share = (k) => (k + 0.5) / GRID;
  let context = null;
  for (let k = 0; k < GRID * GRID; k++) {
    if (!wanted()) return null;
    const [row, column] = [Math.floor(k / GRID), k % GRID];
    const at = [left + share(column) * (right - left), top - share(row) * (top - bottom)];
    const { width, height, data } = await session.engine.pixels({ start: { map: map.name, at }, condition });
    context ??= Object.assign(document.createElement("canvas"), { width: GRID * width, height: GRID * height }).getContext("2d");
    context.putImageData(new ImageData(data, width, height), column * width, row * height);
  }
  return URL.createObjectURL(await new Promise((done) => context.canvas.toBlob(done)));
}
