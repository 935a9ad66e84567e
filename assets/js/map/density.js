/** How many items lie where: a smoothed two-dimensional histogram, in six steps, drawn on a canvas under the points. */

const SIDE = 192;
const BANDS = 7;

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} x @param {Float32Array} y
 * @param {number[][]} box the canvas covers
 * @param {(i: number) => boolean} shown
 * @param {number[]} ink red, green, blue
 */
export function density(canvas, x, y, box, shown, ink) {
  const [[left, right], [low, high]] = box;
  let field = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < x.length; i++) {
    if (!shown(i)) continue;
    const column = Math.floor(((x[i] - left) / (right - left)) * SIDE);
    const row = Math.floor(((high - y[i]) / (high - low)) * SIDE);
    if (column >= 0 && column < SIDE && row >= 0 && row < SIDE) field[row * SIDE + column]++;
  }
  // Three box blurs come close to a Gaussian.
  for (let k = 0; k < 3; k++) field = blur(blur(field, 1, SIDE), SIDE, 1);
  const sorted = field.filter((v) => v > 0.02).sort();
  const top = sorted[Math.floor(sorted.length * 0.995)] || 1;
  canvas.width = canvas.height = SIDE;
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  for (let k = 0; k < field.length; k++) {
    const band = Math.floor(Math.min(Math.sqrt(field[k] / top), 0.999) * BANDS);
    image.data.set([...ink, Math.round((band / (BANDS - 1)) * 150)], 4 * k);
  }
  context.putImageData(image, 0, 0);
}

function blur(field, step, stride) {
  const out = new Float32Array(field.length);
  const reach = 3;
  for (let line = 0; line < SIDE; line++) {
    let sum = 0;
    const at = (k) => (k < 0 || k >= SIDE ? 0 : field[line * stride + k * step]);
    for (let k = -reach; k < reach; k++) sum += at(k);
    for (let k = 0; k < SIDE; k++) {
      sum += at(k + reach);
      out[line * stride + k * step] = sum / (2 * reach + 1);
      sum -= at(k - reach);
    }
  }
  return out;
}
