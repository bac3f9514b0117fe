/**
 * Elementary functions from `+ - * /` and `Math.sqrt` alone. Those are exact to the last bit by IEEE 754 and the language, on
 * every machine; `Math.sin` and `Math.exp` are whatever an engine makes of them. So a seed means the same homes everywhere.
 */

/** Half a turn, radians. */
export const PI = 3.141592653589793;
const LN_2 = 0.6931471805599453;

/** Sine of radians, to about 1e-12. */
export function sin(x: number): number {
  const turns = Math.round(x / (2 * PI));
  let reduced = x - turns * 2 * PI;
  if (reduced > PI / 2) reduced = PI - reduced;
  if (reduced < -PI / 2) reduced = -PI - reduced;
  const square = reduced * reduced;
  let term = reduced;
  let sum = reduced;
  for (let n = 1; n <= 9; n += 1) {
    term *= -square / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}

/** Cosine of radians. */
export function cos(x: number): number {
  return sin(x + PI / 2);
}

/** e to the power of `x`, to about 1e-12 of its value. */
export function exp(x: number): number {
  const halvings = Math.round(x / LN_2);
  const rest = x - halvings * LN_2;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= 14; n += 1) {
    term *= rest / n;
    sum += term;
  }
  const factor = halvings < 0 ? 0.5 : 2;
  for (let n = 0; n < Math.min(1_100, Math.abs(halvings)); n += 1) sum *= factor;
  return sum;
}

/** `value` within `low .. high`. */
export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** Degrees to radians. */
export function radians(degrees: number): number {
  return (degrees * PI) / 180;
}
