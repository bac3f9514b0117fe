/** Prices of a slot as bills show them: whole base units per Wh of an order book, exact fractions of a rule. */
import { scaledHalfUp } from "./sharing/fraction.ts";
import type { Fraction } from "./sharing/fraction.ts";
import type { PricePerWh } from "./units.ts";

/** What a Wh that changed hands cost: a clearing price, or the quotient that a rule makes of energies and prices. */
export type SlotPrice = PricePerWh | Fraction;

/** A price as a quotient. */
export function fractionOf(price: SlotPrice): Fraction {
  return typeof price === "bigint" ? { num: price, den: 1n } : price;
}

const DIGITS = 6;

/**
 * Base units per Wh as text: whole, or with 6 decimals, rounded half up from the exact fraction.
 * @example formatSlotPrice({ num: 800n, den: 7n }) // "114.285714"
 */
export function formatSlotPrice(price: SlotPrice): string {
  const { num, den } = fractionOf(price);
  if (num % den === 0n) return (num / den).toString();
  const digits = scaledHalfUp({ num, den }, BigInt(DIGITS))
    .toString()
    .padStart(DIGITS + 1, "0");
  return `${digits.slice(0, -DIGITS)}.${digits.slice(-DIGITS)}`;
}
