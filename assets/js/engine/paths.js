/** Ways between two latents; see explorer/play/operations/between.py. */

import { nearest } from "./places.js";

const CLOSE = 1e-6;

/** (1 - t) a + t b */
export const lerp = (a, b, t) => Float32Array.from(a, (v, k) => v + (b[k] - v) * t);

const norm = (v) => Math.sqrt(v.reduce((sum, x) => sum + x * x, 0));

/** On the sphere, linear in the norm; straight where the directions are parallel, opposite or undefined. */
export function slerp(a, b, t) {
  const [long, other] = [norm(a), norm(b)];
  if (long < CLOSE || other < CLOSE) return lerp(a, b, t);
  const cosine = a.reduce((sum, v, k) => sum + (v / long) * (b[k] / other), 0);
  const omega = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (omega < 1e-4 || omega > Math.PI - 1e-4) return lerp(a, b, t);
  const [first, second] = [Math.sin((1 - t) * omega) / Math.sin(omega), Math.sin(t * omega) / Math.sin(omega)];
  const length = long + (other - long) * t;
  return Float32Array.from(a, (v, k) => length * (first * (v / long) + second * (b[k] / other)));
}

/** The items' neighbour graph, for paths from item to item. */
export class Graph {
  /**
   * @param {Float32Array} z latents [n, size]
   * @param {number} size
   * @param {ArrayLike<number>} index neighbours [n, k]
   * @param {Int32Array} bridges pairs that join clumps [m, 2]
   */
  constructor(z, size, index, bridges) {
    const n = z.length / size;
    const k = index.length / n;
    Object.assign(this, { z, size, n });
    const degree = new Uint32Array(n + 1);
    const each = (fn) => {
      for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) fn(i, index[i * k + j]);
      for (let m = 0; m < bridges.length; m += 2) fn(bridges[m], bridges[m + 1]);
    };
    each((a, b) => (degree[a + 1]++, degree[b + 1]++));
    for (let i = 0; i < n; i++) degree[i + 1] += degree[i];
    this.from = degree;
    this.to = new Uint32Array(degree[n]);
    const filled = degree.slice(0, n);
    each((a, b) => ((this.to[filled[a]++] = b), (this.to[filled[b]++] = a)));
  }

  cost(a, b) {
    let sum = 0;
    for (let d = 0, i = a * this.size, j = b * this.size; d < this.size; d++) sum += (this.z[i + d] - this.z[j + d]) ** 2;
    return Math.max(sum, 1e-9);
  }

  /** Dijkstra's shortest way from one item to another, both included. */
  way(first, last) {
    const far = new Float64Array(this.n).fill(Infinity);
    const before = new Int32Array(this.n).fill(-1);
    const heap = new Heap();
    far[first] = 0;
    heap.push(0, first);
    while (heap.size) {
      const [reached, item] = heap.pop();
      if (item === last) break;
      if (reached > far[item]) continue;
      for (let e = this.from[item]; e < this.from[item + 1]; e++) {
        const other = this.to[e];
        const length = reached + this.cost(item, other);
        if (length < far[other]) {
          far[other] = length;
          before[other] = item;
          heap.push(length, other);
        }
      }
    }
    const way = [last];
    while (way[0] !== first) way.unshift(before[way[0]]);
    return way;
  }

  /** Latents passed on the way from a to b, ends included; the corners rounded. @returns {Float64Array[]} */
  knots(a, b) {
    const [[first]] = nearest(a, this.z, 1);
    const [[last]] = nearest(b, this.z, 1);
    const inner = this.way(first, last).map((i) => this.z.subarray(i * this.size, (i + 1) * this.size));
    let knots = [a, ...inner, b].map((v) => Float64Array.from(v));
    for (let turn = 0; turn < 2; turn++) {
      knots = knots.map((v, k) => (k === 0 || k === knots.length - 1 ? v : v.map((x, d) => 0.25 * knots[k - 1][d] + 0.5 * x + 0.25 * knots[k + 1][d])));
    }
    return knots;
  }
}

/** The spot at share t of a polyline's length. @param {Float64Array[]} knots */
export function along(knots, t) {
  const steps = knots.slice(1).map((v, k) => norm(v.map((x, d) => x - knots[k][d])));
  const total = steps.reduce((a, b) => a + b, 0);
  if (total === 0) return Float32Array.from(knots[0]);
  let left = t * total;
  let k = 0;
  while (k < steps.length - 1 && left > steps[k]) left -= steps[k++];
  const share = steps[k] ? left / steps[k] : 0;
  return Float32Array.from(knots[k], (x, d) => x + (knots[k + 1][d] - x) * share);
}

/** A binary heap of [key, value] pairs, the least key on top. */
class Heap {
  constructor() {
    this.keys = [];
    this.values = [];
  }

  get size() {
    return this.keys.length;
  }

  push(key, value) {
    let k = this.keys.length;
    this.keys.push(key);
    this.values.push(value);
    while (k && this.keys[(k - 1) >> 1] > key) {
      this.set(k, this.keys[(k - 1) >> 1], this.values[(k - 1) >> 1]);
      k = (k - 1) >> 1;
    }
    this.set(k, key, value);
  }

  pop() {
    const top = [this.keys[0], this.values[0]];
    const key = this.keys.pop();
    const value = this.values.pop();
    const size = this.keys.length;
    let k = 0;
    while (size) {
      let child = 2 * k + 1;
      if (child >= size) break;
      if (child + 1 < size && this.keys[child + 1] < this.keys[child]) child++;
      if (this.keys[child] >= key) break;
      this.set(k, this.keys[child], this.values[child]);
      k = child;
    }
    if (size) this.set(k, key, value);
    return top;
  }

  set(k, key, value) {
    this.keys[k] = key;
    this.values[k] = value;
  }
}
