/** Strips: a member's orders in one period under one signature, verified by `DoubleAuction`. */
import { encodeEntries } from "./entry.ts";
import type { Entry } from "./entry.ts";
import type { Address, Hex } from "./hex.ts";
import { recoverSigner, signMessage, verifyMessage } from "./signature.ts";
import type { CompactSignature } from "./signature.ts";
import { digestOf, messageType, typedDataOf } from "./typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "./typed-data.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, Seconds, SlotOffset } from "./units.ts";

/** Everything of a strip but its orders. */
export interface StripHeader {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  readonly period: Period;
  /** The member's frontier in the period: slots before it are covered by earlier strips; 0 for the first strip. */
  readonly after: SlotOffset;
  /** The account's epoch, 32 bits. Bumping it voids every strip not yet posted. */
  readonly epoch: bigint;
  /** Unix time; not accepted later. */
  readonly deadline: Seconds;
  /** Per accepted entry, to `feeTo` at acceptance; 32 bits. */
  readonly feePerEntry: Amount;
  /** Who gets the fees; zero where there are none. */
  readonly feeTo: Address;
}

/** A strip, ready to sign. Make it with `buildStrip`. */
export interface Strip extends StripHeader {
  /** Most that acceptance may take from the free balance, fees included; 96 bits. See `maxReserveOf`. */
  readonly maxReserve: Amount;
  /** Strictly ascending by slot, side (bids first) and tick. */
  readonly entries: readonly Entry[];
}

/** The signed message: `Strip(uint32 community,uint32 member,uint32 period,uint8 after,…)` (architecture 3.6). */
export const STRIP_TYPE = /* @__PURE__ */ messageType("Strip", [
  { name: "community", type: "uint32" },
  { name: "member", type: "uint32" },
  { name: "period", type: "uint32" },
  { name: "after", type: "uint8" },
  { name: "epoch", type: "uint32" },
  { name: "deadline", type: "uint40" },
  { name: "maxReserve", type: "uint96" },
  { name: "feePerEntry", type: "uint32" },
  { name: "feeTo", type: "address" },
  { name: "entries", type: "bytes" },
]);

function messageOf(strip: Strip): Message {
  const { community, member, period, after, epoch, deadline, maxReserve, feePerEntry, feeTo, entries } = strip;
  const bytes = encodeEntries(entries);
  return { community, member, period, after, epoch, deadline, maxReserve, feePerEntry, feeTo, entries: bytes };
}

/**
 * Typed data for wallets.
 * @param domain Of `DoubleAuction`.
 * @example
 * const { domain, types, value } = stripTypedData(marketDomain, strip);
 * await tradingWallet.signTypedData(domain, types, value);
 */
export function stripTypedData(domain: Domain, strip: Strip): TypedData {
  return typedDataOf(domain, STRIP_TYPE, messageOf(strip));
}

/**
 * The digest that the trading key signs, as `OrderBookLens.stripDigest`; also the record's digest in the journal.
 * @throws OutOfRangeError naming a field that does not fit its width
 */
export function stripDigest(domain: Domain, strip: Strip): Hex {
  return digestOf(domain, STRIP_TYPE, messageOf(strip));
}

/**
 * Signs a strip with the member's trading key, a plain key.
 * @throws BadSignatureError
 * @example
 * const signature = await signStrip(marketDomain, strip, tradingWallet);
 * await market.send.post(community, period, [{ strip, signature }]);
 */
export async function signStrip(domain: Domain, strip: Strip, signer: TypedDataSigner): Promise<CompactSignature> {
  return signMessage(domain, STRIP_TYPE, messageOf(strip), signer);
}

/**
 * The account that signed a strip.
 * @throws BadSignatureError for a malformed signature or a high s
 */
export function recoverStripSigner(domain: Domain, strip: Strip, signature: CompactSignature): Address {
  return recoverSigner(stripDigest(domain, strip), signature);
}

/**
 * Whether the trading key signed a strip, with a low s. False for a malformed signature too.
 * @example
 * const { tradingKey } = await registry.member(community, member, period);
 * verifyStrip(marketDomain, strip, signature, tradingKey) // true
 */
export function verifyStrip(domain: Domain, strip: Strip, signature: CompactSignature, tradingKey: Address): boolean {
  return verifyMessage(domain, STRIP_TYPE, messageOf(strip), signature, tradingKey);
}
