/** Painting in pixels: the colours of a picture, and which pixels a brush covers. */

const APART = 48; // of 255 in each channel: nearer than this, two colours are one

/**
 * A few colours that stand for a picture, the most frequent first.
 * @param {ArrayLike<number>} pixels RGBA
 * @param {number} most
 * @returns {number[][]} each [red, green, blue]
 */
export function palette(pixels, most) {
  const bins = new Map();
  for (let k = 0; k < pixels.length; k += 4) {
    const rgb = [pixels[k], pixels[k + 1], pixels[k + 2]];
    const key = rgb.map((value) => value >> 4).join();
    const bin = bins.get(key) ?? { count: 0, rgb };
    bin.count += 1;
    bins.set(key, bin);
  }
  const chosen = [];
  for (const { rgb } of [...bins.values()].sort((a, b) => b.count - a.count)) {
    if (chosen.length < most && chosen.every((other) => other.some((value, k) => Math.abs(value - rgb[k]) > APART))) chosen.push(rgb);
  }
  return chosen;
}

/** `#rrggbb`. */
export const hex = (rgb) => `#${rgb.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

/**
 * The pixels under a round brush that is drawn from one spot to another.
 * @param {number[]} from in pixels, as fractions @param {number[]} to @param {number} across the brush's diameter
 * @param {number} width of the picture @param {number} height
 * @returns {number[][]} [column, row], each once
 */
export function stroke([x0, y0], [x1, y1], across, width, height) {
  const radius = Math.max(across, 1) / 2;
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)));
  const found = new Map();
  for (let k = 0; k <= steps; k++) {
    const [x, y] = [x0 + ((x1 - x0) * k) / steps, y0 + ((y1 - y0) * k) / steps];
    for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
      for (let column = Math.max(0, Math.floor(x - radius)); column <= Math.min(width - 1, x + radius); column++) {
        const inside = Math.hypot(column + 0.5 - x, row + 0.5 - y) <= radius;
        const under = Math.floor(x) === column && Math.floor(y) === row;
        if (inside || under) found.set(row * width + column, [column, row]);
      }
    }
  }
  return [...found.values()];
}
