/** A person's file -> what a model takes; see `Picture.open` and `Picture.fit` of explorer/learn/modalities/image.py. */

import { phrase, refuse } from "../compute/refusals.js";
import { resized } from "./resize.js";

const MAX_BYTES = 8_000_000;
const MAX_PIXELS = 24_000_000;
const LIGHT = 0.6;
const PLAIN = 0.06;

/**
 * @param {Blob} blob a picture of any format that the browser opens
 * @param {number[]} shape [channels, height, width] that the model takes
 * @returns {Promise<{pixels: Float32Array, note: string|null, width: number, height: number}>} pixels [C, H, W] in [0, 1], and
 *   a sentence on what was changed
 */
export async function fit(blob, [channels, height, width]) {
  const notes = [];
  let image = await open(blob);
  if (image.width * height !== image.height * width) {
    const [fitted, note] = toAspect(image, width / height);
    image = fitted;
    notes.push(note);
  }
  image = resized(image, width, height);
  const plane = width * height;
  const pixels = new Float32Array(channels * plane);
  for (let k = 0; k < plane; k++) {
    const [r, g, b] = image.data.subarray(3 * k, 3 * k + 3);
    // ITU-R 601-2 luma, as Pillow has it in integers.
    if (channels === 1) pixels[k] = ((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16) / 255;
    else for (let c = 0; c < 3; c++) pixels[c * plane + k] = image.data[3 * k + c] / 255;
  }
  if (channels === 1 && dark(pixels, width, height)) {
    pixels.forEach((v, k) => (pixels[k] = 1 - v));
    notes.push(phrase("fit-turned"));
  }
  return { pixels, width, height, note: notes.length ? phrase("fitted", { changes: notes.join(" and ") }) : null };
}

/** A file -> {width, height, data: RGB bytes}: upright, on white, its first frame. */
async function open(blob) {
  if (blob.size > MAX_BYTES) throw refuse("file-large", { megabytes: Math.round(blob.size / 1e6), noun: "picture", most: MAX_BYTES / 1e6 });
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    throw refuse("no-picture");
  }
  const { width, height } = bitmap;
  if (width * height > MAX_PIXELS) throw refuse("many-pixels", { pixels: `${width} x ${height}`, most: MAX_PIXELS / 1e6 });
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const raw = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(3 * width * height);
  for (let k = 0, j = 0; k < raw.length; k += 4, j += 3) data.set(raw.subarray(k, k + 3), j);
  return { width, height, data };
}

/** The outermost pixels, each once for every edge that it lies on, as [n] numbers of a channel. */
function border({ width, height, data }, channel, step = 3) {
  const at = (x, y) => data[step * (y * width + x) + channel];
  const out = [];
  for (const y of [0, height - 1]) for (let x = 0; x < width; x++) out.push(at(x, y));
  for (const x of [0, width - 1]) for (let y = 0; y < height; y++) out.push(at(x, y));
  return out;
}

function spread(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** To the even neighbour at a tie, as Python and numpy round. */
const rounded = (value) => (Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value));

/** Extend (a border of one colour) or crop (any other) to width / height = aspect, and say which. */
function toAspect(image, aspect) {
  const wide = image.width > aspect * image.height;
  const edges = [0, 1, 2].map((channel) => border(image, channel));
  if (Math.max(...edges.map(spread)) / 255 < PLAIN) {
    const [width, height] = wide ? [image.width, rounded(image.width / aspect)] : [rounded(image.height * aspect), image.height];
    if (width * height <= MAX_PIXELS) {
      const colour = edges.map((values) => rounded(median(values)));
      const left = rounded((width - image.width) / 2);
      const top = rounded((height - image.height) / 2);
      return [framed(image, width, height, -left, -top, colour), phrase("fit-extended")];
    }
  }
  const width = Math.min(image.width, Math.max(1, rounded(image.height * aspect)));
  const height = Math.min(image.height, Math.max(1, rounded(image.width / aspect)));
  return [framed(image, width, height, (image.width - width) >> 1, (image.height - height) >> 1, [0, 0, 0]), phrase("fit-cropped")];
}

/** What a window shows of a picture; where it shows none it has one colour. */
function framed(image, width, height, left, top, colour) {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [u, v] = [x + left, y + top];
      const inside = u >= 0 && v >= 0 && u < image.width && v < image.height;
      const from = 3 * (v * image.width + u);
      for (let c = 0; c < 3; c++) data[3 * (y * width + x) + c] = inside ? image.data[from + c] : colour[c];
    }
  }
  return { width, height, data };
}

/** Is it drawn dark on a light ground? */
function dark(pixels, width, height) {
  const edge = median(border({ width, height, data: pixels }, 0, 1));
  return edge > LIGHT && pixels.reduce((a, b) => a + b, 0) / pixels.length < edge;
}
