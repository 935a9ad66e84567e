/** Places and distances; see explorer/box/maps/base.py and the second half of explorer/play/session.py. */

/** The k rows nearest to a vector by Euclidean distance, nearest first: [[row, distance]]. */
export function nearest(query, rows, k) {
  const size = query.length;
  const count = rows.length / size;
  const best = [];
  let worst = Infinity;
  for (let row = 0, at = 0; row < count; row++, at += size) {
    let sum = 0;
    for (let d = 0; d < size && sum < worst; d++) {
      const step = rows[at + d] - query[d];
      sum += step * step;
    }
    if (sum >= worst) continue;
    let place = best.length;
    while (place && best[place - 1][1] > sum) place--;
    best.splice(place, 0, [row, sum]);
    if (best.length > k) best.pop();
    if (best.length === k) worst = best[k - 1][1];
  }
  return best.map(([row, sum]) => [row, Math.sqrt(sum)]);
}

/** Lowest and highest of each dimension of rows [n, dims]. @returns {[number, number][]} */
export function extent(rows, dims) {
  const box = Array.from({ length: dims }, () => [Infinity, -Infinity]);
  for (let k = 0; k < rows.length; k++) {
    const side = box[k % dims];
    if (rows[k] < side[0]) side[0] = rows[k];
    if (rows[k] > side[1]) side[1] = rows[k];
  }
  return box;
}

/** Shepard's weights of distances, ascending; they sum to one. */
export function inverseDistance(distances) {
  const least = 1e-6 * Math.max(distances.at(-1), 1e-6);
  const weights = distances.map((d) => 1 / Math.max(d, least) ** 2);
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

/** The weighted mean of some rows. @returns {Float32Array} */
export function blend(rows, size, indices, weights) {
  const out = new Float64Array(size);
  indices.forEach((row, k) => {
    for (let d = 0; d < size; d++) out[d] += weights[k] * rows[row * size + d];
  });
  return Float32Array.from(out);
}

/** Share (0 to 100) of items that lie farther from their nearest neighbour than `distance`. @param {Float32Array} quantiles 0 to 100 % */
export function percentile(quantiles, distance) {
  let below = 0;
  while (below < quantiles.length && quantiles[below] < distance) below++;
  return Math.max(100 - below, 0);
}

/** Distance to the nearest of some rows, each dimension in steps of its own. @param {ArrayLike<number>} query @param {Float32Array} rows @param {number[]} scale */
export function steps(query, rows, scale) {
  const whole = (values) => Float32Array.from(values, (v, k) => v / scale[k % scale.length]);
  return nearest(whole(query), whole(rows), 1)[0][1];
}
