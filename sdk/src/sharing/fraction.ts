/** Exact fractions: prices of a rule are quotients of energies and prices, and are never rounded before they are money. */

/** `num / den`; den > 0, num >= 0. Not always in lowest terms: a contract has no time for that. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

/**
 * `value * 10^digits`, rounded half up from the exact fraction.
 * @example scaledHalfUp({ num: 4n, den: 35n }, 6n) // 114_286n
 */
export function scaledHalfUp({ num, den }: Fraction, digits: bigint): bigint {
  return (2n * num * 10n ** digits + den) / (2n * den);
}

/** Below 0 where a < b, 0 where they are the same, above 0 where a > b. */
export function compareFractions(a: Fraction, b: Fraction): bigint {
  return a.num * b.den - b.num * a.den;
}
