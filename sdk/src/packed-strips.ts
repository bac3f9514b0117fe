/**
 * Packed strips: how signed strips of one period are posted, one behind the other, big-endian: member 4, after 1,
 * epoch 4, deadline 5, maxReserve 12, feePerEntry 4, r 32, vs 32, count 2, entries 4 each
 * (`contracts/libraries/PackedStrips.sol`). Community, period and fee recipient stand once, beside them.
 */
import { decodeEntries, encodeEntries } from "./entry.ts";
import { BadLengthError, EmptyBatchError, MixedStripsError } from "./errors.ts";
import { asAddress, asHex } from "./hex.ts";
import type { Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import type { CompactSignature } from "./signature.ts";
import type { Strip, StripHeader } from "./strip.ts";
import { asAmount, asMember, asSeconds, asSlotOffset } from "./units.ts";

/** A strip and the trading key's signature. */
export interface SignedStrip {
  readonly strip: Strip;
  readonly signature: CompactSignature;
}

/** What all strips of a batch have in common. */
export type StripBatch = Pick<StripHeader, "community" | "period" | "feeTo">;

/** Fields before the signature, bytes each. */
const FIELDS = [
  ["member", 4],
  ["after", 1],
  ["epoch", 4],
  ["deadline", 5],
  ["maxReserve", 12],
  ["feePerEntry", 4],
] as const;
const R_AT = 30;
const VS_AT = 62;
const COUNT_AT = 94;
const HEADER_BYTES = 96;
const ENTRY_BYTES = 4;

/**
 * Bytes that a strip takes when it is posted.
 * @example packedLength(strip) // 100 with one entry
 */
export function packedLength(strip: Pick<Strip, "entries">): number {
  return HEADER_BYTES + ENTRY_BYTES * strip.entries.length;
}

/**
 * What strips that are posted together share.
 * @throws EmptyBatchError
 * @throws MixedStripsError where one was signed for another community, period or `feeTo`
 * @example batchOf([{ strip, signature }]).period === strip.period // true
 */
export function batchOf(strips: readonly SignedStrip[]): StripBatch {
  const [first] = strips.map(sharedBy);
  if (first === undefined) throw new EmptyBatchError();
  for (const [index, other] of strips.map(sharedBy).entries()) {
    for (const field of ["community", "period", "feeTo"] as const) {
      if (other[field] !== first[field]) throw new MixedStripsError(index, field, other[field], first[field]);
    }
  }
  return first;
}

function sharedBy({ strip: { community, period, feeTo } }: SignedStrip): StripBatch {
  return { community, period, feeTo: asAddress(feeTo, "feeTo") };
}

/**
 * Strips one behind the other, in the order given. The chain takes any order; ascending members cost least.
 * @throws EmptyBatchError
 * @throws MixedStripsError
 * @throws OutOfRangeError naming a field that does not fit its width
 * @throws InvalidHexError for a signature that is not twice 32 bytes
 * @example packStrips([{ strip, signature }]) === packStrip({ strip, signature }) // true
 */
export function packStrips(strips: readonly SignedStrip[]): Hex {
  batchOf(strips);
  return `0x${strips.map((signed) => digitsOf(packStrip(signed))).join("")}`;
}

/**
 * One strip as it is posted. Its community, period and `feeTo` are said beside it.
 * @throws OutOfRangeError naming a field that does not fit its width
 * @throws InvalidHexError for a signature that is not twice 32 bytes
 * @example packStrip({ strip, signature }).length // 202, "0x" and two digits for each of 100 bytes
 */
export function packStrip({ strip, signature }: SignedStrip): Hex {
  const fields = FIELDS.map(([field, bytes]) => uintDigits(field, strip[field], 8 * bytes));
  const words = [signature.r, signature.vs].map((word) => digitsOf(asHex(word, "signature", 32)));
  const count = uintDigits("entries.length", BigInt(strip.entries.length), 16);
  return `0x${[...fields, ...words, count, digitsOf(encodeEntries(strip.entries))].join("")}`;
}

/**
 * Reads packed strips, the inverse of `packStrips`: whoever holds the calldata of a post knows what was in it.
 * @param batch What they share.
 * @throws BadLengthError where the last strip is cut off
 * @example unpackStrips(batchOf([{ strip, signature }]), packStrips([{ strip, signature }])).length // 1
 */
export function unpackStrips(batch: StripBatch, strips: Hex): SignedStrip[] {
  const digits = digitsOf(asHex(strips, "strips"));
  const length = digits.length / 2;
  const found: SignedStrip[] = [];
  for (let at = 0; at < length;) {
    const count = at + HEADER_BYTES > length ? 0 : Number(uintAt(digits, at + COUNT_AT, 2));
    const end = at + HEADER_BYTES + ENTRY_BYTES * count;
    if (end > length) throw new BadLengthError("strips", length, `${end} bytes, for the strip at byte ${at}`);
    found.push(stripAt(batch, digits.slice(2 * at, 2 * end), count));
    at = end;
  }
  return found;
}

function stripAt(batch: StripBatch, digits: string, count: number): SignedStrip {
  let at = 0;
  const read = FIELDS.map(([field, bytes]) => [field, uintAt(digits, (at += bytes) - bytes, bytes)] as const);
  const fields = Object.fromEntries(read) as Record<(typeof FIELDS)[number][0], bigint>;
  const strip: Strip = {
    ...batch,
    member: asMember(fields.member),
    after: asSlotOffset(fields.after),
    epoch: fields.epoch,
    deadline: asSeconds(fields.deadline),
    maxReserve: asAmount(fields.maxReserve),
    feePerEntry: asAmount(fields.feePerEntry),
    entries: count === 0 ? [] : decodeEntries(`0x${digits.slice(2 * HEADER_BYTES)}`),
  };
  return { strip, signature: { r: wordAt(digits, R_AT), vs: wordAt(digits, VS_AT) } };
}

function wordAt(digits: string, at: number): Hex {
  return `0x${digits.slice(2 * at, 2 * (at + 32))}`;
}
