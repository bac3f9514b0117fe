/** A tariff in words: slots of the same prices in one line. */
import { slotsOf, slotStart, type GridPrice, type Period, type Tariff, type Terms } from "@wattbook/sdk";
import { tableText } from "./table.ts";
import { minuteText, priceText, type Money } from "./units.ts";

type Calendar = Pick<Terms, "slotDuration" | "slotsPerPeriod">;

/** The fee, and a line per class and stretch of equal prices, with the times of a period. */
export function tariffText({ networkFee, classes }: Tariff, terms: Calendar, period: Period, money: Money): string {
  const rows = classes.flatMap((prices, index) => {
    return stretches(prices).map(({ from, to, price }) => {
      return [
        String(index),
        timesText(terms, period, from, to),
        priceText(money, price.importPrice),
        priceText(money, price.exportPrice),
      ];
    });
  });
  const table = tableText(["class", "UTC", "from the grid", "to the grid"], ["right", "left", "right", "right"], rows);
  return `Network fee ${priceText(money, networkFee)} on what is bought from neighbours.\n\n${table}`;
}

interface Stretch {
  readonly from: number;
  /** Past its last slot. */
  readonly to: number;
  readonly price: GridPrice;
}

function stretches(prices: readonly GridPrice[]): Stretch[] {
  const found: Stretch[] = [];
  for (const [slot, price] of prices.entries()) {
    const last = found.at(-1);
    const same = last?.price.importPrice === price.importPrice && last.price.exportPrice === price.exportPrice;
    if (last !== undefined && same) found[found.length - 1] = { ...last, to: slot + 1 };
    else found.push({ from: slot, to: slot + 1, price });
  }
  return found;
}

function timesText(terms: Calendar, period: Period, from: number, to: number): string {
  const slots = slotsOf(terms, period);
  if (from === 0 && to === slots.length) return "all slots";
  const time = (index: number) => {
    const slot = slots[index];
    return slot === undefined ? "the end" : minuteText(slotStart(terms, slot)).slice(11);
  };
  return `${time(from)} to ${time(to)}`;
}
