/** From item to item on a map: the next one in a direction, those that lie on each other, those far outside. */

const STRAY = 0.005; // share of the items at either end that the opening view needn't hold
const SPREAD = 1.4; // how much larger the whole must be, so that they are left out

/**
 * The item nearest to a place in a direction: within 45 degrees of it where there is one, else anywhere on that side; never
 * one that lies on the place itself.
 * @param {Float32Array[]} axes of the items @param {number[]} here @param {number} dx @param {number} dy up is positive
 * @param {(i: number) => boolean} shown
 * @returns {number} index, or -1
 */
export function ahead([xs, ys], here, dx, dy, shown) {
  const best = [-1, -1];
  const least = [Infinity, Infinity];
  for (let i = 0; i < xs.length; i++) {
    const [x, y] = [xs[i] - here[0], ys[i] - here[1]];
    const along = x * dx + y * dy;
    if (along <= 0) continue;
    const far = x * x + y * y;
    const aside = Math.abs(x * dy - y * dx) > along ? 1 : 0;
    if (far < least[aside] && shown(i)) [best[aside], least[aside]] = [i, far];
  }
  return best[0] >= 0 ? best[0] : best[1];
}

/** The items that lie exactly where one lies, in order. @param {Float32Array[]} axes @param {number} item @param {(i: number) => boolean} shown */
export function stack(axes, item, shown) {
  const found = [];
  for (let i = 0; i < axes[0].length; i++) if (axes.every((axis) => axis[i] === axis[item]) && shown(i)) found.push(i);
  return found;
}

/**
 * The box that a map opens on: of all items, unless a few lie so far outside that the rest would shrink.
 * @param {Float32Array[]} axes @param {number[][]} whole the box of all items
 */
export function opening(axes, whole) {
  const boxes = axes.slice(0, 2).map((axis, d) => {
    const sorted = Float32Array.from(axis).sort();
    const cut = Math.floor(sorted.length * STRAY);
    const [low, high] = [sorted[cut], sorted[sorted.length - 1 - cut]];
    const edge = 0.06 * (high - low);
    const inner = [Math.max(low - edge, whole[d][0]), Math.min(high + edge, whole[d][1])];
    return whole[d][1] - whole[d][0] > SPREAD * (inner[1] - inner[0]) && inner[1] > inner[0] ? inner : whole[d];
  });
  return boxes;
}

/** Items outside of a box. @param {Float32Array[]} axes @param {number[][]} box @returns {number[]} */
export function outside(axes, box) {
  const found = [];
  for (let i = 0; i < axes[0].length; i++) {
    if (box.some(([low, high], d) => axes[d][i] < low || axes[d][i] > high)) found.push(i);
  }
  return found;
}
