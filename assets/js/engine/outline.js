/**
 * A field -> the outline of what lies inside, and that as SVG; the same steps as explorer/learn/modalities/outline.py, where they
 * are explained. No step needs a document, so that a worker can take it.
 */

export const UNITS = 256;
const FINE = 3;
const TAPS = 4; // cells that a value between them is made of
const LEVEL = 0.5;
const SLACK = 0.02;
const DUST = 0.05;
const HEAD = `<svg xmlns="http://www.w3.org/2000/svg" width="${UNITS}" height="${UNITS}" viewBox="0 0 ${UNITS} ${UNITS}">`;

/** Edges of a cell, and the ways through it by which of its corners lie inside (1, 2, 4, 8: clockwise from above left); inside lies to the right. */
const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3];
const WAYS = [
  [], [TOP, LEFT], [RIGHT, TOP], [RIGHT, LEFT], [BOTTOM, RIGHT], [TOP, LEFT, BOTTOM, RIGHT], [BOTTOM, TOP], [BOTTOM, LEFT],
  [LEFT, BOTTOM], [TOP, BOTTOM], [RIGHT, TOP, LEFT, BOTTOM], [RIGHT, BOTTOM], [LEFT, RIGHT], [TOP, RIGHT], [LEFT, TOP], [],
];

/**
 * @param {ArrayLike<number>} field [height * width], row by row, more than LEVEL inside
 * @returns {number[][][]} closed lines of [x, y] in UNITS, the first point not repeated
 */
export function outlines(field, height, width) {
  const { values, rows, columns } = finer(field, height, width);
  const cell = UNITS / Math.max(height, width);
  return followed(values, rows, columns)
    .map((line) => line.map(([x, y]) => [(x - 0.5) / FINE, (y - 0.5) / FINE]))
    .filter((line) => Math.abs(area(line)) >= DUST)
    .map((line) => thinned(begun(line)).map(([x, y]) => [cell * x, cell * y]))
    .sort(([a], [b]) => a[0] - b[0] || a[1] - b[1]);
}

/** Closed lines -> the `d` of an SVG path, to be filled by the rule evenodd. */
export const path = (lines) => lines.map((line) => `M${line.map(([x, y]) => `${number(x)} ${number(y)}`).join("L")}Z`).join("");

/** Fields of one shape [1, H, W] -> the `d` of what lies in an odd number of them. @param {ArrayLike<number>[]} fields */
export const pathOf = (fields, [, height, width]) => path(fields.flatMap((field) => outlines(field, height, width)));

/** A letter's field, and what stands free left and right of its ink in cells -> its outline with both in UNITS, as `lettering.Glyph`. */
export function letter(field, [, height, width], free) {
  const lines = outlines(field, height, width);
  const across = lines.length ? lines.flat().map(([x]) => x) : [UNITS / 2];
  const [left, right] = Array.from(free, (cells) => (cells * UNITS) / Math.max(height, width));
  const numbers = { begin: Math.min(...across), end: Math.max(...across), left, right };
  return { d: path(lines), ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value.toFixed(2))])) };
}

/** The `d` of a path -> an SVG, black on white, as a data URL. */
export const dataUrl = (d) => `data:image/svg+xml;base64,${btoa(`${HEAD}<rect width="${UNITS}" height="${UNITS}" fill="#fff"/><path fill="#000" fill-rule="evenodd" d="${d}"/></svg>`)}`;

/** The same as a file, in the colour of its surroundings. */
export const file = (d) => `${HEAD}<path fill="currentColor" fill-rule="evenodd" d="${d}"/></svg>`;

/** FINE times as many values down and across by cubic interpolation, and around them a ring of 0. */
function finer(field, height, width) {
  const [rows, columns] = [FINE * height + 2, FINE * width + 2];
  const values = new Float64Array(rows * columns);
  const [down, across] = [taps(height), taps(width)];
  const line = new Float64Array(width);
  for (let r = 0; r < FINE * height; r++) {
    for (let c = 0; c < width; c++) {
      let sum = 0;
      for (let k = TAPS * r; k < TAPS * (r + 1); k++) sum += down.weights[k] * (field[down.from[k] * width + c] || 0);
      line[c] = sum;
    }
    for (let c = 0, at = (r + 1) * columns + 1; c < FINE * width; c++, at++) {
      const k = TAPS * c;
      const { from, weights } = across;
      values[at] = weights[k] * line[from[k]] + weights[k + 1] * line[from[k + 1]] + weights[k + 2] * line[from[k + 2]] + weights[k + 3] * line[from[k + 3]];
    }
  }
  return { values, rows, columns };
}

