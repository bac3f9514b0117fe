/**
 * Packed records: how a market module hands records to the escrow, and how they stand in `Recorded`, one behind the
 * other, big-endian: member 4, frontier 1, fee 6, entries 2, reserve 12, buyWh 6, sellWh 6, size 2, digest 32, payload
 * (`contracts/libraries/PackedRecords.sol`). The module stands once, beside them.
 */
import { BadLengthError, OutOfRangeError } from "./errors.ts";
import { asHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import { packHead, unpackHead } from "./journal.ts";
import type { JournalRecord } from "./journal.ts";
import { asAmount, asMember, asSlotOffset } from "./units.ts";
import type { Amount, MemberIndex, SlotOffset } from "./units.ts";

/** A record as its module appended it: whose it is, and what it cost besides its reserve. */
export interface AppendedRecord extends JournalRecord {
  readonly member: MemberIndex;
  /** One past the last slot that the member's strips cover; counts for the order book alone. */
  readonly frontier: SlotOffset;
  /** Paid to the batch's `feeTo`, base units, 48 bits. */
  readonly fee: Amount;
}

/** Where the fields of a record stand, bytes from its start. */
const AT = { frontier: 4, fee: 5, head: 11, size: 37, digest: 39 } as const;
const HEAD_BYTES = 26;
const HEADER_BYTES = 71;
/** A head without its module, which is its highest byte. */
const MODULE_SHIFT = 208n;

/**
 * Records of one module, one behind the other.
 * @throws OutOfRangeError naming a field that does not fit its width, or a head that names another module
 * @example
 * const appended = { ...record, member, frontier: asSlotOffset(50n), fee: asAmount(0n) };
 * unpackRecords(0n, packRecords(0n, [appended])).length // 1
 */
export function packRecords(module: bigint, records: readonly AppendedRecord[]): Hex {
  for (const [index, { head }] of records.entries()) {
    if (head.module === module) continue;
    throw new OutOfRangeError(`records[${index}].head.module`, head.module, module, module);
  }
  return `0x${records.map(recordDigits).join("")}`;
}

function recordDigits({ member, frontier, fee, head, digest, payload }: AppendedRecord): string {
  const bytes = digitsOf(asHex(payload, "payload"));
  return [
    uintDigits("member", member, 32),
    uintDigits("frontier", frontier, 8),
    uintDigits("fee", fee, 48),
    uintDigits("head", BigInt.asUintN(Number(MODULE_SHIFT), packHead(head)), 8 * HEAD_BYTES),
    uintDigits("payload", BigInt(bytes.length / 2), 16),
    digitsOf(asHex(digest, "digest", 32)),
    bytes,
  ].join("");
}

/**
 * Reads packed records, the inverse of `packRecords`.
 * @param module Whose they are, as the event beside them says.
 * @throws BadLengthError where the last record is cut off
 * @example unpackRecords(0n, "0x").length // 0
 */
export function unpackRecords(module: bigint, records: Hex): AppendedRecord[] {
  const digits = digitsOf(asHex(records, "records"));
  const length = digits.length / 2;
  const found: AppendedRecord[] = [];
  for (let at = 0; at < length;) {
    const size = at + HEADER_BYTES > length ? 0 : Number(uintAt(digits, at + AT.size, 2));
    const end = at + HEADER_BYTES + size;
    if (end > length) throw new BadLengthError("records", length, `${end} bytes, for the record at byte ${at}`);
    found.push(recordAt(module, digits.slice(2 * at, 2 * end)));
    at = end;
  }
  return found;
}

function recordAt(module: bigint, digits: string): AppendedRecord {
  return {
    member: asMember(uintAt(digits, 0, 4)),
    frontier: asSlotOffset(uintAt(digits, AT.frontier, 1)),
    fee: asAmount(uintAt(digits, AT.fee, 6)),
    head: unpackHead(uintAt(digits, AT.head, HEAD_BYTES) | (module << MODULE_SHIFT)),
    digest: `0x${digits.slice(2 * AT.digest, 2 * HEADER_BYTES)}`,
    payload: `0x${digits.slice(2 * HEADER_BYTES)}`,
  };
}
