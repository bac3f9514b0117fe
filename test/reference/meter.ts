import { larger, largest, smallest, sum } from "./arrays.ts";
import { gapPrices } from "./grid-leg.ts";
import { decodeValues } from "./readings.ts";
import type { Reading } from "./messages.ts";
import type { SlotPrice } from "./tariff.ts";

/** What is known of the periods that are estimated and not yet read: import in Wh, prices in base units per Wh. */
export interface Gap {
  estimated: bigint;
  dearest: bigint;
  cheapest: bigint;
}

/** A meter. `fresh` until its first reading; `gap` is there while `nextPeriod` lies before `gapEnd`. */
export interface Meter {
  bound: boolean;
  fresh: boolean;
  /** First period without a reading. */
  nextPeriod: bigint;
  /** First period with neither reading nor estimate. */
  gapEnd: bigint;
  importRegister: bigint;
  exportRegister: bigint;
  gap: Gap | undefined;
}

export function bindMeter(fromPeriod: bigint, importRegister: bigint, exportRegister: bigint): Meter {
  const periods = { nextPeriod: fromPeriod, gapEnd: fromPeriod };
  return { bound: true, fresh: true, ...periods, importRegister, exportRegister, gap: undefined };
}

/** Whether a reading closes a gap: it asks to, and there is one, estimated or between the registers. */
export function closes(meter: Meter, reading: Reading): boolean {
  if (!reading.closesGap || reading.period !== meter.gapEnd) return false;
  if (meter.gap !== undefined) return true;
  const moved = reading.startImport > meter.importRegister || reading.startExport > meter.exportRegister;
  return moved && !meter.fresh;
}

/** What a reading that closes a gap bills for the registers' difference; `own` are the prices of its own period. */
export function gapLeg(meter: Meter, reading: Reading, own: readonly SlotPrice[]): bigint {
  if (!closes(meter, reading)) return 0n;
  const { estimated, dearest, cheapest } = meter.gap ?? { estimated: 0n, ...gapPrices(own) };
  const unexplained = larger(0n, reading.startImport - meter.importRegister - estimated);
  return unexplained * dearest - (reading.startExport - meter.exportRegister) * cheapest;
}

/** The first period without reading or estimate is estimated: the gap grows. */
export function estimatePeriod(meter: Meter, importWh: bigint, prices: readonly SlotPrice[]): void {
  const { dearest, cheapest } = gapPrices(prices);
  const gap = meter.gap ?? { estimated: 0n, dearest, cheapest };
  meter.gap = {
    estimated: gap.estimated + importWh,
    dearest: largest([gap.dearest, dearest]),
    cheapest: smallest([gap.cheapest, cheapest]),
  };
  meter.gapEnd += 1n;
}

/** Advances the meter by an accepted reading. `estimatedWh`: import that was estimated for its period, if any. */
export function advance(meter: Meter, reading: Reading, estimatedWh: bigint): void {
  const slots = decodeValues(reading.values);
  const corrects = reading.period < meter.gapEnd;
  meter.nextPeriod = reading.period + 1n;
  meter.gapEnd = larger(meter.gapEnd, meter.nextPeriod);
  if (meter.nextPeriod === meter.gapEnd) meter.gap = undefined;
  if (corrects && meter.gap !== undefined) meter.gap.estimated -= estimatedWh;
  meter.importRegister = reading.startImport + sum(slots.map(({ imported }) => imported));
  meter.exportRegister = reading.startExport + sum(slots.map(({ exported }) => exported));
  meter.fresh = false;
}
