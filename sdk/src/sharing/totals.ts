/** Totals of a shared period in the words in which `EnergySharing` keeps, returns and takes them. */
import { BadLengthError, OutOfRangeError } from "../errors.ts";
import { asWh } from "../units.ts";
import type { Wh } from "../units.ts";

/** What all counted members together gave and took in a slot, within budgets. */
export interface SlotTotals {
  readonly supply: Wh;
  readonly demand: Wh;
}

const SLOTS_PER_WORD = 3;
const WIDTH = 40n;
const MOST = (1n << WIDTH) - 1n;

/**
 * Three slots a word, the first one lowest: `| supply 40 | demand 40 |` each.
 * @throws OutOfRangeError
 * @example encodeTotals([{ supply: asWh(1n), demand: asWh(2n) }]) // [2_199_023_255_553n]
 */
export function encodeTotals(totals: readonly SlotTotals[]): bigint[] {
  const words = Array.from({ length: Math.ceil(totals.length / SLOTS_PER_WORD) }, () => 0n);
  for (const [slot, { supply, demand }] of totals.entries()) {
    for (const [field, value] of Object.entries({ supply, demand })) {
      if (value > MOST) throw new OutOfRangeError(`totals[${slot}].${field}`, value, 0n, MOST);
    }
    const word = Math.floor(slot / SLOTS_PER_WORD);
    words[word] = (words[word] ?? 0n) | ((supply | (demand << WIDTH)) << (2n * WIDTH * BigInt(slot % SLOTS_PER_WORD)));
  }
  return words;
}

/**
 * Reads the words of a period.
 * @throws BadLengthError for words of another number of slots
 */
export function decodeTotals(words: readonly bigint[], slotsPerPeriod: bigint): SlotTotals[] {
  const slots = Number(slotsPerPeriod);
  const expected = Math.ceil(slots / SLOTS_PER_WORD);
  if (words.length !== expected) throw new BadLengthError("totals", words.length, `${expected} words`);
  return Array.from({ length: slots }, (_, slot) => {
    const word = words[Math.floor(slot / SLOTS_PER_WORD)] ?? 0n;
    const both = word >> (2n * WIDTH * BigInt(slot % SLOTS_PER_WORD));
    return { supply: asWh(both & MOST), demand: asWh((both >> WIDTH) & MOST) };
  });
}
