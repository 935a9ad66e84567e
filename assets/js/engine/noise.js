/** Noise that is the same here and on the server; see `words`, `uniform` and `normal` of explorer/learn/priors/base.py. */

const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];
const PARITY = 0x1bd11bda;

/** Threefry-2x32, 20 rounds: a key of two words and a counter of two -> two random words. */
export function words(seed, draw, counter, stream) {
  const keys = [seed, draw, seed ^ draw ^ PARITY];
  let a = (counter + keys[0]) | 0;
  let b = (stream + keys[1]) | 0;
  for (let turn = 0; turn < 5; turn++) {
    for (const rotation of ROTATIONS[turn % 2]) {
      a = (a + b) | 0;
      b = ((b << rotation) | (b >>> (32 - rotation))) ^ a;
    }
    a = (a + keys[(turn + 1) % 3]) | 0;
    b = (b + keys[(turn + 2) % 3] + turn + 1) | 0;
  }
  return [a >>> 0, b >>> 0];
}

/** @returns {Float64Array} `count` numbers strictly between 0 and 1 */
export function uniform(seed, draw, count, stream = 0) {
  const out = new Float64Array(count + (count % 2));
  for (let k = 0; k < out.length; k += 2) {
    const [a, b] = words(seed, draw, k / 2, stream);
    out[k] = (a + 0.5) / 2 ** 32;
    out[k + 1] = (b + 0.5) / 2 ** 32;
  }
  return out.subarray(0, count);
}

/** @returns {Float32Array} `count` standard normal numbers */
export function normal(seed, draw, count, stream = 0) {
  const even = count + (count % 2);
  const flat = uniform(seed, draw, even, stream);
  const out = new Float32Array(even);
  for (let k = 0; k < even; k += 2) {
    const radius = Math.sqrt(-2 * Math.log(flat[k]));
    const angle = 2 * Math.PI * flat[k + 1];
    out[k] = radius * Math.cos(angle);
    out[k + 1] = radius * Math.sin(angle);
  }
  return out.subarray(0, count);
}
