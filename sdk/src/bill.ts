/** Bills: a settled member and period, slot by slot, adding up to the settled legs to the base unit. */
import { slotsOf, slotStart } from "./calendar.ts";
import { BadLengthError, BillMismatchError } from "./errors.ts";
import { gridCostOf, imbalanceOf } from "./grid-leg.ts";
import type { SlotTrade } from "./market-module.ts";
import { NO_POSITION } from "./position.ts";
import type { MemberSettlement, SlotSettlement } from "./settlement.ts";
import type { SlotPrice } from "./slot-price.ts";
import type { Terms } from "./terms.ts";
import { asAmount, asPrice, asSignedAmount, sumAmounts, sumSigned } from "./units.ts";
import type { Amount, Period, Seconds, SignedAmount, SignedWh, Slot, Wh } from "./units.ts";

/** One slot of a bill. Money in base units; positive: the member pays, but for `received`. */
export interface BillLine {
  readonly slot: Slot;
  /** Unix time at which the slot starts. */
  readonly start: Seconds;
  readonly bought: Wh;
  readonly sold: Wh;
  /** Clearing price of the slot, or that of its rule; null where the member traded nothing, and in order books had no order. */
  readonly price: SlotPrice | null;
  /** Metered, or estimated. */
  readonly imported: Wh;
  /** Metered; 0 where estimated. */
  readonly exported: Wh;
  /** Taken from the grid beyond the trades; negative: fed in. */
  readonly imbalance: SignedWh;
  /** To peers. */
  readonly paid: Amount;
  /** From peers. */
  readonly received: Amount;
  readonly networkFee: Amount;
  /** To the supplier; negative: from it. */
  readonly gridLeg: SignedAmount;
  /** paid - received + networkFee + gridLeg. */
  readonly total: SignedAmount;
}

/** A member's bill for a period. Relayer fees are not on it: they were paid when the orders were accepted. */
export interface Bill {
  readonly period: Period;
  readonly estimated: boolean;
  /** One per slot of the period. */
  readonly lines: readonly BillLine[];
  /** Unexplained import and export of a gap; part of the settled grid leg. */
  readonly gapLeg: SignedAmount;
  readonly settlementFee: Amount;
  /** To peers through modules that name no payments per slot. */
  readonly otherPaid: Amount;
  /** From peers through modules that name no payments per slot. */
  readonly otherReceived: Amount;
  /** Reserve that a voided module kept. */
  readonly lost: Amount;
  /** What the period cost: Σ lines + gapLeg + settlementFee + otherPaid - otherReceived + lost. */
  readonly total: SignedAmount;
  /**
   * What the same meter values would have cost at the supplier alone, each slot netted as on chain, gap leg included.
   */
  readonly retailOnly: SignedAmount;
  /** The same at a supplier that pays nothing for what is fed in. */
  readonly withoutFeedIn: SignedAmount;
  /** retailOnly - total: what the market brought. */
  readonly saving: SignedAmount;
  /** Grid leg of the estimate that a late reading replaced, which trued up the difference; null where none did. */
  readonly estimate: SignedAmount | null;
}

/** Three ways to pay for the same meter values; positive: the member pays. */
export interface BillComparison {
  /** Retailer only: it charges what is taken, and pays nothing for what is fed in. */
  readonly retailer: SignedAmount;
  /** With feed-in, as every supplier of the community pays it. */
  readonly feedIn: SignedAmount;
  /** In this community. */
  readonly community: SignedAmount;
}

/**
 * Compares a bill with what its meter values would have cost elsewhere.
 * @example comparisonOf(bill).feedIn // -80_000n
 */
export function comparisonOf({ withoutFeedIn, retailOnly, total }: Bill): BillComparison {
  return { retailer: withoutFeedIn, feedIn: retailOnly, community: total };
}

