/**
 * Receipts: a relayer's word that its commit of a sealed period holds a strip. They bind once the commit is on chain; a member
 * checks that before the gate and can place its orders itself if there is none.
 */
import type { Address, Hex } from "./hex.ts";
import { signMessage, verifyMessage } from "./signature.ts";
import type { CompactSignature } from "./signature.ts";
import { stripDigest } from "./strip.ts";
import type { Strip } from "./strip.ts";
import { digestOf, messageType, typedDataOf } from "./typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "./typed-data.ts";
import type { CommunityIndex, Period } from "./units.ts";

/** A receipt, ready to sign. Make it with `receiptFor`. */
export interface Receipt {
  readonly community: CommunityIndex;
  readonly period: Period;
  /** Digest of the strip that the member signed. */
  readonly strip: Hex;
}

/** The signed message: `Receipt(uint32 community,uint32 period,bytes32 strip)`. */
export const RECEIPT_TYPE = /* @__PURE__ */ messageType("Receipt", [
  { name: "community", type: "uint32" },
  { name: "period", type: "uint32" },
  { name: "strip", type: "bytes32" },
]);

function messageOf({ community, period, strip }: Receipt): Message {
  return { community, period, strip };
}

/**
 * The receipt for a strip.
 * @param domain Of the order book.
 * @throws OutOfRangeError
 * @example receiptFor(marketDomain, strip).strip === stripDigest(marketDomain, strip) // true
 */
export function receiptFor(domain: Domain, strip: Strip): Receipt {
  return { community: strip.community, period: strip.period, strip: stripDigest(domain, strip) };
}

/**
 * Typed data for wallets.
 * @param domain Of the order book.
 * @example receiptTypedData(marketDomain, receiptFor(marketDomain, strip)).primaryType // "Receipt"
 */
export function receiptTypedData(domain: Domain, receipt: Receipt): TypedData {
  return typedDataOf(domain, RECEIPT_TYPE, messageOf(receipt));
}

/**
 * The digest that the relayer signs.
 * @throws OutOfRangeError
 * @throws InvalidHexError
 * @example receiptDigest(marketDomain, receiptFor(marketDomain, strip)).length // 66
 */
export function receiptDigest(domain: Domain, receipt: Receipt): Hex {
  return digestOf(domain, RECEIPT_TYPE, messageOf(receipt));
}

/**
 * Signs a receipt with the key of the account that commits, a plain key.
 * @throws BadSignatureError
 * @example
 * const receipt = receiptFor(marketDomain, strip);
 * verifyReceipt(marketDomain, receipt, await signReceipt(marketDomain, receipt, wallet), wallet.address) // true
 */
export async function signReceipt(
  domain: Domain,
  receipt: Receipt,
  signer: TypedDataSigner,
): Promise<CompactSignature> {
  return signMessage(domain, RECEIPT_TYPE, messageOf(receipt), signer);
}

/**
 * Whether a relayer signed a receipt. False for a malformed signature too.
 * @param relayer The account that commits.
 * @example
 * const receipt = receiptFor(marketDomain, strip);
 * verifyReceipt(marketDomain, receipt, signature, wallet.address) // false: that is the strip's own signature
 */
export function verifyReceipt(
  domain: Domain,
  receipt: Receipt,
  signature: CompactSignature,
  relayer: Address,
): boolean {
  return verifyMessage(domain, RECEIPT_TYPE, messageOf(receipt), signature, relayer);
}
