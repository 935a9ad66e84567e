/** Intervals of shares and of differences: the page's own statistics, each held to scipy's by `tests/page/test_intervals.py`. */

export const USUAL = 0.05; // the share of tries in which an interval of 95 % misses

/**
 * Wilson's score interval of a share (Wilson 1927).
 * @param {number} k of n have it @param {number} n 1 or more @param {number} [miss] the share of tries in which it misses, 0 to 1
 * @returns {[number, number]} within 0 to 1
 */
export function wilson(k, n, miss = USUAL) {
  const z = normal(1 - miss / 2);
  const share = k / n;
  const width = 1 + (z * z) / n;
  const middle = (share + (z * z) / (2 * n)) / width;
  const reach = (z / width) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [k ? Math.max(middle - reach, 0) : 0, k < n ? Math.min(middle + reach, 1) : 1];
}

/** The same with a correction for continuity, which holds for few items too (Newcombe 1998a, method 4). @returns {[number, number]} */
export function corrected(k, n, miss = USUAL) {
  const z = normal(1 - miss / 2);
  const [p, q] = [k / n, 1 - k / n];
  const width = 2 * (n + z * z);
  const low = (2 * k + z * z - 1 - z * Math.sqrt(z * z - 2 - 1 / n + 4 * p * (n * q + 1))) / width;
  const high = (2 * k + z * z + 1 + z * Math.sqrt(z * z + 2 - 1 / n + 4 * p * (n * q - 1))) / width;
  return [k ? Math.max(low, 0) : 0, k < n ? Math.min(high, 1) : 1];
}

/**
 * The interval of the difference of two shares of independent groups, from their corrected intervals (Newcombe 1998b, method 11).
 * @param {[number, number]} here k of n have it, n 1 or more @param {[number, number]} there the same of the other group
 * @returns {[number, number]} within -1 to 1
 */
export function newcombe(here, there, miss = USUAL) {
  const [p, q] = [here[0] / here[1], there[0] / there[1]];
  const [[low, high], [below, above]] = [corrected(...here, miss), corrected(...there, miss)];
  return [p - q - Math.hypot(p - low, above - q), p - q + Math.hypot(high - p, q - below)];
}

/**
 * The interval of the difference of two means, in units of the standard deviation of both groups together. Each group counts with
 * that or with its own deviation, whichever is larger, and the quantile is that of the smaller group alone: for few items wide.
 * @param {{n: number, mean: number, deviation: number}} here 2 items or more @param {{n: number, mean: number, deviation: number}} there
 * @param {number} whole standard deviation of both together, above 0
 * @returns {[number, number, number]} the difference, and its interval
 */
export function means(here, there, whole, miss = USUAL) {
  const difference = (here.mean - there.mean) / whole;
  const [a, b] = [here, there].map(({ n, deviation }) => Math.max(deviation / whole, 1) / Math.sqrt(n));
  const reach = student(1 - miss / 2, Math.min(here.n, there.n) - 1) * Math.hypot(a, b);
  return [difference, difference - reach, difference + reach];
}

/**
 * The quantile of Student's t, by Hill's algorithm 396 (1970): right to about 1e-5 of it.
 * @param {number} p above 0.5 and below 1 @param {number} n degrees of freedom, 1 or more
 */
export function student(p, n) {
  const tails = 2 * (1 - p);
  if (n === 1) return 1 / Math.tan((tails * Math.PI) / 2);
  if (n === 2) return Math.sqrt(2 / (tails * (2 - tails)) - 2);
  const a = 1 / (n - 0.5);
  const b = 48 / (a * a);
  let c = ((20700 * a / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  let y = (d * tails) ** (2 / n);
  if (y > 0.05 + a) {
    const x = normal(tails / 2);
    y = x * x;
    if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else {
    y = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (n + 1) / (n + 2) + 1 / y;
  }
  return Math.sqrt(n * y);
}

/**
 * The quantile of the normal distribution, by the algorithm AS 241 (Wichura 1988): right to about 1e-15.
 * @param {number} p above 0 and below 1
 */
export function normal(p) {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return q * ratio(r, CENTRE);
  }
  const r = Math.sqrt(-Math.log(q < 0 ? p : 1 - p));
  const value = r <= 5 ? ratio(r - 1.6, FLANK) : ratio(r - 5, TAIL);
  return q < 0 ? -value : value;
}

const horner = (x, from) => from.reduceRight((sum, c) => sum * x + c, 0);
const ratio = (x, [above, below]) => horner(x, above) / horner(x, below);
const CENTRE = [
  [3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727],
  [1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852545925],
];
const FLANK = [
  [1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4],
  [1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9],
];
const TAIL = [
  [6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7],
  [1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15],
];
