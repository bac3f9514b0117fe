/** From means and per-unit values to whole watt-hours, so that nothing is lost. */

import { type Decimal, pow10 } from "./decimal.ts";

/** An exact positive fraction `num / den`. */
export interface Fraction {
  readonly num: bigint;
  readonly den: bigint;
}

/** What the load columns hold: mean power over the row, or energy in the row. */
export type LoadUnit = "W" | "Wh";

/** Wh in a row of `step` seconds per unit of a load column. */
export function loadFactor(unit: LoadUnit, step: number): Fraction {
  return unit === "Wh" ? { num: 1n, den: 1n } : { num: BigInt(step), den: 3600n };
}

/** Wh in a row of `step` seconds per unit of a PV column, for a plant of `kwp` kilowatts peak. */
export function pvFactor(kwp: Decimal, step: number): Fraction {
  return { num: kwp.digits * 1000n * BigInt(step), den: pow10(kwp.scale) * 3600n };
}

/**
 * Whole Wh per row, as a meter counts them: the register is the floor of everything so far, a row is what the register
 * advanced by. The rows add up to the floor of the exact total.
 *
 * @param values One value per row, none negative.
 * @param factor Wh per unit of `values`.
 *
 * @example
 * // 1 W over four quarters of an hour is 1 Wh, and it shows up when it is complete.
 * const one = { digits: 1n, scale: 0 };
 * cumulativeFloorWh([one, one, one, one], loadFactor("W", 900)); // [0n, 0n, 0n, 1n]
 */
export function cumulativeFloorWh(values: readonly Decimal[], factor: Fraction): bigint[] {
  const scale = values.reduce((most, value) => Math.max(most, value.scale), 0);
  const den = pow10(scale) * factor.den;
  let exact = 0n;
  let register = 0n;
  return values.map((value) => {
    exact += value.digits * pow10(scale - value.scale) * factor.num;
    const before = register;
    register = exact / den;
    return register - before;
  });
}
