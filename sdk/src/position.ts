/** Positions: what a member bought and sold in a slot, over all market modules. */
import type { Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import { asWh } from "./units.ts";
import type { Wh } from "./units.ts";

/** Energy traded in one slot. */
export interface Position {
  readonly bought: Wh;
  readonly sold: Wh;
}

/** Bytes of a slot: bought 4, sold 4. */
const SLOT_BYTES = 8;

/** No trade. */
export const NO_POSITION: Position = { bought: asWh(0n), sold: asWh(0n) };

/**
 * The positions of a period as settlement takes and hashes them: per slot Wh bought (4 bytes) and sold (4 bytes).
 * @throws OutOfRangeError
 * @example encodePosition([{ bought: asWh(250n), sold: asWh(0n) }]) // "0x000000fa00000000"
 */
export function encodePosition(position: readonly Position[]): Hex {
  const digits = position.map(({ bought, sold }) => uintDigits("bought", bought, 32) + uintDigits("sold", sold, 32));
  return `0x${digits.join("")}`;
}

/** Reads the positions of a period, the inverse of `encodePosition`. */
export function decodePosition(bytes: Hex): Position[] {
  const digits = digitsOf(bytes);
  return Array.from({ length: digits.length / (2 * SLOT_BYTES) }, (_, slot) => ({
    bought: asWh(uintAt(digits, SLOT_BYTES * slot, 4)),
    sold: asWh(uintAt(digits, SLOT_BYTES * slot + 4, 4)),
  }));
}

/** Sum of two positions of one slot. */
export function addPositions(a: Position, b: Position): Position {
  return { bought: asWh(a.bought + b.bought), sold: asWh(a.sold + b.sold) };
}
