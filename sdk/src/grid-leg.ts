/**
 * The grid leg: what the imbalance between trades and meter costs at the supplier (architecture 3.3), gaps included.
 */
import { RegisterDownError } from "./errors.ts";
import { NO_POSITION } from "./position.ts";
import type { Position } from "./position.ts";
import type { MeterValue } from "./reading.ts";
import type { GridPrice } from "./tariff.ts";
import { asPrice, asSignedAmount, asSignedWh, asWh, sumSigned } from "./units.ts";
import type { PricePerWh, SignedAmount, SignedWh, Wh } from "./units.ts";

/**
 * Net import less what was bought plus what was sold: n - b + s, n = import - export. Positive: taken from the grid.
 * @example imbalanceOf({ bought: asWh(0n), sold: asWh(250n) }, { imported: asWh(0n), exported: asWh(200n) }) // 50n
 */
export function imbalanceOf(position: Position, value: MeterValue): SignedWh {
  return asSignedWh(value.imported - value.exported - position.bought + position.sold);
}

/**
 * The price of an imbalance: i > 0 costs i × import price, i < 0 brings |i| × export price.
 * @example gridCostOf(asSignedWh(-50n), { importPrice: asPrice(320n), exportPrice: asPrice(80n) }) // -4_000n
 */
export function gridCostOf(imbalance: SignedWh, price: GridPrice): SignedAmount {
  return asSignedAmount(imbalance * (imbalance > 0n ? price.importPrice : price.exportPrice));
}

/**
 * A member's grid leg per slot, base units, without the gap leg.
 * @param prices Of the member's class, one per slot.
 * @example sumSigned(gridLegs(pricesOf(tariff, 0n), position, values)) // 0n: all that was sold was delivered
 */
export function gridLegs(
  prices: readonly GridPrice[],
  position: readonly Position[],
  values: readonly MeterValue[],
): SignedAmount[] {
  return prices.map((price, slot) =>
    gridCostOf(imbalanceOf(position[slot] ?? NO_POSITION, values[slot] ?? NO_VALUE), price),
  );
}

/**
 * What stands for a missing reading: per slot no export, import max(bought, default load of the class).
 * @example estimatedValues(position, asWh(250n))[48] // { imported: 250n, exported: 0n }
 */
export function estimatedValues(position: readonly Position[], defaultLoadWh: Wh): MeterValue[] {
  return position.map(({ bought }) => ({
    imported: bought > defaultLoadWh ? bought : defaultLoadWh,
    exported: asWh(0n),
  }));
}

/**
 * What a late reading adds to the grid leg of an estimated period: leg of the reading less leg of the estimate, same
 * position.
 * @example trueUpOf(pricesOf(tariff, 0n), position, asWh(250n), values) // -7_500_000n
 */
export function trueUpOf(
  prices: readonly GridPrice[],
  position: readonly Position[],
  defaultLoadWh: Wh,
  values: readonly MeterValue[],
): SignedAmount {
  const estimate = sumSigned(gridLegs(prices, position, estimatedValues(position, defaultLoadWh)));
  return asSignedAmount(sumSigned(gridLegs(prices, position, values)) - estimate);
}

/** What a reading that closes a gap is measured against. */
export interface Gap {
  /** Whether estimated periods wait for a reading. If not, the registers slipped between two readings. */
  readonly open: boolean;
  /** The last known registers. */
  readonly registers: MeterValue;
  /** Import estimated since, Wh; 0 where no gap is open. */
  readonly estimated: Wh;
  /** Highest import price of the gap's periods for the member's class. */
  readonly dearestImport: PricePerWh;
  /** Lowest export price of the gap's periods for the member's class. */
  readonly cheapestExport: PricePerWh;
}

/**
 * Dearest import and cheapest export of a gap.
 * @param periods Prices of the member's class, one list per period of the gap; where no
 * gap is open, those of the reading's own period.
 * @example gapPrices([pricesOf(tariff, 0n)]).dearestImport // 300n
 */
export function gapPrices(periods: readonly (readonly GridPrice[])[]): Pick<Gap, "dearestImport" | "cheapestExport"> {
  const prices = periods.flat();
  const [first, ...rest] = prices;
  if (first === undefined) return { dearestImport: asPrice(0n), cheapestExport: asPrice(0n) };
  let { importPrice: dearestImport, exportPrice: cheapestExport } = first;
  for (const { importPrice, exportPrice } of rest) {
    if (importPrice > dearestImport) dearestImport = importPrice;
    if (exportPrice < cheapestExport) cheapestExport = exportPrice;
  }
  return { dearestImport, cheapestExport };
}

/**
 * The gap leg of a reading that closes a gap: max(0, start import - register - estimated) × dearest import price, less
 * (start export - register) × cheapest export price; where no gap is open, export is not paid. Not for the first reading
 * after binding, which may start anywhere above unless it was estimated.
 * @param start Registers at the start of the reading.
 * @throws RegisterDownError for a start below the last known registers
 * @example
 * const registers = { imported: asWh(1_000n), exported: asWh(0n) };
 * const prices = gapPrices([pricesOf(tariff, 0n)]);
 * const start = { imported: asWh(1_600n), exported: asWh(0n) };
 * gapLegOf({ open: true, registers, estimated: asWh(500n), ...prices }, start) // 30_000n: 100 Wh at 300
 */
export function gapLegOf(gap: Gap, start: MeterValue): SignedAmount {
  const { open, registers, estimated, dearestImport, cheapestExport } = gap;
  if (start.imported < registers.imported) {
    throw new RegisterDownError("startImport", start.imported, registers.imported);
  }
  if (start.exported < registers.exported) {
    throw new RegisterDownError("startExport", start.exported, registers.exported);
  }
  const unexplained = start.imported - registers.imported - estimated;
  const taken = unexplained > 0n ? unexplained * dearestImport : 0n;
  const fedIn = open ? start.exported - registers.exported : 0n;
  return asSignedAmount(taken - fedIn * cheapestExport);
}

const NO_VALUE: MeterValue = { imported: asWh(0n), exported: asWh(0n) };
