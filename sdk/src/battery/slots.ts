/** What a plan rests on: the meter at the point of common coupling (PCC), or forecasts of it, and two prices. No member's data. */
import type { MeterValue } from "../reading.ts";
import type { GridPrice } from "../tariff.ts";
import { asAmount, asPrice, asSignedAmount, asSignedWh, asWh, costOf } from "../units.ts";
import type { SignedAmount, SignedWh, Wh } from "../units.ts";
import { inRange, MOST_BATTERY } from "./battery.ts";
import type { Battery, BatteryMove } from "./battery.ts";
import { ExportAboveImportError, ForecastMissingError } from "./errors.ts";

/** A slot as it is, or as it is expected. */
export interface BatterySlot extends GridPrice {
  /** What the community takes from the grid without its battery; below zero it feeds in. */
  readonly netWh: SignedWh;
}

/** What passes the PCC in a slot, and what it costs. */
export interface GridFlow {
  readonly importWh: Wh;
  readonly exportWh: Wh;
  /** Import at its price, less export at its price, plus wear. */
  readonly cost: SignedAmount;
}

/**
 * What the community took without its battery, from the meter at the PCC and the battery's own.
 * @example netOfPcc({ imported: asWh(0n), exported: asWh(250n) }, { chargeWh: asWh(750n), dischargeWh: asWh(0n) }) // -1_000n
 */
export function netOfPcc({ imported, exported }: MeterValue, { chargeWh, dischargeWh }: BatteryMove): SignedWh {
  return asSignedWh(imported - exported - chargeWh + dischargeWh, "netWh");
}

/**
 * Checks the slots of a plan; `name` is that of the list.
 * @throws ForecastMissingError for a slot or a value that is not there
 * @throws ExportAboveImportError
 * @throws OutOfRangeError
 */
export function checkSlots(name: string, slots: readonly (BatterySlot | undefined)[]): void {
  for (const [index, slot] of slots.entries()) {
    const field = `${name}[${index}]`;
    // Callers in JavaScript leave values out.
    const given: Partial<BatterySlot> = slot ?? {};
    const { netWh, importPrice, exportPrice } = given;
    if (netWh === undefined || importPrice === undefined || exportPrice === undefined) {
      throw new ForecastMissingError(field);
    }
    inRange(`${field}.netWh`, netWh, -MOST_BATTERY, MOST_BATTERY);
    asPrice(importPrice, `${field}.importPrice`);
    asPrice(exportPrice, `${field}.exportPrice`);
    if (exportPrice > importPrice) throw new ExportAboveImportError(field, exportPrice, importPrice);
  }
}

/** What passes the PCC with a move of the battery, exact. */
export function gridFlow(battery: Battery, slot: BatterySlot, { chargeWh, dischargeWh }: BatteryMove): GridFlow {
  const { netWh, importPrice, exportPrice } = slot;
  const pcc = netWh + chargeWh - dischargeWh;
  const importWh = asWh(pcc > 0n ? pcc : 0n);
  const exportWh = asWh(pcc < 0n ? -pcc : 0n);
  const wear = asAmount((chargeWh + dischargeWh) * battery.wearPerWh);
  const cost = asSignedAmount(costOf(importWh, importPrice) - costOf(exportWh, exportPrice) + wear, "cost");
  return { importWh, exportWh, cost };
}

/** What slots cost without a battery, base units. */
export function costWithout(slots: readonly BatterySlot[]): SignedAmount {
  const costs = slots.map(({ netWh, importPrice, exportPrice }) => netWh * (netWh > 0n ? importPrice : exportPrice));
  return asSignedAmount(
    costs.reduce((sum, cost) => sum + cost, 0n),
    "cost",
  );
}
