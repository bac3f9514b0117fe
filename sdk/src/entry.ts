/**
 * Entries: the orders inside a strip, 4 bytes each, big-endian: slot offset in the period 8, side 1 (1 = sell), tick
 * 7, lots 16. Several ticks of one slot make a price-quantity curve.
 */
import { BadLengthError, EmptyStripError, NotAscendingError, OffLotQuantityError, OutOfRangeError } from "./errors.ts";
import { asHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { digitsOf, packWord, uintAt, uintDigits, unpackWord } from "./internal/words.ts";
import type { Terms } from "./terms.ts";
import { asLots, asSlotOffset, asTick } from "./units.ts";
import type { Lots, SlotOffset, Tick } from "./units.ts";

/** What a member wants. A bid's price is the most it pays per Wh, an ask's the least it takes. */
export type Side = "buy" | "sell";

/** One order of a strip. */
export interface Entry {
  readonly offset: SlotOffset;
  readonly side: Side;
  readonly tick: Tick;
  /** At least 1 and at most 65,535 to be accepted. */
  readonly lots: Lots;
}

/** Lots that one entry holds at most. */
export const MOST_LOTS = 0xffffn;
const ENTRY_BYTES = 4;
const ENTRY_WORD = [
  { name: "lots", bits: 16 },
  { name: "tick", bits: 7 },
  { name: "sell", bits: 1 },
  { name: "offset", bits: 8 },
] as const;

/**
 * An entry as its 32-bit integer.
 * @throws OutOfRangeError
 */
function packEntry(entry: Entry): bigint {
  return packWord(ENTRY_WORD, { ...entry, sell: entry.side === "sell" ? 1n : 0n });
}

/** The order of entries in a strip: by slot, then bids before asks, then tick. */
export function entryKey(entry: Entry): bigint {
  return packEntry(entry) >> 16n;
}

/**
 * Entries as bytes, in the order given. Checks widths only: see `checkEntries`.
 * @throws OutOfRangeError
 * @example encodeEntries([{ offset: asSlotOffset(48n), side: "sell", tick: asTick(10n), lots: asLots(25n) }]) // "0x308a0019"
 */
export function encodeEntries(entries: readonly Entry[]): Hex {
  return `0x${entries.map((entry) => uintDigits("entry", packEntry(entry), 8 * ENTRY_BYTES)).join("")}`;
}

/**
 * Reads entries, the inverse of `encodeEntries`. Takes entries that the chain refused too, so that journals can be
 * replayed.
 * @throws BadLengthError for no bytes or a part of an entry
 * @example decodeEntries("0x308a0019")[0]?.tick // 10n
 */
export function decodeEntries(bytes: Hex): Entry[] {
  const digits = digitsOf(asHex(bytes, "entries"));
  const length = digits.length / 2;
  if (length === 0 || length % ENTRY_BYTES !== 0) {
    throw new BadLengthError("entries", length, `a positive multiple of ${ENTRY_BYTES} bytes`);
  }
  return Array.from({ length: length / ENTRY_BYTES }, (_, index) => {
    const { lots, tick, sell, offset } = unpackWord(ENTRY_WORD, uintAt(digits, index * ENTRY_BYTES, ENTRY_BYTES));
    return { offset: asSlotOffset(offset), side: sell === 1n ? "sell" : "buy", tick: asTick(tick), lots: asLots(lots) };
  });
}

/**
 * Checks what the chain would refuse whatever its state: no entries, a slot or tick off the grid, no lots, wrong order.
 * @throws EmptyStripError
 * @throws OutOfRangeError
 * @throws OffLotQuantityError
 * @throws NotAscendingError
 * @example checkEntries(terms, decodeEntries("0x308a0019"))
 */
export function checkEntries(
  terms: Pick<Terms, "slotsPerPeriod" | "tickCount" | "lotWh">,
  entries: readonly Entry[],
): void {
  if (entries.length === 0) throw new EmptyStripError();
  let before = -1n;
  for (const [index, entry] of entries.entries()) {
    checkBelow(`entries[${index}].offset`, entry.offset, terms.slotsPerPeriod);
    checkBelow(`entries[${index}].tick`, entry.tick, terms.tickCount);
    if (entry.lots < 1n || entry.lots > MOST_LOTS) {
      throw new OffLotQuantityError(entry.lots * terms.lotWh, terms.lotWh, MOST_LOTS);
    }
    const key = entryKey(entry);
    if (key <= before) throw new NotAscendingError(index);
    before = key;
  }
}

function checkBelow(field: string, value: bigint, end: bigint): void {
  if (value >= end) throw new OutOfRangeError(field, value, 0n, end - 1n);
}
