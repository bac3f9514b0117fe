/** IEEE 754 single precision, taken apart by its bits: no arithmetic on floats. */
import { GatewayError } from "../errors.ts";

const MANTISSA = 23n;
const BIAS = 127n;
/** From here on neighbours are more than 1 apart: the register cannot count single Wh. */
const EXACT = 1n << 24n;

/**
 * Whole part of a non-negative float32, rounded down; undefined for NaN, which is not implemented.
 * @throws GatewayError NEGATIVE, FLOAT_TOO_COARSE
 * @example float32Down(0x42c80000n, "WH") // 100n
 */
export function float32Down(bits: bigint, field: string): bigint | undefined {
  const exponent = (bits >> MANTISSA) & 0xffn;
  const fraction = bits & ((1n << MANTISSA) - 1n);
  if (exponent === 0xffn) return undefined;
  if (bits >> 31n === 1n && (exponent | fraction) !== 0n) {
    throw new GatewayError(
      "NEGATIVE",
      field,
      `0x${bits.toString(16)}`,
      "a register counts up from 0. Update the device.",
    );
  }
  if (exponent === 0n) return 0n;
  const mantissa = (1n << MANTISSA) | fraction;
  const shift = exponent - BIAS - MANTISSA;
  const value = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  if (value < EXACT) return value;
  const hint = `a float32 skips whole Wh from ${EXACT} on. Set the device to integer models (101 to 103).`;
  throw new GatewayError("FLOAT_TOO_COARSE", field, value, hint);
}
