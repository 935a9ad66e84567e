/** The model's output -> what a person sees; see explorer/learn/modalities/image.py. */

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

/**
 * Float32 [C, H, W] in [0, 1] -> RGBA. The array itself clips, rounds half to even and takes what isn't a number as black, as the
 * server does.
 * @returns {{width: number, height: number, data: Uint8ClampedArray}}
 */
export function show(x, [channels, height, width]) {
  const plane = height * width;
  const data = new Uint8ClampedArray(4 * plane);
  for (let k = 0; k < plane; k++) {
    for (let c = 0; c < 3; c++) data[4 * k + c] = Math.fround(x[channels === 1 ? k : c * plane + k] * 255);
    data[4 * k + 3] = 255;
  }
  return { width, height, data };
}

/** Where two outputs differ: the darker, the more; see `Session.difference`. */
export function difference(a, b, [channels, height, width]) {
  const plane = height * width;
  const grey = new Float32Array(plane);
  for (let k = 0; k < plane; k++) {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += Math.abs(a[c * plane + k] - b[c * plane + k]);
    grey[k] = 1 - Math.min(1, sum / channels);
  }
  return show(grey, [1, height, width]);
}

/** RGBA -> PNG as a data URL. Uncompressed: it goes nowhere but into an img. */
export function dataUrl({ width, height, data }) {
  const line = 3 * width + 1;
  const raw = new Uint8Array(line * height);
  for (let y = 0, k = 0; y < height; y++) {
    let at = y * line + 1;
    for (let x = 0; x < width; x++, k += 4) {
      raw[at++] = data[k];
      raw[at++] = data[k + 1];
      raw[at++] = data[k + 2];
    }
  }
  const head = new Uint8Array(13);
  const view = new DataView(head.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  const file = [signature, chunk("IHDR", head), chunk("IDAT", stored(raw)), chunk("IEND", new Uint8Array(0))];
  return `data:image/png;base64,${base64(file)}`;
}

function chunk(name, content) {
  const out = new Uint8Array(content.length + 12);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length);
  out.set(Array.from(name, (c) => c.charCodeAt(0)), 4);
  out.set(content, 8);
  let sum = 0xffffffff;
  for (let k = 4; k < out.length - 4; k++) sum = CRC[(sum ^ out[k]) & 255] ^ (sum >>> 8);
  view.setUint32(out.length - 4, ~sum >>> 0);
  return out;
}

/** A zlib stream of stored blocks. */
function stored(raw) {
  const most = 65535;
  const blocks = Math.max(1, Math.ceil(raw.length / most));
  const out = new Uint8Array(raw.length + 5 * blocks + 6);
  const view = new DataView(out.buffer);
  out.set([0x78, 0x01]);
  let at = 2;
  for (let k = 0; k < blocks; k++) {
    const part = raw.subarray(k * most, (k + 1) * most);
    out[at] = k === blocks - 1 ? 1 : 0;
    view.setUint16(at + 1, part.length, true);
    view.setUint16(at + 3, ~part.length & 0xffff, true);
    out.set(part, at + 5);
    at += part.length + 5;
  }
  let [a, b] = [1, 0];
  for (let k = 0; k < raw.length; k++) {
    a = (a + raw[k]) % 65521;
    b = (b + a) % 65521;
  }
  view.setUint32(at, ((b << 16) | a) >>> 0);
  return out;
}

function base64(parts) {
  let text = "";
  for (const part of parts) for (let k = 0; k < part.length; k += 8190) text += String.fromCharCode(...part.subarray(k, k + 8190));
  return btoa(text);
}