/**
 * The bill of a settled period.
 * @param settled From `settleMember`, with the same terms.
 * @param estimate Grid leg of the estimate that a late reading replaced.
 * @throws BillMismatchError where a module's payments per slot do not add up to its answer
 * @throws BadLengthError where the settlement has another number of slots
 * @example billOf(terms, yesterday, settled).saving // 58_000n
 */
export function billOf(
  terms: Pick<Terms, "slotDuration" | "slotsPerPeriod">,
  period: Period,
  settled: MemberSettlement,
  estimate: SignedAmount | null = null,
): Bill {
  const slots = slotsOf(terms, period);
  if (settled.slots.length !== slots.length) {
    throw new BadLengthError("settled.slots", settled.slots.length, `${slots.length} slots`);
  }
  const detailed = settled.modules.flatMap(({ trades }) => (trades === null ? [] : [trades]));
  const lines = settled.slots.map((slot, index) => lineOf(terms, slots[index], slot, tradesOf(detailed, index)));
  const { otherPaid, otherReceived } = otherLegs(settled);
  checkSum("paid", [...lines.map((line) => line.paid), otherPaid], settled.paid);
  checkSum("received", [...lines.map((line) => line.received), otherReceived], settled.received);
  const { estimated, gapLeg, settlementFee, lost } = settled;
  const sum = sumSigned(lines.map((line) => line.total));
  const total = asSignedAmount(sum + gapLeg + settlementFee + otherPaid - otherReceived + lost);
  const retailOnly = retailOnlyOf(settled);
  const withoutFeedIn = retailOnlyOf({ ...settled, slots: settled.slots.map(withoutExportPrice) });
  const saving = asSignedAmount(retailOnly - total);
  const other = { gapLeg, settlementFee, otherPaid, otherReceived, lost };
  return { period, estimated, lines, ...other, total, retailOnly, withoutFeedIn, saving, estimate };
}

function lineOf(
  terms: Pick<Terms, "slotDuration">,
  slot: Slot | undefined,
  settled: SlotSettlement,
  trades: readonly SlotTrade[],
): BillLine {
  if (slot === undefined) throw new BadLengthError("settled.slots", 0, "as many slots as the period has");
  const { bought, sold, imported, exported, imbalance, networkFee, gridLeg } = settled;
  const paid = sumAmounts(trades.map((trade) => trade.paid));
  const received = sumAmounts(trades.map((trade) => trade.received));
  const price = trades.find((trade) => trade.price !== null)?.price ?? null;
  const total = asSignedAmount(paid - received + networkFee + gridLeg);
  const start = slotStart(terms, slot);
  const energy = { bought, sold, price, imported, exported, imbalance };
  return { slot, start, ...energy, paid, received, networkFee, gridLeg, total };
}

function tradesOf(detailed: readonly (readonly SlotTrade[])[], index: number): SlotTrade[] {
  return detailed.flatMap((trades) => trades[index] ?? []);
}

function otherLegs(settled: MemberSettlement): Pick<Bill, "otherPaid" | "otherReceived"> {
  const other = settled.modules.filter(({ trades }) => trades === null);
  return {
    otherPaid: sumAmounts(other.map((module) => module.paid)),
    otherReceived: sumAmounts(other.map((module) => module.received)),
  };
}

function withoutExportPrice(slot: SlotSettlement): SlotSettlement {
  return { ...slot, prices: { ...slot.prices, exportPrice: asPrice(0n) } };
}

function retailOnlyOf({ slots, gapLeg }: Pick<MemberSettlement, "slots" | "gapLeg">): SignedAmount {
  const legs = slots.map((slot) => gridCostOf(imbalanceOf(NO_POSITION, slot), slot.prices));
  return asSignedAmount(sumSigned(legs) + gapLeg);
}

function checkSum(field: string, parts: readonly Amount[], settled: Amount): void {
  const sum = asAmount(sumAmounts(parts));
  if (sum !== settled) throw new BillMismatchError(field, sum, settled);
}
