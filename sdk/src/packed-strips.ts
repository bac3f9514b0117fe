/**
 * Packed strips: how signed strips of one period are posted, one behind the other, big-endian: member 4, after 1,
 * epoch 4, deadline 5, maxReserve 12, feePerEntry 4, r 32, vs 32, count 2, entries 4 each
 * (`contracts/libraries/PackedStrips.sol`). Community, period and fee recipient stand once, beside them.
 */
import { decodeEntries, encodeEntries } from "./entry.ts";
import { BadLengthError, EmptyBatchError, MixedBatchError } from "./errors.ts";
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

/** Where the fields of a strip stand, bytes from its start. */
const AT = { after: 4, epoch: 5, deadline: 9, maxReserve: 14, feePerEntry: 26, r: 30, vs: 62, count: 94 } as const;
const HEADER_BYTES = 96;
const ENTRY_BYTES = 4;

/**
 * What strips that are posted together share.
 * @throws EmptyBatchError
 * @throws MixedBatchError where one was signed for another community, period or `feeTo`
 * @example batchOf([{ strip, signature }]).period === strip.period // true
 */
export function batchOf(strips: readonly SignedStrip[]): StripBatch {
  const [first] = strips;
  if (first === undefined) throw new EmptyBatchError("strip");
  const { community, period, feeTo } = first.strip;
  const batch = { community, period, feeTo: asAddress(feeTo, "feeTo") };
  for (const [index, { strip }] of strips.entries()) {
    if (strip.community !== community) throw new MixedBatchError("strip", index, "community");
    if (strip.period !== period) throw new MixedBatchError("strip", index, "period");
    if (asAddress(strip.feeTo, "feeTo") !== batch.feeTo) throw new MixedBatchError("strip", index, "feeTo");
  }
  return batch;
}

/**
 * Strips one behind the other, in the order given. The chain takes any order; ascending members cost least.
 * @throws EmptyBatchError
 * @throws MixedBatchError
 * @throws OutOfRangeError naming a field that does not fit its width
 * @throws InvalidHexError for a signature that is not twice 32 bytes
 * @example packStrips([{ strip, signature }]).length // 2 + 2 * (96 + 4 * strip.entries.length) digits
 */
export function packStrips(strips: readonly SignedStrip[]): Hex {
  batchOf(strips);
  return `0x${strips.map(stripDigits).join("")}`;
}

function stripDigits({ strip, signature: { r, vs } }: SignedStrip): string {
  return [
    uintDigits("member", strip.member, 32),
    uintDigits("after", strip.after, 8),
    uintDigits("epoch", strip.epoch, 32),
    uintDigits("deadline", strip.deadline, 40),
    uintDigits("maxReserve", strip.maxReserve, 96),
    uintDigits("feePerEntry", strip.feePerEntry, 32),
    digitsOf(asHex(r, "r", 32)),
    digitsOf(asHex(vs, "vs", 32)),
    uintDigits("entries", BigInt(strip.entries.length), 16),
    digitsOf(encodeEntries(strip.entries)),
  ].join("");
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
    const count = at + HEADER_BYTES > length ? 0 : Number(uintAt(digits, at + AT.count, 2));
    const end = at + HEADER_BYTES + ENTRY_BYTES * count;
    if (end > length) throw new BadLengthError("strips", length, `${end} bytes, for the strip at byte ${at}`);
    found.push(stripAt(batch, digits.slice(2 * at, 2 * end), count));
    at = end;
  }
  return found;
}

function stripAt({ community, period, feeTo }: StripBatch, digits: string, count: number): SignedStrip {
  const strip: Strip = {
    ...{ community, period, feeTo },
    member: asMember(uintAt(digits, 0, 4)),
    after: asSlotOffset(uintAt(digits, AT.after, 1)),
    epoch: uintAt(digits, AT.epoch, 4),
    deadline: asSeconds(uintAt(digits, AT.deadline, 5)),
    maxReserve: asAmount(uintAt(digits, AT.maxReserve, 12)),
    feePerEntry: asAmount(uintAt(digits, AT.feePerEntry, 4)),
    entries: count === 0 ? [] : decodeEntries(`0x${digits.slice(2 * HEADER_BYTES)}`),
  };
  return { strip, signature: { r: wordAt(digits, AT.r), vs: wordAt(digits, AT.vs) } };
}

function wordAt(digits: string, at: number): Hex {
  return `0x${digits.slice(2 * at, 2 * (at + 32))}`;
}
