/**
 * Chunks: the strips that a relayer of a sealed community reveals in one call, as bytes. First who gets their fees, then
 * strip by strip, big-endian: member 4, after 1, epoch 4, deadline 5, maxReserve 12, feePerEntry 4, r 32, vs 32, number of
 * entries 2, entries.
 */
import { decodeEntries, encodeEntries } from "./entry.ts";
import { BadLengthError, MixedStripsError } from "./errors.ts";
import { asAddress, asHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { digitsOf, uintAt, uintDigits } from "./internal/words.ts";
import type { CompactSignature } from "./signature.ts";
import type { Strip } from "./strip.ts";
import { asAmount, asMember, asSeconds, asSlotOffset } from "./units.ts";
import type { CommunityIndex, Period } from "./units.ts";

/** A strip and its signature, on their way into a chunk. */
export interface SealedStrip {
  readonly strip: Strip;
  readonly signature: CompactSignature;
}

/** What the strips of a chunk share and its bytes do not say. */
export interface ChunkContext {
  readonly community: CommunityIndex;
  readonly period: Period;
}

/** Fields before r, bytes each. */
const FIELDS = [
  ["member", 4],
  ["after", 1],
  ["epoch", 4],
  ["deadline", 5],
  ["maxReserve", 12],
  ["feePerEntry", 4],
] as const;
const ENTRY_BYTES = 4;
/** Bytes before the first strip. */
export const CHUNK_HEAD_BYTES = 20;
/** Bytes of a strip before its entries. */
const STRIP_HEAD_BYTES = 96;

/**
 * Bytes that a strip takes in a chunk.
 * @example packedLength(strip) // 100 with one entry
 */
export function packedLength(strip: Pick<Strip, "entries">): number {
  return STRIP_HEAD_BYTES + ENTRY_BYTES * strip.entries.length;
}

/**
 * A strip as it stands in a chunk. Its community, period and `feeTo` are said elsewhere.
 * @throws OutOfRangeError naming a field that does not fit its width
 * @throws InvalidHexError for a malformed signature
 * @example packStrip({ strip, signature }).length // 202, "0x" and two digits for each of 100 bytes
 */
export function packStrip({ strip, signature }: SealedStrip): Hex {
  const fields = FIELDS.map(([field, bytes]) => uintDigits(field, strip[field], 8 * bytes));
  const words = [signature.r, signature.vs].map((word) => digitsOf(asHex(word, "signature", 32)));
  const count = uintDigits("entries.length", BigInt(strip.entries.length), 16);
  return `0x${[...fields, ...words, count, digitsOf(encodeEntries(strip.entries))].join("")}`;
}

/**
 * The bytes of a chunk.
 * @param feeTo What all the strips signed.
 * @throws MixedStripsError for a strip that signed another `feeTo`
 * @throws OutOfRangeError
 * @throws InvalidAddressError
 * @throws InvalidHexError
 * @example encodeChunk(strip.feeTo, [{ strip, signature }]).length // 242, "0x" and two digits for each of 120 bytes
 */
export function encodeChunk(feeTo: Address, strips: readonly SealedStrip[]): Hex {
  const head = asAddress(feeTo, "feeTo");
  const packed = strips.map((sealed, index) => {
    const own = asAddress(sealed.strip.feeTo, `strips[${index}].feeTo`);
    if (own !== head) throw new MixedStripsError(index, "feeTo", own, head);
    return digitsOf(packStrip(sealed));
  });
  return `0x${digitsOf(head).toLowerCase()}${packed.join("")}`;
}

/**
 * Reads a chunk, the inverse of `encodeChunk`. Takes strips that the chain refuses too.
 * @throws BadLengthError for a chunk that ends within its head or within a strip
 * @example decodeChunk(encodeChunk(strip.feeTo, [{ strip, signature }]), { community, period })[0]?.strip.member === strip.member // true
 */
export function decodeChunk(chunk: Hex, { community, period }: ChunkContext): SealedStrip[] {
  const digits = digitsOf(asHex(chunk, "chunk"));
  const length = digits.length / 2;
  const broken = () => new BadLengthError("chunk", length, "20 bytes and whole strips of 96 bytes and 4 per entry");
  if (length < CHUNK_HEAD_BYTES) throw broken();
  const feeTo = asAddress(`0x${digits.slice(0, 2 * CHUNK_HEAD_BYTES)}`, "feeTo");
  const strips: SealedStrip[] = [];
  let at = CHUNK_HEAD_BYTES;
  while (at < length) {
    const entriesAt = at + STRIP_HEAD_BYTES;
    if (entriesAt > length) throw broken();
    const end = entriesAt + ENTRY_BYTES * Number(uintAt(digits, entriesAt - 2, 2));
    if (end > length) throw broken();
    strips.push(unpackStrip(digits.slice(2 * at, 2 * end), { community, period, feeTo }));
    at = end;
  }
  return strips;
}

function unpackStrip(digits: string, shared: Pick<Strip, "community" | "period" | "feeTo">): SealedStrip {
  let at = 0;
  const next = (bytes: number) => {
    at += bytes;
    return uintAt(digits, at - bytes, bytes);
  };
  const [member, after, epoch, deadline, maxReserve, feePerEntry] = FIELDS.map(([, bytes]) => next(bytes)) as Six;
  const [r = "", vs = ""] = [at, at + 32].map((from) => `0x${digits.slice(2 * from, 2 * from + 64)}`);
  const entries = digits.slice(2 * STRIP_HEAD_BYTES);
  const strip: Strip = {
    ...shared,
    member: asMember(member),
    after: asSlotOffset(after),
    epoch,
    deadline: asSeconds(deadline),
    maxReserve: asAmount(maxReserve),
    feePerEntry: asAmount(feePerEntry),
    entries: entries === "" ? [] : decodeEntries(`0x${entries}`),
  };
  return { strip, signature: { r, vs } };
}

type Six = [bigint, bigint, bigint, bigint, bigint, bigint];
