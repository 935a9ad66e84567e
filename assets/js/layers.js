/** Which points are drawn, in which colour, and which lies on top. */

import { token } from "./theme.js";

const UNSEEN = 255;

/**
 * @param {string[]} hidden `attribute:value` of the view
 * @param {object[]} attributes
 * @param {Object<string, Uint8Array>} codes
 * @returns {(i: number) => boolean} whether an item is drawn at all
 */
export function filterOf(hidden, attributes, codes) {
  const rules = hidden.flatMap((key) => {
    const [name, ...rest] = key.split(":");
    const code = attributes.find((a) => a.name === name)?.values.indexOf(rest.join(":")) ?? -1;
    return codes[name] && code >= 0 ? [[codes[name], code]] : [];
  });
  return (i) => rules.every(([values, code]) => values[i] !== code);
}

/** Smaller and lighter, the more there are. */
const sizeOf = (n) => (n > 50000 ? 3 : n > 20000 ? 3.5 : n > 4000 ? 5 : 7);

/**
 * Sort points into layers for plotly: greyed ones first, then the most frequent colours, so that rare ones lie on top. A
 * continuous colouring is one layer with a value for each point, because there an order of colours would mislead.
 * @param {{n: number, axes: Float32Array[]}} points
 * @param {{colours: string[], bucket: Uint8Array, ramp?: string[]}} palette
 * @param {Uint8Array|null} values code of each item
 * @param {(i: number) => boolean} filter
 * @param {Uint8Array|null} mask greys what it leaves out
 * @param {number} opacity
 */
export function layers(points, palette, values, filter, mask, opacity) {
  const { n, axes } = points;
  const grey = palette.colours.length;
  const home = new Uint8Array(n);
  const tally = new Uint32Array(grey + 1);
  for (let i = 0; i < n; i++) {
    home[i] = !filter(i) ? UNSEEN : mask && !mask[i] ? grey : values ? palette.bucket[values[i]] : 0;
    if (home[i] !== UNSEEN) tally[home[i]]++;
  }
  const items = Array.from(tally, (size) => new Uint32Array(size));
  const next = new Uint32Array(grey + 1);
  for (let i = 0; i < n; i++) if (home[i] !== UNSEEN) items[home[i]][next[home[i]]++] = i;
  const order = [...tally.keys()].sort((a, b) => (b === grey) - (a === grey) || tally[b] - tally[a]);
  const size = sizeOf(n);
  return order.map((k) => {
    const [x, y, z] = axes.map((axis) => Float32Array.from(items[k], (i) => axis[i]));
    const scaled = palette.ramp && k === 0 ? { values: Uint8Array.from(items[k], (i) => values[i]), ramp: palette.ramp } : {};
    if (k === grey) return { x, y, z, items: items[k], colour: token("muted-point"), size: size * 0.8, opacity: 0.6 };
    return { x, y, z, items: items[k], colour: palette.colours[k], size, opacity, ...scaled };
  });
}

/** Plotly's marker for a layer. */
export function marker({ colour, values, ramp, size, opacity }) {
  const line = { width: 0 };
  if (!values) return { color: colour, size, opacity, line };
  return { color: values, cmin: 0, cmax: 254, colorscale: ramp.map((c, k) => [k / (ramp.length - 1), c]), size, opacity, line };
}