const known = new Map();

/** For each of FINE * side values TAPS cells that it is made of, and their weights. */
function taps(side) {
  if (known.has(side)) return known.get(side);
  const all = { from: new Int32Array(TAPS * FINE * side), weights: new Float64Array(TAPS * FINE * side) };
  for (let k = 0; k < FINE * side; k++) {
    const at = (k + 0.5) / FINE - 0.5;
    const base = Math.floor(at);
    const t = at - base;
    const weights = [((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t, (0.5 * t - 0.5) * t * t];
    weights.forEach((weight, n) => {
      all.from[TAPS * k + n] = Math.min(Math.max(base + n - 1, 0), side - 1);
      all.weights[TAPS * k + n] = weight;
    });
  }
  known.set(side, all);
  return all;
}

/** The closed lines at LEVEL, in places of the grid. */
function followed(values, rows, columns) {
  // An edge is named by the value it begins at, twice, and one more where it goes down.
  const next = new Int32Array(2 * rows * columns).fill(-1);
  const starts = [];
  for (let r = 0; r < rows - 1; r++) {
    for (let c = 0; c < columns - 1; c++) {
      const at = r * columns + c;
      const kind = (values[at] > LEVEL) + 2 * (values[at + 1] > LEVEL) + 4 * (values[at + columns + 1] > LEVEL) + 8 * (values[at + columns] > LEVEL);
      const ways = WAYS[kind];
      if (!ways.length) continue;
      const edges = [2 * at, 2 * (at + 1) + 1, 2 * (at + columns), 2 * at + 1];
      for (let k = 0; k < ways.length; k += 2) {
        next[edges[ways[k]]] = edges[ways[k + 1]];
        starts.push(edges[ways[k]]);
      }
    }
  }
  const lines = [];
  for (const start of starts) {
    if (next[start] < 0) continue;
    const line = [];
    for (let edge = start; next[edge] >= 0; ) {
      line.push(crossing(values, columns, edge));
      const after = next[edge];
      next[edge] = -1;
      edge = after;
    }
    lines.push(line);
  }
  return lines;
}

function crossing(values, columns, edge) {
  const at = edge >> 1;
  const beside = edge & 1 ? at + columns : at + 1;
  const share = (LEVEL - values[at]) / (values[beside] - values[at]);
  const [x, y] = [at % columns, Math.floor(at / columns)];
  return edge & 1 ? [x, y + share] : [x + share, y];
}

function area(line) {
  return line.reduce((sum, [x, y], k) => {
    const [u, v] = line[(k + 1) % line.length];
    return sum + x * v - y * u;
  }, 0) / 2;
}

/** The same line, from its leftmost point on, whatever the last bits say. */
function begun(line) {
  const at = line.map((point) => point.map((value) => Math.round(value * 1e6)));
  const first = at.reduce((best, [x, y], k) => (x < at[best][0] || (x === at[best][0] && y < at[best][1]) ? k : best), 0);
  return [...line.slice(first), ...line.slice(0, first)];
}

/** As few of its points as keep all others within SLACK. */
function thinned(loop) {
  const many = loop.length + 1;
  const [x, y] = [new Float64Array(many), new Float64Array(many)]; // the first point once more at the end
  for (let k = 0; k < many; k++) [x[k], y[k]] = loop[k % loop.length];
  const keep = new Uint8Array(many);
  keep[0] = 1;
  const waiting = [0, many - 1];
  while (waiting.length) {
    const [b, a] = [waiting.pop(), waiting.pop()];
    const [dx, dy] = [x[b] - x[a], y[b] - y[a]];
    const length = dx * dx + dy * dy;
    let [most, middle] = [SLACK, -1];
    for (let k = a + 1; k < b; k++) {
      const [u, v] = [x[k] - x[a], y[k] - y[a]];
      const t = length ? Math.min(Math.max((u * dx + v * dy) / length, 0), 1) : 0;
      const [across, up] = [u - t * dx, v - t * dy];
      const gap = Math.sqrt(across * across + up * up); // hypot takes ten times as long, against an overflow that can't be
      if (gap > most) [most, middle] = [gap + 1e-6, k]; // of points equally far the first, whatever the last bits say
    }
    if (middle < 0) continue;
    keep[middle] = 1;
    waiting.push(a, middle, middle, b);
  }
  return loop.filter((_, k) => keep[k]);
}

function number(value) {
  const text = String(Number(value.toFixed(2)));
  return text === "-0" ? "0" : text;
}
