/**
 * The PCC meter and the supplier's account, naive: whole arrays, everything added up anew. From what a meter counted to what was invoiced, and
 * from what members counted to what a comparison finds.
 */
import { at, sum } from "./arrays.ts";
import type { Metered } from "./readings.ts";
import { versionFor } from "./tariff.ts";
import type { SlotPrice } from "./tariff.ts";

/** Prices of a supplier from a period on. */
export interface Version {
  readonly supplier: number;
  readonly prices: readonly SlotPrice[];
}

/** What the meter did from the end of one reading to the end of the next. */
export interface PccStep {
  readonly period: bigint;
  /** What the registers advanced by before the period, unseen by any slot. */
  readonly gap: Metered;
  /** The reading as it was last corrected. */
  readonly slots: readonly Metered[];
}

const dearest = (prices: readonly SlotPrice[]) => [...prices].map((p) => p.importPrice).sort(descending)[0] ?? 0n;
const cheapest = (prices: readonly SlotPrice[]) => [...prices].map((p) => p.exportPrice).sort(ascending)[0] ?? 0n;
const ascending = (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0);
const descending = (a: bigint, b: bigint) => ascending(b, a);

/** What each supplier is owed after all steps: meter times tariff, Wh by Wh. */
export function accounts(versions: ReadonlyMap<bigint, Version>, steps: readonly PccStep[]): Map<number, bigint> {
  const owed = new Map<number, bigint>();
  for (const { period, gap, slots } of steps) {
    const version = versionFor(versions, period);
    if (version === undefined) continue;
    const { supplier, prices } = version;
    const inSlots = slots.map(({ imported, exported }, slot) => {
      const { importPrice, exportPrice } = at(prices, slot);
      return imported * importPrice - exported * exportPrice;
    });
    const unseen = gap.imported * dearest(prices) - gap.exported * cheapest(prices);
    owed.set(supplier, (owed.get(supplier) ?? 0n) + sum(inSlots) + unseen);
  }
  return owed;
}

export interface Comparison {
  readonly pccNet: bigint;
  readonly membersNet: bigint;
  readonly deviation: bigint;
  readonly tolerated: bigint;
}

/** @param members What each of them counted, estimates included. */
export function comparison(
  pcc: readonly Metered[],
  members: readonly (readonly Metered[])[],
  permille: bigint,
  absoluteWh: bigint,
): Comparison {
  const net = ({ imported, exported }: Metered) => imported - exported;
  const all = pcc.map((_, slot) => sum(members.map((each) => net(at(each, slot)))));
  const off = pcc.map((value, slot) => net(value) - at(all, slot));
  const flow = sum(members.flat().map(({ imported, exported }) => imported + exported));
  return {
    pccNet: sum(pcc.map(net)),
    membersNet: sum(all),
    deviation: sum(off.map((wh) => (wh < 0n ? -wh : wh))),
    tolerated: absoluteWh + (flow * permille) / 1000n,
  };
}

/** A member or a community at the supplier alone: what each slot takes is paid at the import price, what it gives at the export price. */
export function feedInBill(slots: readonly Metered[], prices: readonly SlotPrice[]): bigint {
  return sum(
    slots.map(({ imported, exported }, slot) => {
      const { importPrice, exportPrice } = at(prices, slot);
      return imported > exported ? (imported - exported) * importPrice : -(exported - imported) * exportPrice;
    }),
  );
}
