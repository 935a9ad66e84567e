/** A person's file -> what a model takes; see decoding.py, framing.py and image.py of explorer/learn/modalities. */

import { phrase, refuse } from "../compute/refusals.js";
import { resized } from "./resize.js";

const MAX_BYTES = 8_000_000;
const MAX_PIXELS = 25_000_000;
const LIGHT = 0.6;
const PLAIN = 0.06;
const FAINT = 0.1;
const INK = 0.2;
const NEAR = 0.1;
const BRIGHT = 0.85;
const OPEN = 0.8;
const DEPTHS = [1023, 4095, 16383];

/**
 * @param {Blob} blob a picture of any format that the browser opens
 * @param {number[]} shape [channels, height, width] that the model takes
 * @param {{box: number, centre: "mass"|"box"}|null} framing where the items lie in their frame
 * @returns {Promise<{pixels: Float32Array, note: string|null, width: number, height: number}>} pixels [C, H, W] in [0, 1], and
 *   a sentence on what was changed
 */
export async function fit(blob, [channels, height, width], framing = null) {
  const notes = [];
  let image = await open(blob);
  const window = framing && height === width ? frame(image, framing, height) : null;
  if (window) {
    const [left, top, side] = window;
    image = framed(image, side, side, left, top, [0, 1, 2].map((channel) => rounded(median(border(image, channel)))));
    notes.push(phrase("fit-framed"));
  } else if (image.width * height !== image.height * width) {
    const [fitted, note] = toAspect(image, width / height);
    image = fitted;
    notes.push(note);
  }
  image = resized(image, width, height);
  const plane = width * height;
  const pixels = new Float32Array(channels * plane);
  for (let k = 0; k < plane; k++) {
    const [r, g, b] = image.data.subarray(3 * k, 3 * k + 3);
    if (channels === 1) pixels[k] = luma(r, g, b) / 255;
    else for (let c = 0; c < 3; c++) pixels[c * plane + k] = image.data[3 * k + c] / 255;
  }
  if (channels === 1 && dark(pixels, width, height)) {
    pixels.forEach((v, k) => (pixels[k] = 1 - v));
    notes.push(phrase("fit-turned"));
  }
  return { pixels, width, height, note: notes.length ? phrase("fitted", { changes: notes.join(" and ") }) : null };
}

/**
 * Where the frame of a picture is put by itself: what `fit` makes the item of.
 * @returns {Promise<{bitmap: ImageBitmap, ground: string, square: {left: number, top: number, side: number}}>} the picture, the
 *   colour that goes on beyond it, and the square in its pixels
 */
export async function placed(blob, [, height, width], framing = null) {
  const image = await open(blob);
  const edges = [0, 1, 2].map((channel) => border(image, channel));
  const plain = Math.max(...edges.map(spread)) / 255 < PLAIN;
  const side = (plain ? Math.max : Math.min)(image.width, image.height);
  const window = framing && height === width ? frame(image, framing, height) : null;
  const [left, top, size] = window ?? [(image.width - side) / 2, (image.height - side) / 2, side];
  const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  return { bitmap, ground: `rgb(${edges.map((values) => rounded(median(values))).join(" ")})`, square: { left, top, side: size } };
}

/** A file -> {width, height, data: RGB bytes}: upright, on a plain ground, its first frame. */
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
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const raw = context.getImageData(0, 0, width, height).data;
  const ground = groundOf(raw);
  const data = new Uint8Array(3 * width * height);
  for (let k = 0, j = 0; k < raw.length; k += 4, j += 3) {
    const alpha = raw[k + 3];
    for (let c = 0; c < 3; c++) data[j + c] = alpha === 255 ? raw[k + c] : Math.round((raw[k + c] * alpha + ground * (255 - alpha)) / 255);
  }
  if (await isDeepGrey(blob)) stretch(data);
  return { width, height, data };
}

/** ITU-R 601-2, as Pillow has it in integers. */
const luma = (r, g, b) => (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;

/** What is transparent becomes white (255), or black where what is drawn on nothing is nearly white itself. */
function groundOf(raw) {
  let [light, opaque] = [0, 0];
  for (let k = 0; k < raw.length; k += 4) {
    light += luma(raw[k], raw[k + 1], raw[k + 2]) * raw[k + 3];
    opaque += raw[k + 3];
  }
  return light / Math.max(opaque, 1e-6) / 255 > BRIGHT && opaque / (raw.length / 4) / 255 < OPEN ? 0 : 255;
}

/** A PNG of 16 bits grey, of which the browser gives the upper eight. */
async function isDeepGrey(blob) {
  const head = new Uint8Array(await blob.slice(0, 26).arrayBuffer());
  return head[1] === 0x50 && head[2] === 0x4e && head[3] === 0x47 && head[24] === 16 && head[25] === 0;
}

/** Pixels of fewer bits than their file has, to the whole range. */
function stretch(data) {
  const most = data.reduce((a, b) => Math.max(a, b), 0);
  const end = DEPTHS.map((depth) => depth / 257).find((depth) => most <= Math.ceil(depth));
  if (end && most) data.forEach((value, k) => (data[k] = Math.min(255, Math.round((value / end) * 255))));
}

/** The square of a picture that becomes an item, [left, top, side]; null: no thing on a plain ground, or it lies right. */
function frame(image, { box, centre }, size) {
  const { width, height, data } = image;
  const edges = [0, 1, 2].map((channel) => border(image, channel));
  if (Math.max(...edges.map(spread)) / 255 >= PLAIN) return null;
  const grey = Float64Array.from({ length: width * height }, (_, k) => luma(data[3 * k], data[3 * k + 1], data[3 * k + 2]));
  const ground = median(border({ width, height, data: grey }, 0, 1));
  const ink = grey.map((value) => Math.abs(value - ground));
  const most = ink.reduce((a, b) => Math.max(a, b), 0);
  if (most < 255 * FAINT) return null;
  const [rows, columns] = [new Float64Array(height), new Float64Array(width)];
  ink.forEach((value, k) => {
    if (value <= INK * most) return;
    rows[Math.floor(k / width)] += value;
    columns[k % width] += value;
  });
  const [down, across] = [rows, columns].map((sums) => {
    const [first, last] = [sums.findIndex((v) => v > 0), sums.findLastIndex((v) => v > 0)];
    const mass = sums.reduce((sum, v, k) => sum + v * (k + 0.5), 0) / sums.reduce((sum, v) => sum + v, 0);
    return { length: last - first + 1, at: centre === "mass" ? mass : (first + last + 1) / 2 };
  });
  const side = Math.max(rounded((Math.max(down.length, across.length) * size) / box), 1);
  const shift = Math.max(Math.abs(down.at - height / 2), Math.abs(across.at - width / 2));
  const right = height === width && Math.abs(side - width) <= NEAR * width && shift <= width / size;
  return side * side > MAX_PIXELS || right ? null : [rounded(across.at - side / 2), rounded(down.at - side / 2), side];
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
