import { at, larger, largest, smallest, sum } from "./arrays.ts";
import type { Position } from "./journal.ts";
import type { Metered } from "./readings.ts";
import type { SlotPrice } from "./tariff.ts";

/** What a slot costs against the supplier: retail for what is missing, the export price for what is left over. */
export function slotLeg(metered: Metered, position: Position, price: SlotPrice): bigint {
  const imbalance = metered.imported - metered.exported - position.bought + position.sold;
  return imbalance * (imbalance > 0n ? price.importPrice : price.exportPrice);
}

/** Positive: the member pays its supplier. */
export function gridLeg(
  metered: readonly Metered[],
  position: readonly Position[],
  prices: readonly SlotPrice[],
): bigint {
  return sum(prices.map((price, slot) => slotLeg(at(metered, slot), at(position, slot), price)));
}

/** What stands for a missing reading: no export, at least the default load. */
export function estimate(position: readonly Position[], defaultLoadWh: bigint): Metered[] {
  return position.map(({ bought }) => ({ imported: larger(bought, defaultLoadWh), exported: 0n }));
}

/** Prices for what a gap leaves unexplained: the member's worst over the slots it covers. */
export function gapPrices(prices: readonly SlotPrice[]): { dearest: bigint; cheapest: bigint } {
  return {
    dearest: largest(prices.map(({ importPrice }) => importPrice)),
    cheapest: smallest(prices.map(({ exportPrice }) => exportPrice)),
  };
}
