/** Positions: what a member bought and sold in a slot, over all market modules. */
import { packWord, unpackWord } from "./internal/words.ts";
import { asWh } from "./units.ts";
import type { Wh } from "./units.ts";

/** Energy traded in one slot. */
export interface Position {
  readonly bought: Wh;
  readonly sold: Wh;
}

const POSITION_WORD = [
  { name: "sold", bits: 128 },
  { name: "bought", bits: 128 },
] as const;

/** No trade. */
export const NO_POSITION: Position = { bought: asWh(0n), sold: asWh(0n) };

/**
 * A position as settlement takes it: bought in the high, sold in the low 128 bits.
 * @example packPosition({ bought: asWh(250n), sold: asWh(0n) }) === 250n << 128n // true
 */
export function packPosition({ bought, sold }: Position): bigint {
  return packWord(POSITION_WORD, { bought, sold });
}

/** Reads a position word, the inverse of `packPosition`. */
export function unpackPosition(word: bigint): Position {
  const { bought, sold } = unpackWord(POSITION_WORD, word);
  return { bought: asWh(bought), sold: asWh(sold) };
}

/** Sum of two positions of one slot. */
export function addPositions(a: Position, b: Position): Position {
  return { bought: asWh(a.bought + b.bought), sold: asWh(a.sold + b.sold) };
}
