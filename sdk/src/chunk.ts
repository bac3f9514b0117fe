/**
 * Chunks: the strips that a relayer of a sealed community reveals in one call, as bytes. First who gets their fees, 20
 * bytes, then the strips packed as they are posted (`packStrip`).
 */
import { BadLengthError, MixedStripsError } from "./errors.ts";
import { asAddress, asHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { digitsOf } from "./internal/words.ts";
import { packStrip, unpackStrips } from "./packed-strips.ts";
import type { SignedStrip } from "./packed-strips.ts";
import type { CommunityIndex, Period } from "./units.ts";

/** What the strips of a chunk share and its bytes do not say. */
export interface ChunkContext {
  readonly community: CommunityIndex;
  readonly period: Period;
}

/** Bytes before the first strip. */
export const CHUNK_HEAD_BYTES = 20;

/**
 * The bytes of a chunk.
 * @param feeTo What all the strips signed.
 * @throws MixedStripsError for a strip that signed another `feeTo`
 * @throws OutOfRangeError
 * @throws InvalidAddressError
 * @throws InvalidHexError
 * @example encodeChunk(strip.feeTo, [{ strip, signature }]).length // 242, "0x" and two digits for each of 120 bytes
 */
export function encodeChunk(feeTo: Address, strips: readonly SignedStrip[]): Hex {
  const head = asAddress(feeTo, "feeTo");
  const packed = strips.map((signed, index) => {
    const own = asAddress(signed.strip.feeTo, `strips[${index}].feeTo`);
    if (own !== head) throw new MixedStripsError(index, "feeTo", own, head);
    return digitsOf(packStrip(signed));
  });
  return `0x${digitsOf(head).toLowerCase()}${packed.join("")}`;
}

/**
 * Reads a chunk, the inverse of `encodeChunk`. Takes strips that the chain refuses too.
 * @throws BadLengthError for a chunk that ends within its head or within a strip
 * @example decodeChunk(encodeChunk(strip.feeTo, [{ strip, signature }]), { community, period })[0]?.strip.member === strip.member // true
 */
export function decodeChunk(chunk: Hex, { community, period }: ChunkContext): SignedStrip[] {
  const digits = digitsOf(asHex(chunk, "chunk"));
  const length = digits.length / 2;
  if (length < CHUNK_HEAD_BYTES) throw new BadLengthError("chunk", length, `${CHUNK_HEAD_BYTES} bytes or more`);
  const feeTo = asAddress(`0x${digits.slice(0, 2 * CHUNK_HEAD_BYTES)}`, "feeTo");
  return unpackStrips({ community, period, feeTo }, `0x${digits.slice(2 * CHUNK_HEAD_BYTES)}`);
}
