/** Numbers as Python's format writes them, so that this page and the server's say the same to the last digit. */

/** `f"{value:.{digits}f}"`: the nearest decimal of the exact binary value, a tie to the even digit. */
export function fixed(value, digits) {
  const text = value.toFixed(digits);
  const exact = Math.abs(value).toFixed(Math.min(100, digits + 30));
  const cut = exact.length - 30;
  if (exact.slice(cut).replace(/0+$/, "") !== "5") return text;
  // JavaScript takes a tie away from zero; Python takes it to the even digit.
  const last = Number(text.at(-1));
  if (last % 2 === 0) return text;
  const even = `${text.slice(0, -1)}${last - 1}`;
  return Number(even) === 0 && value > 0 ? even.replace("-", "") : even;
}

/** `f"{value:.{digits}%}"`. */
export const percent = (value, digits = 0) => `${fixed(100 * value, digits)}%`;

/** `f"{value:.{most}g}"`: so many digits at most, no zeros at the end. */
export function general(value, most = 6) {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, exponent] = value.toExponential(most - 1).split("e");
  const power = Number(exponent);
  if (power >= -4 && power < most) {
    const text = fixed(value, most - 1 - power);
    return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  }
  return `${Number(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** A number without zeros at its end, with a true minus sign; see `views.html.number`. */
export function number(value, digits = 2) {
  let text = fixed(value, digits);
  if (text.includes(".")) text = text.replace(/0+$/, "").replace(/\.$/, "");
  return (text === "-0" || text === "" ? "0" : text).replace("-", "−");
}

/** `round(value, digits)` of Python. */
export const rounded = (value, digits) => Number(fixed(value, digits));

/** About a hundredth of a range, as round as both its ends allow. */
export function stepOf(low, high) {
  const most = (high - low) / 100;
  const power = 10 ** Math.floor(Math.log10(most));
  const on = (value, step) => Math.abs(value / step - Math.round(value / step)) < 1e-6;
  return [5, 2, 1].map((k) => k * power).find((step) => step <= most * (1 + 1e-9) && on(low, step) && on(high, step)) ?? most;
}
