/**
 * What gateways and relayers say to each other over HTTP, JSON both ways. Integers are decimal texts, bytes hexadecimal.
 *
 * `POST /v1/communities/{community}/readings` with a `ReadingBody`, `POST /v1/communities/{community}/strips` with a
 * `StripBody`; header `Idempotency-Key` is the message's EIP-712 digest. Answers:
 *
 * | status | body | meaning |
 * | --- | --- | --- |
 * | 202 | `Accepted` | kept, and will be brought on chain |
 * | 200 | `Accepted` | was kept before: the same receipt again |
 * | 400, 404, 413 | `Failure` | the request is malformed, of no such community, too large: final |
 * | 409 | `Failure` | another message holds its place, or its key: final |
 * | 422 | `Failure` | the contract would skip it: final |
 * | 425, 429, 5xx | `Failure` or nothing | not at the moment: the same bytes again, after `Retry-After` seconds if given |
 *
 * 401 and 403 mean that the gateway has to be let in first; it tries again too.
 */
import {
  asAddress,
  asAmount,
  asCommunity,
  asHex,
  asMember,
  asPeriod,
  asSeconds,
  asSlotOffset,
  asWh,
  compactSignature,
  decodeEntries,
  decodeValues,
  encodeEntries,
  encodeValues,
  signatureBytes,
} from "@wattbook/sdk/pure";
import type { CommunityIndex, CompactSignature, Hex, Reading, Strip, Terms } from "@wattbook/sdk/pure";
import { z } from "zod";

/** Digits of 128 bits. */
const integer = z.string().regex(/^(?:0|[1-9]\d{0,38})$/, "write an integer in decimal digits");
const bytes = (length?: number) => {
  const digits = length === undefined ? "(?:[0-9a-fA-F]{2})*" : `[0-9a-fA-F]{${2 * length}}`;
  const size = length === undefined ? "" : ` of ${length} bytes`;
  return z.string().regex(new RegExp(`^0x${digits}$`), `write hexadecimal bytes${size} with 0x`);
};

/** Path of each kind of message below the relayer's address. */
export const PATHS = { reading: "readings", strip: "strips" } as const;
export type MessageKind = keyof typeof PATHS;

/** Path to post a message to. */
export function pathOf(kind: MessageKind, community: CommunityIndex): string {
  return `/v1/communities/${community}/${PATHS[kind]}`;
}

/** Path to ask what a relayer wants of a community's strips. */
export function pathOfTerms(community: CommunityIndex): string {
  return `/v1/communities/${community}`;
}

/** A path of a relayer, which may itself be below a path of its address. */
export function addressOf(relayer: string, path: string): URL {
  return new URL(`.${path}`, relayer.endsWith("/") ? relayer : `${relayer}/`);
}

/** What of its answer a strip has to say. */
export const RelayerTerms = z.object({ feeTo: bytes(20), leastFeePerEntry: integer });

/** A reading, all but its community, which stands in the path, and its signature. */
export const UnsignedReadingBody = z.strictObject({
  member: integer,
  period: integer,
  closesGap: z.boolean(),
  startImport: integer,
  startExport: integer,
  values: bytes().describe("Per slot import and export, three bytes each, big-endian"),
});

export const ReadingBody = UnsignedReadingBody.extend({
  signature: bytes(64).describe("EIP-2098 signature of the meter key"),
});

/** A strip, all but its community and its signature. */
export const UnsignedStripBody = z.strictObject({
  member: integer,
  period: integer,
  after: integer,
  epoch: integer,
  deadline: integer,
  maxReserve: integer,
  feePerEntry: integer,
  feeTo: bytes(20),
  entries: bytes().describe("Four bytes per entry, strictly ascending"),
});

export const StripBody = UnsignedStripBody.extend({
  signature: bytes(64).describe("EIP-2098 signature of the trading key"),
});

/** A relayer's word that it has a message. */
export const Receipt = z.object({
  digest: bytes(32).describe("EIP-712 digest of the message"),
  acceptedAt: integer.describe("Unix seconds"),
  relayer: bytes(20),
  signature: bytes(64).optional().describe("For strips: of the receipt that CommitBook verifies"),
});

export const Accepted = z.object({ receipt: Receipt });

export const Failure = z.object({
  code: z.string().describe("Stable, upper case: what programs test"),
  message: z.string().describe("Names field and value, and says what to do"),
});

export type UnsignedReadingBody = z.infer<typeof UnsignedReadingBody>;
export type ReadingBody = z.infer<typeof ReadingBody>;
export type UnsignedStripBody = z.infer<typeof UnsignedStripBody>;
export type StripBody = z.infer<typeof StripBody>;
export type Receipt = z.infer<typeof Receipt>;
export type Failure = z.infer<typeof Failure>;

/** Bytes of a signature, as bodies hold them. */
export function signatureOf(body: { readonly signature: string }): CompactSignature {
  return compactSignature(body.signature);
}

/** A signature as bodies hold it. */
export function signatureText(signature: CompactSignature): Hex {
  return signatureBytes(signature);
}

export function unsignedReadingBody(reading: Reading): UnsignedReadingBody {
  return {
    member: String(reading.member),
    period: String(reading.period),
    closesGap: reading.closesGap,
    startImport: String(reading.startImport),
    startExport: String(reading.startExport),
    values: encodeValues(reading.values),
  };
}

/**
 * The reading that a body describes.
 * @throws OutOfRangeError, BadLengthError naming the field
 */
export function readingOf(
  terms: Pick<Terms, "slotsPerPeriod">,
  community: CommunityIndex,
  body: UnsignedReadingBody,
): Reading {
  return {
    community: asCommunity(community, "community"),
    member: asMember(BigInt(body.member), "member"),
    period: asPeriod(BigInt(body.period), "period"),
    closesGap: body.closesGap,
    startImport: asWh(BigInt(body.startImport), "startImport"),
    startExport: asWh(BigInt(body.startExport), "startExport"),
    values: decodeValues(terms, body.values),
  };
}

export function unsignedStripBody(strip: Strip): UnsignedStripBody {
  return {
    member: String(strip.member),
    period: String(strip.period),
    after: String(strip.after),
    epoch: String(strip.epoch),
    deadline: String(strip.deadline),
    maxReserve: String(strip.maxReserve),
    feePerEntry: String(strip.feePerEntry),
    feeTo: asHex(strip.feeTo, "feeTo", 20),
    entries: encodeEntries(strip.entries),
  };
}

/**
 * The strip that a body describes.
 * @throws OutOfRangeError, BadLengthError naming the field
 */
export function stripOf(community: CommunityIndex, body: UnsignedStripBody): Strip {
  return {
    community: asCommunity(community, "community"),
    member: asMember(BigInt(body.member), "member"),
    period: asPeriod(BigInt(body.period), "period"),
    after: asSlotOffset(BigInt(body.after), "after"),
    epoch: BigInt(body.epoch),
    deadline: asSeconds(BigInt(body.deadline), "deadline"),
    maxReserve: asAmount(BigInt(body.maxReserve), "maxReserve"),
    feePerEntry: asAmount(BigInt(body.feePerEntry), "feePerEntry"),
    feeTo: asAddress(body.feeTo, "feeTo"),
    entries: decodeEntries(body.entries),
  };
}
