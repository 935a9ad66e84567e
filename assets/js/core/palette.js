/** Colours of points: the values' own where they are colours, else sets that colour-blind people can tell apart. */

import { token } from "./theme.js";

// Okabe and Ito (2008) without black and yellow's neighbour, then Paul Tol's muted scheme (2021) for more values.
const CATEGORIES = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b3a100", "#882255", "#44aa99", "#332288", "#999933", "#aa4499"];
// Cividis (Nuñez, Anderton and Renslow 2018), ten of its steps.
const CIVIDIS = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"];

const rgb = (hex) => [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
const hex = (parts) => `#${parts.map((p) => Math.round(p).toString(16).padStart(2, "0")).join("")}`;
const mix = (a, b, t) => hex(rgb(a).map((v, k) => v + (rgb(b)[k] - v) * t));

function luminance(colour) {
  const [r, g, b] = rgb(colour).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** A colour that stands out from the paper: mixed with ink where it would vanish. */
function visible(colour) {
  const paper = token("paper");
  const contrast = (luminance(colour) + 0.05) / (luminance(paper) + 0.05);
  const ratio = contrast < 1 ? 1 / contrast : contrast;
  return ratio < 1.25 ? mix(colour, token("ink"), 0.25) : colour;
}

/**
 * How an attribute colours points.
 * @param {object|null} attribute of the model's schema; null: one colour for all
 * @returns {{colours: string[], bucket: Uint16Array, ramp?: string[]}} bucket: code -> index of a colour; the last one is "unknown"; ramp: the
 *   scale of a continuous attribute, over the codes 0 to 254
 */
export function colouring(attribute) {
  const bucket = new Uint16Array(attribute?.values?.length > 255 ? 65536 : 256);
  if (!attribute) return { colours: [mix(token("ink"), token("paper"), 0.45), token("muted-point")], bucket };
  if (attribute.kind === "continuous") {
    bucket[255] = 1;
    return { colours: [CIVIDIS[5], token("muted-point")], bucket, ramp: CIVIDIS };
  }
  const k = attribute.values.length;
  const own = attribute.colours?.length ? attribute.colours.map(visible) : attribute.values.map((_, i) => category(i));
  bucket.fill(k);
  for (let code = 0; code < k; code++) bucket[code] = code;
  return { colours: [...own, token("muted-point")], bucket };
}

/** The i-th colour for a category or a group; past twelve they repeat, mixed with the paper. */
export function category(i) {
  const colour = CATEGORIES[i % CATEGORIES.length];
  return i < CATEGORIES.length ? visible(colour) : mix(colour, token("paper"), 0.45);
}
