import { at, largest, smallest } from "./arrays.ts";
import { byteLength, join, numbers, slice, uint, type Hex } from "./bytes.ts";

/** Base units per Wh. */
export interface SlotPrice {
  importPrice: bigint;
  exportPrice: bigint;
}

/** Network fee in base units per Wh; `classes[class][slot offset]`. */
export interface Tariff {
  networkFee: bigint;
  classes: SlotPrice[][];
}

/** Network fee, then import and export price per class and slot, 2 bytes each. */
export function encodeTariff(tariff: Tariff): Hex {
  const prices = tariff.classes.flat().flatMap(({ importPrice, exportPrice }) => [importPrice, exportPrice]);
  return join([tariff.networkFee, ...prices].map((price) => uint(price, 2)));
}

export function decodeTariff(data: Hex, slotsPerPeriod: bigint): Tariff {
  const networkFee = at(numbers(slice(data, 0, 2), 2), 0);
  const prices = numbers(slice(data, 2, byteLength(data) - 2), 2);
  const classes: SlotPrice[][] = [];
  for (let i = 0; i < prices.length; i += 2) {
    if (BigInt(i) % (2n * slotsPerPeriod) === 0n) classes.push([]);
    at(classes, classes.length - 1).push({ importPrice: at(prices, i), exportPrice: at(prices, i + 1) });
  }
  return { networkFee, classes };
}

/** The prices of one class, one per slot of the period. */
export function pricesOf(tariff: Tariff, tariffClass: bigint): SlotPrice[] {
  return at(tariff.classes, tariffClass);
}

/** Slot offsets in which some class could sell to the grid for more than another one buys: a money pump. */
export function moneyPumps(tariff: Tariff): number[] {
  const slots = at(tariff.classes, 0).map((_, slot) => tariff.classes.map((prices) => at(prices, slot)));
  return slots.flatMap((classes, slot) => {
    const dearestExport = largest(classes.map(({ exportPrice }) => exportPrice));
    const cheapestImport = smallest(classes.map(({ importPrice }) => importPrice));
    return dearestExport > cheapestImport ? [slot] : [];
  });
}

/** The version of a period: its own or the latest earlier one. */
export function versionFor<T>(versions: ReadonlyMap<bigint, T>, period: bigint): T | undefined {
  const started = [...versions.keys()].filter((from) => from <= period);
  return started.length === 0 ? undefined : versions.get(largest(started));
}
