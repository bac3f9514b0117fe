/** The order book's records: a strip's entries, then a prefix for each, the lots at its tick before it. */
import { decodeEntries, encodeEntries } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { BadLengthError } from "./errors.ts";
import { asHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import type { Head, JournalRecord } from "./journal.ts";
import { reserveOf } from "./reserve.ts";
import type { ReserveContext } from "./reserve.ts";
import type { Terms } from "./terms.ts";
import { asLots, sumWh, whOf } from "./units.ts";
import type { Lots, Wh } from "./units.ts";

/** An entry with its place in the queue of its tick. */
export interface BookEntry extends Entry {
  /** Volume of the tick before this entry; null where the entry was not accepted. */
  readonly prefix: Lots | null;
}

/** An entry that was accepted. */
export type AcceptedEntry = BookEntry & { readonly prefix: Lots };

const ENTRY_BYTES = 4;

function prefixBytes(terms: Pick<Terms, "wideTicks">): number {
  return terms.wideTicks ? 4 : 2;
}

/** Whether an entry was accepted: it has a prefix, reserves money and may fill. */
export function isAccepted(entry: BookEntry): entry is AcceptedEntry {
  return entry.prefix !== null;
}

/**
 * The payload of the order book's record: all entries, then all prefixes, 2 bytes each (4 with wide ticks),
 * big-endian, all ones for an entry that was not accepted.
 * @throws OutOfRangeError for a prefix that does not fit
 * @example encodePayload(terms, decodePayload(terms, record.payload)) === record.payload // true
 */
export function encodePayload(terms: Pick<Terms, "wideTicks">, entries: readonly BookEntry[]): Hex {
  const bits = 8 * prefixBytes(terms);
  const refused = (1n << BigInt(bits)) - 1n;
  const prefixes = entries.map(({ prefix }) => uintDigits("prefix", prefix ?? refused, bits));
  return `${encodeEntries(entries)}${prefixes.join("")}`;
}

/**
 * Reads the payload of a record of the order book, the inverse of `encodePayload`.
 * @throws BadLengthError
 * @example decodePayload(terms, record.payload).filter(isAccepted).length // 1
 */
export function decodePayload(terms: Pick<Terms, "wideTicks">, payload: Hex): BookEntry[] {
  const digits = digitsOf(asHex(payload, "payload"));
  const size = prefixBytes(terms);
  const length = digits.length / 2;
  if (length === 0 || length % (ENTRY_BYTES + size) !== 0) {
    throw new BadLengthError("payload", length, `a positive multiple of ${ENTRY_BYTES + size} bytes`);
  }
  const count = length / (ENTRY_BYTES + size);
  const refused = (1n << BigInt(8 * size)) - 1n;
  return decodeEntries(`0x${digits.slice(0, 2 * ENTRY_BYTES * count)}`).map((entry, index) => {
    const prefix = uintAt(digits, ENTRY_BYTES * count + size * index, size);
    return { ...entry, prefix: prefix === refused ? null : asLots(prefix) };
  });
}

/**
 * The head of the record that accepting a strip appends: it sums the accepted entries alone.
 * @param module Index of the order book, 0 in every community.
 * @example bookHead(terms, 0n, decodePayload(terms, record.payload), { tariff, tariffClass: 0n }).reserve // 200_000n
 */
export function bookHead(terms: Terms, module: bigint, entries: readonly BookEntry[], context: ReserveContext): Head {
  const accepted = entries.filter(isAccepted);
  const energyOf = (side: Entry["side"]): Wh =>
    sumWh(accepted.filter((entry) => entry.side === side).map((entry) => whOf(entry.lots, terms.lotWh)));
  return {
    sellWh: energyOf("sell"),
    buyWh: energyOf("buy"),
    reserve: reserveOf(terms, { entries: accepted }, context),
    entries: BigInt(entries.length),
    module,
  };
}

/**
 * The record that accepting a strip appends.
 * @param module Index of the order book, 0 in every community.
 * @param digest `stripDigest`.
 * @example
 * const accepted = decodePayload(terms, record.payload);
 * bookRecord(terms, 0n, record.digest, accepted, { tariff, tariffClass: 0n }).head.sellWh // 1_000n
 */
export function bookRecord(
  terms: Terms,
  module: bigint,
  digest: Hex,
  entries: readonly BookEntry[],
  context: ReserveContext,
): JournalRecord {
  return { head: bookHead(terms, module, entries, context), digest, payload: encodePayload(terms, entries) };
}
