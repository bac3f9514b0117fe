/**
 * Receipts: a relayer's word that its commit of a sealed period holds a strip. They bind once the commit is on chain; a member
 * checks that before the gate and can place its orders itself if there is none.
 */
import { signMessage, verifyMessage } from "./signature.ts";
import type { CompactSignature } from "./signature.ts";
import { asHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { digitsOf, keccakDigits } from "./internal/words.ts";
import type { SignedStrip } from "./packed-strips.ts";
import { stripDigest } from "./strip.ts";
import { digestOf, messageType, typedDataOf } from "./typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "./typed-data.ts";
import type { CommunityIndex, Period } from "./units.ts";

/** A receipt, ready to sign. Make it with `receiptFor`. */
export interface Receipt {
  readonly community: CommunityIndex;
  readonly period: Period;
  /** Name of the strip that the member handed over; see `stripName`. */
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
 * What receipts, challenges and answers call a strip: keccak256 of its digest and of the signature that it came with. A relayer that
 * commits to the strip with another signature does not keep its promise.
 * @param domain Of the order book.
 * @throws OutOfRangeError
 * @throws InvalidHexError
 * @example stripName(marketDomain, { strip, signature }).length // 66
 */
export function stripName(domain: Domain, { strip, signature: { r, vs } }: SignedStrip): Hex {
  const words = [stripDigest(domain, strip), asHex(r, "r", 32), asHex(vs, "vs", 32)];
  return keccakDigits(...words.map(digitsOf));
}

/**
 * The receipt for a strip as it was handed over. Check its signature first (`verifyStrip`): whoever gives a receipt for a strip has to
 * commit to it as it is.
 * @param domain Of the order book.
 * @throws OutOfRangeError
 * @throws InvalidHexError
 * @example receiptFor(marketDomain, { strip, signature }).strip === stripName(marketDomain, { strip, signature }) // true
 */
export function receiptFor(domain: Domain, signed: SignedStrip): Receipt {
  const { community, period } = signed.strip;
  return { community, period, strip: stripName(domain, signed) };
}

/**
 * Typed data for wallets.
 * @param domain Of the commit book.
 * @example receiptTypedData(commitDomain, receiptFor(marketDomain, { strip, signature })).primaryType // "Receipt"
 */
export function receiptTypedData(domain: Domain, receipt: Receipt): TypedData {
  return typedDataOf(domain, RECEIPT_TYPE, messageOf(receipt));
}

/**
 * The digest that the relayer signs.
 * @throws OutOfRangeError
 * @throws InvalidHexError
 * @example receiptDigest(commitDomain, receiptFor(marketDomain, { strip, signature })).length // 66
 */
export function receiptDigest(domain: Domain, receipt: Receipt): Hex {
  return digestOf(domain, RECEIPT_TYPE, messageOf(receipt));
}

/**
 * Signs a receipt with the key of the account that commits, a plain key.
 * @throws BadSignatureError
 * @example
 * const receipt = receiptFor(marketDomain, { strip, signature });
 * verifyReceipt(commitDomain, receipt, await signReceipt(commitDomain, receipt, wallet), wallet.address) // true
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
 * const receipt = receiptFor(marketDomain, { strip, signature });
 * verifyReceipt(commitDomain, receipt, signature, wallet.address) // false: that is the strip's own signature
 */
export function verifyReceipt(
  domain: Domain,
  receipt: Receipt,
  signature: CompactSignature,
  relayer: Address,
): boolean {
  return verifyMessage(domain, RECEIPT_TYPE, messageOf(receipt), signature, relayer);
}
