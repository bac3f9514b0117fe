/** Decimal numbers as exact integers: no cell of an input file ever passes through a float. */

/** The number `digits / 10^scale`. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/;
const LONGEST = 64;

/**
 * Reads a decimal number exactly, scientific notation included.
 *
 * @example
 * parseDecimal("-1.50"); // { digits: -150n, scale: 2 }
 * parseDecimal("2e-3"); // { digits: 2n, scale: 3 }
 * parseDecimal("NaN"); // undefined
 */
export function parseDecimal(text: string): Decimal | undefined {
  const match = text.length > LONGEST ? null : PATTERN.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  const magnitude = BigInt(whole + fraction);
  const digits = sign === "-" ? -magnitude : magnitude;
  const scale = fraction.length - Number(exponent);
  return scale >= 0 ? { digits, scale } : { digits: digits * pow10(-scale), scale: 0 };
}

/** Ten to the power of `exponent`, which is at least 0. */
export function pow10(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** Whether `value` is greater than the integer `bound`. */
export function exceeds(value: Decimal, bound: bigint): boolean {
  return value.digits > bound * pow10(value.scale);
}
