import { at, smaller, sum } from "./arrays.ts";
import type { Pot } from "./accounts.ts";
import type { Head } from "./head.ts";
import type { Position } from "./journal.ts";
import type { Answer } from "./positions.ts";
import type { SlotPrice } from "./tariff.ts";

/** More than any token amount that the escrow holds. */
const TOO_MUCH = 1n << 96n;

export type VoidReason =
  "None" | "CallFailed" | "BadAnswer" | "ChargeAboveReserve" | "PositionAboveReserve" | "PotOverdrawn";

/** A member's records with one module, and what the module says about them. */
export interface ModuleClaim {
  module: bigint;
  heads: Head[];
  /** All that its records reserved, settlement fee included where it held the first record. */
  release: bigint;
  answer: Answer | "CallFailed";
}

export interface Prices {
  networkFee: bigint;
  slots: SlotPrice[];
}

export interface Verdict extends Answer {
  reason: VoidReason;
  lost: bigint;
  networkFee: bigint;
}

function networkFeeOf({ position }: Answer, { networkFee }: Prices): bigint {
  return networkFee * sum(position.map(({ bought }) => bought));
}

/** The bound that an answer breaks, in the order of the reasons. */
function brokenBound({ heads, release, answer }: ModuleClaim, prices: Prices, pot: Pot): VoidReason {
  if (answer === "CallFailed") return "CallFailed";
  const { paid, received, position } = answer;
  if (position.length !== prices.slots.length || paid >= TOO_MUCH || received >= TOO_MUCH) return "BadAnswer";
  const undelivered = sum(position.map(({ sold }, slot) => sold * at(prices.slots, slot).importPrice));
  const charge = paid + networkFeeOf(answer, prices) + undelivered - received;
  if (charge > sum(heads.map(({ reserve }) => reserve))) return "ChargeAboveReserve";
  if (sum(position.map(({ bought }) => bought)) > sum(heads.map(({ buyWh }) => buyWh))) return "PositionAboveReserve";
  if (sum(position.map(({ sold }) => sold)) > sum(heads.map(({ sellWh }) => sellWh))) return "PositionAboveReserve";
  const left = pot.amount + paid - received + (pot.outstanding - release);
  return left < 0n ? "PotOverdrawn" : "None";
}

/** Judges an answer and books it in the module's pot; a broken bound voids the records of this member. */
export function judge(claim: ModuleClaim, prices: Prices, pot: Pot): Verdict {
  const reason = brokenBound(claim, prices, pot);
  const { release, answer } = claim;
  if (reason === "None" && answer !== "CallFailed") {
    pot.outstanding -= release;
    pot.amount += answer.paid - answer.received;
    return { ...answer, reason, lost: 0n, networkFee: networkFeeOf(answer, prices) };
  }
  const lost = release - smaller(release, pot.amount + pot.outstanding);
  pot.outstanding -= release;
  pot.amount += lost;
  const position: Position[] = prices.slots.map(() => ({ bought: 0n, sold: 0n }));
  return { reason, lost, networkFee: 0n, paid: 0n, received: 0n, position };
}
