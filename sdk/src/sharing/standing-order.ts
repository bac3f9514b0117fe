/** Standing orders of the metered auction: price limits that a member signs once for a run of periods; its meter says the quantities. */
import type { Address, Hex } from "../hex.ts";
import { recoverSigner, signMessage, verifyMessage } from "../signature.ts";
import type { CompactSignature } from "../signature.ts";
import { digestOf, messageType, typedDataOf } from "../typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "../typed-data.ts";
import type { Amount, CommunityIndex, MemberIndex, Period, Tick } from "../units.ts";

/** A standing order, ready to sign. */
export interface StandingOrder {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  /** Base units per period, 48 bits; 0 is enough to sell at the export price or above. */
  readonly budget: Amount;
  /** Highest tick at which it buys; null where it does not. */
  readonly buyTick: Tick | null;
  /** Lowest tick at which it sells; null where it does not. */
  readonly sellTick: Tick | null;
  readonly firstPeriod: Period;
  readonly lastPeriod: Period;
  /** The account's epoch, 32 bits. Bumping it voids the order. */
  readonly epoch: bigint;
  /** Above that of the order before, which it replaces; 32 bits. */
  readonly sequence: bigint;
}

/** How a side that does not trade is written: no tick of any grid. */
export const NO_TICK = 255n;

/** The signed message: `StandingOrder(uint32 community,uint32 member,uint48 budget,…)`. */
export const STANDING_ORDER_TYPE = /* @__PURE__ */ messageType("StandingOrder", [
  { name: "community", type: "uint32" },
  { name: "member", type: "uint32" },
  { name: "budget", type: "uint48" },
  { name: "buyTick", type: "uint8" },
  { name: "sellTick", type: "uint8" },
  { name: "firstPeriod", type: "uint32" },
  { name: "lastPeriod", type: "uint32" },
  { name: "epoch", type: "uint32" },
  { name: "sequence", type: "uint32" },
]);

function messageOf(order: StandingOrder): Message {
  return { ...order, buyTick: order.buyTick ?? NO_TICK, sellTick: order.sellTick ?? NO_TICK };
}

/**
 * Typed data for wallets.
 * @param domain Of `MeteredAuction`.
 */
export function standingOrderTypedData(domain: Domain, order: StandingOrder): TypedData {
  return typedDataOf(domain, STANDING_ORDER_TYPE, messageOf(order));
}

/**
 * The digest that the trading key signs, as `MeteredAuction.orderDigest`.
 * @throws OutOfRangeError naming a field that does not fit its width
 */
export function standingOrderDigest(domain: Domain, order: StandingOrder): Hex {
  return digestOf(domain, STANDING_ORDER_TYPE, messageOf(order));
}

/**
 * Signs an order with the member's trading key, a plain key.
 * @throws BadSignatureError
 */
export async function signStandingOrder(
  domain: Domain,
  order: StandingOrder,
  signer: TypedDataSigner,
): Promise<CompactSignature> {
  return signMessage(domain, STANDING_ORDER_TYPE, messageOf(order), signer);
}

/**
 * The account that signed an order.
 * @throws BadSignatureError for a malformed signature or a high s
 */
export function recoverStandingOrderSigner(domain: Domain, order: StandingOrder, signature: CompactSignature): Address {
  return recoverSigner(standingOrderDigest(domain, order), signature);
}

/** Whether the trading key signed an order, with a low s. False for a malformed signature too. */
export function verifyStandingOrder(
  domain: Domain,
  order: StandingOrder,
  signature: CompactSignature,
  tradingKey: Address,
): boolean {
  return verifyMessage(domain, STANDING_ORDER_TYPE, messageOf(order), signature, tradingKey);
}
