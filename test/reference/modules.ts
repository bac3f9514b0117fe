import { at, larger, smaller, sum } from "./arrays.ts";
import type { Metered } from "./readings.ts";
import type { Pot } from "./accounts.ts";
import type { Head } from "./head.ts";
import type { Position } from "./journal.ts";
import type { Answer } from "./positions.ts";
import type { SlotPrice } from "./tariff.ts";

/** A module's gross payments fit 88 bits, so that sixteen modules together fit 96. */
const MOST_PAYMENT = (1n << 88n) - 1n;
/** Wh of a side and slot fit 24 bits, as those of a reading do. */
const MOST_WH = (1n << 24n) - 1n;

/** In the order of the checks. */
export type VoidReason =
  "None" | "CallFailed" | "BadAnswer" | "PositionAboveReserve" | "ChargeAboveReserve" | "PotOverdrawn";

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

/** More than the records were for, or more than a slot holds. */
function aboveReserve(position: readonly Position[], heads: readonly Head[]): boolean {
  return (
    position.some(({ bought, sold }) => bought > MOST_WH || sold > MOST_WH) ||
    sum(position.map(({ bought }) => bought)) > sum(heads.map(({ buyWh }) => buyWh)) ||
    sum(position.map(({ sold }) => sold)) > sum(heads.map(({ sellWh }) => sellWh))
  );
}

/**
 * What the member may have to pay for this position, replacing from the grid what it sold; of a measured surplus it goes without the
 * export price instead.
 */
function worstCase(answer: Answer, prices: Prices, metered: readonly Metered[] | undefined): bigint {
  const replacement = sum(
    answer.position.map(({ sold }, slot) => {
      const { importPrice, exportPrice } = at(prices.slots, slot);
      const surplus = metered ? larger(at(metered, slot).exported - at(metered, slot).imported, 0n) : 0n;
      return smaller(sold, surplus) * exportPrice + larger(sold - surplus, 0n) * importPrice;
    }),
  );
  return answer.paid + networkFeeOf(answer, prices) + replacement - answer.received;
}

/** The first bound that an answer breaks. */
function brokenBound(
  claim: ModuleClaim,
  prices: Prices,
  pot: Pot,
  metered: readonly Metered[] | undefined,
): VoidReason {
  const { heads, release, answer } = claim;
  if (answer === "CallFailed") return "CallFailed";
  const { paid, received, position } = answer;
  if (position.length !== prices.slots.length || paid > MOST_PAYMENT || received > MOST_PAYMENT) return "BadAnswer";
  if (aboveReserve(position, heads)) return "PositionAboveReserve";
  if (worstCase(answer, prices, claim.module === 0n ? metered : undefined) > sum(heads.map(({ reserve }) => reserve)))
    return "ChargeAboveReserve";
  return pot.amount + paid - received + (pot.outstanding - release) < 0n ? "PotOverdrawn" : "None";
}

/** Judges an answer and books it in the module's pot; a broken bound voids the records of this member. */
export function judge(claim: ModuleClaim, prices: Prices, pot: Pot, metered?: readonly Metered[]): Verdict {
  const reason = brokenBound(claim, prices, pot, metered);
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
