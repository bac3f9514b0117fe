/**
 * Journals: a member's append-only hash chain of everything that affects its position in a period. It starts at 0 and
 * takes each record, then the reading (not where the period is estimated), then the position as settled.
 * H(a, b, …) = keccak256(abi.encode(a, b, …)) >> 52, so 204 bits.
 */
import { asHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { digitsOf, intDigits, keccakDigits, packWord, uintDigits, unpackWord } from "./internal/words.ts";
import { encodePosition } from "./position.ts";
import type { Position } from "./position.ts";
import { encodeValues } from "./reading.ts";
import type { MeterValue } from "./reading.ts";
import { asAmount, asWh } from "./units.ts";
import type { Amount, SignedAmount, Wh } from "./units.ts";

/** What a module reserved for with one record. */
export interface Head {
  /** Most that the record can sell, Wh, 48 bits. */
  readonly sellWh: Wh;
  /** Most that the record can buy, Wh, 48 bits. */
  readonly buyWh: Wh;
  /** Reserve without fees, base units, 96 bits. */
  readonly reserve: Amount;
  /** Entries, accepted or not, 16 bits. */
  readonly entries: bigint;
  /** Module index, 8 bits. */
  readonly module: bigint;
}

/** One record of a journal (`ISettlement.Record`, with its head unpacked). */
export interface JournalRecord {
  readonly head: Head;
  /** What the member signed; for the order book the strip's digest. */
  readonly digest: Hex;
  /** What the module made of it; for the order book entries, then prefixes. */
  readonly payload: Hex;
}

/** A journal before its first record. */
export const EMPTY_JOURNAL = 0n;

/** Low bit first (`contracts/interfaces/ISettlement.sol`). */
const HEAD_WORD = [
  { name: "sellWh", bits: 48 },
  { name: "buyWh", bits: 48 },
  { name: "reserve", bits: 96 },
  { name: "entries", bits: 16 },
  { name: "module", bits: 8 },
] as const;

/**
 * A record's head as its word.
 * @throws OutOfRangeError naming the field
 */
export function packHead(head: Head): bigint {
  return packWord(HEAD_WORD, { ...head });
}

/**
 * Reads a head, the inverse of `packHead`.
 * @example unpackHead(packHead(record.head)).sellWh // 1_000n
 */
export function unpackHead(word: bigint): Head {
  const { sellWh, buyWh, reserve, entries, module } = unpackWord(HEAD_WORD, word);
  return { sellWh: asWh(sellWh), buyWh: asWh(buyWh), reserve: asAmount(reserve), entries, module };
}

function chain(...words: string[]): bigint {
  return BigInt(keccakDigits(...words)) >> 52n;
}

/**
 * The journal after a record: H(journal, head, digest, keccak256(payload)).
 * @example recordHash(EMPTY_JOURNAL, record) === (await escrow.journal(community, member, yesterday)).hash // true
 */
export function recordHash(journal: bigint, record: JournalRecord): bigint {
  return chain(
    uintDigits("journal", journal, 256),
    uintDigits("head", packHead(record.head), 256),
    digitsOf(asHex(record.digest, "digest", 32)),
    digitsOf(keccakDigits(digitsOf(asHex(record.payload, "payload")))),
  );
}

/** The journal after all records of a period, oldest first. */
export function journalOf(records: readonly JournalRecord[]): bigint {
  return records.reduce<bigint>((journal, record) => recordHash(journal, record), EMPTY_JOURNAL);
}

/**
 * The journal after an accepted reading: H(journal, keccak256(values), gapLeg).
 * @param gapLeg As `Metered` names it.
 */
export function readingHash(journal: bigint, values: readonly MeterValue[], gapLeg: SignedAmount): bigint {
  return chain(
    uintDigits("journal", journal, 256),
    digitsOf(keccakDigits(digitsOf(encodeValues(values)))),
    intDigits(gapLeg),
  );
}

/**
 * The journal after settlement: H(journal, keccak256(position)), see `encodePosition`.
 * @param position One per slot of the period.
 */
export function settledHash(journal: bigint, position: readonly Position[]): bigint {
  return chain(uintDigits("journal", journal, 256), digitsOf(keccakDigits(digitsOf(encodePosition(position)))));
}
