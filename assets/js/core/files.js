/**
 * The page's own files: scripts, points, weights. They lie beside the page and are fetched; a page of one file has them with it
 * (`shell/unpack.js` puts them up, the worker is handed them), since a browser fetches nothing beside a file on a disk.
 */

const ROOT = "file:///held/"; // where scripts of such a page believe to lie, see explorer/page/onefile.py
const TYPES = { js: "text/javascript", webp: "image/webp", avif: "image/avif" };

/** @type {{base: string, files: Object<string, {data: Uint8Array, planes: number}>, copy?: () => Blob}|null} */
let box = globalThis.held ?? null;

/** In the worker: what the page has. */
export const hold = (given) => (box = given);

/** What a page of one file has with it; null for one whose files lie beside it. */
export const held = () => box;

function found(url) {
  const whole = new URL(url, box.base).href;
  const start = [ROOT, box.base].find((one) => whole.startsWith(one));
  return start ? box.files[whole.slice(start.length).split(/[?#]/)[0]] : null;
}

/** The first bytes of all numbers, then the second ones, and so on -> numbers; so that like lay beside like. */
function numbers({ data, planes }) {
  if (planes === 1) return data;
  const out = new Uint8Array(data.length);
  const n = data.length / planes;
  for (let p = 0, k = 0; p < planes; p++) for (let i = 0; i < n; i++) out[i * planes + p] = data[k++];
  return out;
}

/** As `fetch`, for a file of the page's own. @param {URL|string} url @returns {Promise<Response>} */
export async function load(url, options) {
  if (!box) return fetch(url, options);
  const file = found(url);
  return file ? new Response(numbers(file)) : new Response(null, { status: 404 });
}

/** What an element, a worker or an import can be given to load. @param {URL|string} url @returns {URL|string} */
export function source(url) {
  const file = box && found(url);
  if (!file) return url;
  const type = TYPES[String(url).split("?")[0].split(".").at(-1)];
  file.url ??= URL.createObjectURL(new Blob([file.data], { type }));
  return file.url;
}
