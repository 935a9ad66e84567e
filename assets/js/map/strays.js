/** Items outside of what a map opens on: where each stands at the edge while it is out of sight. */

const EDGE = 6; // pixels from the edge

/** @param {import("./map.js").ItemMap} map @returns {[number, number[]][]} items, each with its spot */
export function edges({ camera, strays, points, filter }) {
  if (!camera || !strays?.length) return [];
  const { width, height, inset } = camera;
  const [left, top, right, low] = [inset.left + EDGE, inset.top + EDGE, width - inset.right - EDGE, height - inset.bottom - EDGE];
  return strays.flatMap((item) => {
    const [x, y] = camera.pixel(points.axes[0][item], points.axes[1][item]);
    const spot = [Math.max(left, Math.min(right, x)), Math.max(top, Math.min(low, y))];
    return (x < inset.left || y < inset.top || x > width || y > height - inset.foot) && filter(item) ? [[item, spot]] : [];
  });
}
