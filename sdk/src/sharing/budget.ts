/** Sharing budgets: what a member lets a community spend on its peers' energy, under one signature for a run of periods. */
import type { Address, Hex } from "../hex.ts";
import { recoverSigner, signMessage, verifyMessage } from "../signature.ts";
import type { CompactSignature } from "../signature.ts";
import { digestOf, messageType, typedDataOf } from "../typed-data.ts";
import type { Domain, Message, TypedData, TypedDataSigner } from "../typed-data.ts";
import type { Amount, CommunityIndex, MemberIndex, Period } from "../units.ts";

/** A budget, ready to sign. */
export interface SharingBudget {
  readonly community: CommunityIndex;
  readonly member: MemberIndex;
  /** Base units per period, 48 bits; 0 is enough to give, but for bill sharing. */
  readonly budget: Amount;
  readonly firstPeriod: Period;
  readonly lastPeriod: Period;
  /** The account's epoch, 32 bits. Bumping it voids the budget. */
  readonly epoch: bigint;
  /** Above that of the budget before, which it replaces; 32 bits. */
  readonly sequence: bigint;
}

/** The signed message: `SharingBudget(uint32 community,uint32 member,uint48 budget,…)`. */
export const SHARING_BUDGET_TYPE = /* @__PURE__ */ messageType("SharingBudget", [
  { name: "community", type: "uint32" },
  { name: "member", type: "uint32" },
  { name: "budget", type: "uint48" },
  { name: "firstPeriod", type: "uint32" },
  { name: "lastPeriod", type: "uint32" },
  { name: "epoch", type: "uint32" },
  { name: "sequence", type: "uint32" },
]);

function messageOf(budget: SharingBudget): Message {
  return { ...budget };
}

/**
 * Typed data for wallets.
 * @param domain Of `EnergySharing`.
 */
export function sharingBudgetTypedData(domain: Domain, budget: SharingBudget): TypedData {
  return typedDataOf(domain, SHARING_BUDGET_TYPE, messageOf(budget));
}

/**
 * The digest that the trading key signs, as `EnergySharing.budgetDigest`.
 * @throws OutOfRangeError naming a field that does not fit its width
 */
export function sharingBudgetDigest(domain: Domain, budget: SharingBudget): Hex {
  return digestOf(domain, SHARING_BUDGET_TYPE, messageOf(budget));
}

/**
 * Signs a budget with the member's trading key, a plain key.
 * @throws BadSignatureError
 */
export async function signSharingBudget(
  domain: Domain,
  budget: SharingBudget,
  signer: TypedDataSigner,
): Promise<CompactSignature> {
  return signMessage(domain, SHARING_BUDGET_TYPE, messageOf(budget), signer);
}

/**
 * The account that signed a budget.
 * @throws BadSignatureError for a malformed signature or a high s
 */
export function recoverSharingBudgetSigner(
  domain: Domain,
  budget: SharingBudget,
  signature: CompactSignature,
): Address {
  return recoverSigner(sharingBudgetDigest(domain, budget), signature);
}

/** Whether the trading key signed a budget, with a low s. False for a malformed signature too. */
export function verifySharingBudget(
  domain: Domain,
  budget: SharingBudget,
  signature: CompactSignature,
  tradingKey: Address,
): boolean {
  return verifyMessage(domain, SHARING_BUDGET_TYPE, messageOf(budget), signature, tradingKey);
}
