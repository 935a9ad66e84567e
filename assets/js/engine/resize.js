/** Pictures made smaller or larger as Pillow does it, in its own integers, so that an own item is the same here and on the server. */

const GAP = 3; // as far above the size asked a picture is averaged before it is resampled
const REACH = 3; // lobes of the Lanczos window
const BITS = 2 ** 22;

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const lanczos = (x) => (x >= -REACH && x < REACH ? sinc(x) * sinc(x / REACH) : 0);
const clipped = (sum) => Math.min(255, Math.max(0, Math.floor((sum + BITS / 2) / BITS)));

/**
 * `Image.resize((width, height), LANCZOS, reducing_gap=3.0)`.
 * @param {{width: number, height: number, data: Uint8Array}} image RGB, three bytes a pixel
 */
export function resized(image, width, height) {
  if (image.width === width && image.height === height) return image;
  const [across, down] = [Math.floor(image.width / width / GAP) || 1, Math.floor(image.height / height / GAP) || 1];
  const small = across > 1 || down > 1 ? averaged(image, across, down) : image;
  const [spanX, spanY] = [image.width / across, image.height / down];
  const flat = small.width === width && spanX === width ? small : along(small, width, spanX);
  return flat.height === height && spanY === height ? flat : turned(along(turned(flat), height, spanY));
}

/** Means of blocks of `across` x `down` pixels. */
function averaged({ width, height, data }, across, down) {
  const [w, h] = [Math.ceil(width / across), Math.ceil(height / down)];
  const out = new Uint8Array(3 * w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const [right, low] = [Math.min(width, (x + 1) * across), Math.min(height, (y + 1) * down)];
      const count = (right - x * across) * (low - y * down);
      for (let c = 0; c < 3; c++) {
        let sum = count >> 1;
        for (let v = y * down; v < low; v++) for (let u = x * across; u < right; u++) sum += data[3 * (v * width + u) + c];
        out[3 * (y * w + x) + c] = Math.floor(sum / count);
      }
    }
  }
  return { width: w, height: h, data: out };
}

/** Resample each row; `span` is the length of a row in its own pixels. */
function along({ width, height, data }, size, span) {
  const out = new Uint8Array(3 * size * height);
  const scale = span / size;
  const stretch = Math.max(1, scale);
  for (let x = 0; x < size; x++) {
    const centre = (x + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - REACH * stretch + 0.5));
    const to = Math.min(width, Math.trunc(centre + REACH * stretch + 0.5));
    const weights = Array.from({ length: to - from }, (_, k) => lanczos((k + from - centre + 0.5) / stretch));
    const total = weights.reduce((a, b) => a + b, 0);
    const whole = weights.map((w) => Math.trunc((w / total) * BITS + (w / total < 0 ? -0.5 : 0.5)));
    for (let y = 0; y < height; y++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < whole.length; k++) sum += whole[k] * data[3 * (y * width + from + k) + c];
        out[3 * (y * size + x) + c] = clipped(sum);
      }
    }
  }
  return { width: size, height, data: out };
}

/** Rows become columns. */
function turned({ width, height, data }) {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let c = 0; c < 3; c++) out[3 * (x * height + y) + c] = data[3 * (y * width + x) + c];
  }
  return { width: height, height: width, data: out };
}
