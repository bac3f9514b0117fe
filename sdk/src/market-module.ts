/** What market modules answer at settlement, and the bounds within which settlement believes them (`IMarketModule`). */
import type { Head } from "./journal.ts";
import type { Position } from "./position.ts";
import { pricesOf } from "./tariff.ts";
import type { GridPrice, Tariff } from "./tariff.ts";
import type { MeterValue } from "./reading.ts";
import type { SlotPrice } from "./slot-price.ts";
import { asAmount, asSignedAmount, sumAmounts, sumWh } from "./units.ts";
import type { Amount, SignedAmount, Wh } from "./units.ts";

/** Peer-to-peer payments of one slot. */
export interface SlotTrade {
  readonly paid: Amount;
  readonly received: Amount;
  /** What a Wh cost: the slot's clearing price, or that of a rule; null where it has none. */
  readonly price: SlotPrice | null;
}

/** What the records of one member with one module became. */
export interface ModuleAnswer {
  /** To peers, base units, without the network fee. */
  readonly paid: Amount;
  /** From peers, base units. */
  readonly received: Amount;
  /** One per slot of the period. */
  readonly position: readonly Position[];
  /** One per slot, where the module can say: bills show them line by line. They add up to `paid` and `received`. */
  readonly trades?: readonly SlotTrade[];
}

/** A module's pot of a period. */
export interface Pot {
  /** Reserves taken and not yet released, settlement fees of first records included. */
  readonly outstanding: Amount;
  /** Peer-to-peer payments taken minus receipts paid. */
  readonly amount: SignedAmount;
}

/** Why settlement voids a module's records of a member (`ISettlement.Void`). */
export type VoidReason = "CallFailed" | "BadAnswer" | "PositionAboveReserve" | "ChargeAboveReserve" | "PotOverdrawn";

/** Payments that settlement takes from one module, base units: 88 bits, so that sixteen modules together fit 96. */
const MOST_PAYMENT = (1n << 88n) - 1n;

/** Energy of a side and slot that settlement takes, Wh: 24 bits, as in a reading. */
const MOST_WH = (1n << 24n) - 1n;

/** What the bounds are checked against. */
export interface AnswerContext {
  readonly tariff: Tariff;
  readonly tariffClass: bigint;
  /** Heads of the member's records with the module. */
  readonly heads: readonly Head[];
  /**
   * What settling returns: the heads' reserves, and the settlement fee where the member's first record is among them.
   */
  readonly release: Amount;
  /** The pot as it is now, where known. */
  readonly pot?: Pot;
  /** What was metered, for the first module alone: what it sells of a slot's surplus need not be bought back. */
  readonly values?: readonly MeterValue[];
}

/** The network fee on what a member bought, base units. */
export function networkFeeOf(tariff: Tariff, position: readonly Position[]): Amount {
  return asAmount(boughtOf(position) * tariff.networkFee);
}

/** Wh bought over all slots. */
export function boughtOf(position: readonly Position[]): Wh {
  return sumWh(position.map((slot) => slot.bought));
}

/** Wh sold over all slots. */
export function soldOf(position: readonly Position[]): Wh {
  return sumWh(position.map((slot) => slot.sold));
}

/**
 * Why settlement would void an answer; null if it is within its bounds, checked in this order: payments of at most 88
 * bits, Wh bought and sold of at most 24 bits a slot and together at most those named at append, paid + network fee +
 * what the sale costs at the grid - received at most the reserve, pot + outstanding not below zero afterwards. A sale costs the import
 * price; where the first module sells a measured surplus, the export price.
 * @param answer Null for a call that failed.
 * @example
 * const answer = positionOf(terms, yesterday, records, results);
 * const heads = records.map(({ head }) => head);
 * voidReasonOf(answer, { tariff, tariffClass: 0n, heads, release: asAmount(202_000n) }) // null
 */
export function voidReasonOf(answer: ModuleAnswer | null, context: AnswerContext): VoidReason | null {
  if (answer === null) return "CallFailed";
  const { tariff, tariffClass, heads, release, pot, values } = context;
  const prices = pricesOf(tariff, tariffClass);
  const { paid, received, position } = answer;
  if (position.length !== prices.length || paid > MOST_PAYMENT || received > MOST_PAYMENT) return "BadAnswer";
  const tooMuch =
    position.some(({ bought, sold }) => bought > MOST_WH || sold > MOST_WH) ||
    boughtOf(position) > sumWh(heads.map((head) => head.buyWh)) ||
    soldOf(position) > sumWh(heads.map((head) => head.sellWh));
  if (tooMuch) return "PositionAboveReserve";
  const replacement = costOfSold(prices, position, values);
  const reserve = sumAmounts(heads.map((head) => head.reserve));
  if (paid + networkFeeOf(tariff, position) + replacement - received > reserve) return "ChargeAboveReserve";
  if (pot !== undefined && pot.amount + paid - received + pot.outstanding - release < 0n) return "PotOverdrawn";
  return null;
}

/** What selling costs a member at the grid, base units: its surplus at the export price, the rest bought back. */
function costOfSold(
  prices: readonly GridPrice[],
  position: readonly Position[],
  values: readonly MeterValue[] | undefined,
): bigint {
  let cost = 0n;
  for (const [slot, { importPrice, exportPrice }] of prices.entries()) {
    const sold = position[slot]?.sold ?? 0n;
    const { imported, exported } = values?.[slot] ?? { imported: 0n, exported: 0n };
    const surplus = exported > imported ? exported - imported : 0n;
    const delivered = sold < surplus ? sold : surplus;
    cost += delivered * exportPrice + (sold - delivered) * importPrice;
  }
  return cost;
}

/**
 * What a void returns of a reserve: min(release, pot + outstanding); the rest stays in the pot.
 * @example releasedByVoid(asAmount(500n), { outstanding: asAmount(700n), amount: asSignedAmount(-300n) }) // 400n
 */
export function releasedByVoid(release: Amount, pot: Pot): Amount {
  const there = asSignedAmount(pot.amount + pot.outstanding);
  return asAmount(there < release ? there : release);
}
