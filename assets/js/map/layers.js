/** Which points are drawn, in which colour, and which lies on top. */

import { token } from "../core/theme.js";

const UNSEEN = 65535;
const MIXED = 30000;

/**
 * @param {string[]} hidden `attribute:value` of the view
 * @param {object[]} attributes
 * @param {Object<string, Uint8Array|Uint16Array>} codes
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
 * Sort points into layers for plotly, greyed ones at the bottom. The others are one layer with a value for each point, so
 * that no value covers the others; from 30,000 points on, where that takes plotly twice as long, each value is a layer of its
 * own, the most frequent first, so that rare ones lie on top.
 * @param {{n: number, axes: Float32Array[]}} points
 * @param {{colours: string[], bucket: Uint16Array, ramp?: string[]}} palette
 * @param {Uint8Array|Uint16Array|null} values code of each item
 * @param {(i: number) => boolean} filter
 * @param {Uint8Array|null} mask greys what it leaves out
 * @param {{size?: number, opacity: number}} look size is a factor
 */
export function layers(points, palette, values, filter, mask, look) {
  const { n, axes } = points;
  const grey = palette.colours.length;
  const home = new Uint16Array(n);
  const tally = new Uint32Array(grey + 1);
  for (let i = 0; i < n; i++) {
    home[i] = !filter(i) ? UNSEEN : mask && !mask[i] ? grey : values ? palette.bucket[values[i]] : 0;
    if (home[i] !== UNSEEN) tally[home[i]]++;
  }
  const items = Array.from(tally, (size) => new Uint32Array(size));
  const next = new Uint32Array(grey + 1);
  for (let i = 0; i < n; i++) if (home[i] !== UNSEEN) items[home[i]][next[home[i]]++] = i;
  const size = sizeOf(n) * (look.size ?? 1);
  const layer = (which, colour, more) => {
    const [x, y, z] = axes.map((axis) => Float32Array.from(which, (i) => axis[i]));
    return { x, y, z, items: which, colour, size, opacity: look.opacity, ...more };
  };
  const back = layer(items[grey], token("muted-point"), { size: size * 0.8, opacity: look.opacity * 0.7 });
  if (palette.ramp) {
    const unknown = layer(items[1], palette.colours[1]);
    return [back, unknown, layer(items[0], palette.colours[0], { values: Uint8Array.from(items[0], (i) => values[i]), ramp: smooth(palette.ramp) })];
  }
  if (n <= MIXED) {
    const all = Uint32Array.from({ length: n }, (_, i) => i).filter((i) => home[i] < grey);
    return [back, layer(all, "", { values: Uint16Array.from(all, (i) => home[i]), ramp: stepped(palette.colours) })];
  }
  const order = [...palette.colours.keys()].sort((a, b) => tally[b] - tally[a]);
  return [back, ...order.map((k) => layer(items[k], palette.colours[k]))];
}

/** The colours of a ramp over its codes, as plotly takes them. */
export const smooth = (colours) => ({ high: 254, scale: colours.map((c, k) => [k / (colours.length - 1), c]) });
const stepped = (colours) => ({ low: -0.5, high: colours.length - 0.5, scale: colours.flatMap((c, k) => [[k / colours.length, c], [(k + 1) / colours.length, c]]) });

/** Plotly's marker for a layer. */
export function marker({ colour, values, ramp, size, opacity }) {
  const line = { width: 0 };
  if (!values) return { color: colour, size, opacity, line };
  return { color: values, cmin: ramp.low ?? 0, cmax: ramp.high, colorscale: ramp.scale, size, opacity, line };
}
