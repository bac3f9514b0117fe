/** The word in which the registry keeps the terms that hot paths need (`contracts/types/Terms.sol`). */
import { packWord, unpackWord } from "./internal/words.ts";
import { brandTerms, ringLength } from "./terms.ts";
import type { Terms } from "./terms.ts";

/** Low bit first. */
const TERMS_WORD = [
  { name: "slotDuration", bits: 16 },
  { name: "slotsPerPeriod", bits: 8 },
  { name: "lotWh", bits: 16 },
  { name: "floorPrice", bits: 16 },
  { name: "tickSize", bits: 16 },
  { name: "tickCount", bits: 8 },
  { name: "wide", bits: 8 },
  { name: "horizon", bits: 8 },
  { name: "ring", bits: 8 },
  { name: "gateClosure", bits: 24 },
  { name: "readingDeadline", bits: 24 },
  { name: "correctionWindow", bits: 24 },
  { name: "claimWindow", bits: 24 },
  { name: "settlementFee", bits: 32 },
  { name: "revealWindow", bits: 24 },
] as const;

/**
 * The word that `IProsumerRegistry.terms` returns.
 * @throws OutOfRangeError
 * @example packTerms(terms) & 0xffffn // 900n
 */
export function packTerms(terms: Terms): bigint {
  return packWord(TERMS_WORD, { ...terms, wide: terms.wideTicks ? 1n : 0n, ring: ringLength(terms) });
}

/**
 * Terms from the word that `IProsumerRegistry.terms` returns, the inverse of `packTerms`.
 * @example unpackTerms(packTerms(terms)).lotWh // 10n
 */
export function unpackTerms(word: bigint): Terms {
  const { wide, slotsPerPeriod, tickCount, horizon, ...rest } = unpackWord(TERMS_WORD, word);
  const wideTicks = wide !== 0n;
  const plain = { ...rest, slotsPerPeriod, tickCount, horizon, wideTicks };
  return { slotsPerPeriod, tickCount, horizon, wideTicks, ...brandTerms(plain) };
}
