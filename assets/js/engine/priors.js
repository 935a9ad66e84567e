/** Draws from priors; see explorer/learn/priors/. Each takes {tensor, c, seed, draw, temperature}, `tensor(name)` a promise of its numbers. */

import { normal, uniform } from "./noise.js";

const SHARPEST = 0.5;

async function gaussian({ tensor, seed, draw, temperature }) {
  const [mean, scale] = await Promise.all([tensor("mean"), tensor("scale")]);
  const noise = normal(seed, draw, mean.data.length);
  return mean.data.map((m, k) => m + temperature * scale.data[k] * noise[k]);
}

async function mixture({ tensor, c, seed, draw, temperature }) {
  const names = ["log_weight", "mean", "factor", "diagonal", "linear", "quadratic"];
  const [weight, mean, factor, diagonal, linear, quadratic] = await Promise.all(names.map(tensor));
  const [count, size, rank] = factor.shape;
  const logits = Array.from(weight.data, (w, k) => {
    let sum = w;
    for (let d = 0; d < c.length; d++) sum += c[d] * linear.data[k * c.length + d] + c[d] ** 2 * quadratic.data[k * c.length + d];
    return sum;
  });
  const most = Math.max(...logits);
  const total = most + Math.log(logits.reduce((sum, v) => sum + Math.exp(v - most), 0));
  const chance = uniform(seed, draw, count);
  let best = -Infinity;
  let chosen = 0;
  logits.forEach((v, k) => {
    const score = (v - total) / Math.max(temperature, SHARPEST) - Math.log(-Math.log(chance[k]));
    if (score > best) [best, chosen] = [score, k];
  });
  const inner = normal(seed, draw, rank, 1);
  const outer = normal(seed, draw, size, 2);
  return Float32Array.from({ length: size }, (_, d) => {
    const at = chosen * size + d;
    let step = Math.sqrt(diagonal.data[at]) * outer[d];
    for (let r = 0; r < rank; r++) step += factor.data[at * rank + r] * inner[r];
    return mean.data[at] + temperature * step;
  });
}

export const PRIORS = { gaussian, mixture };
