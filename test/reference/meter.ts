import { larger, largest, smallest, sum } from "./arrays.ts";
import { gapPrices } from "./grid-leg.ts";
import { decodeValues } from "./readings.ts";
import type { Reading } from "./messages.ts";
import type { SlotPrice } from "./tariff.ts";

/** Wh and base units per Wh of one estimated period, or of all of them together. */
export interface Gap {
  estimated: bigint;
  dearest: bigint;
  cheapest: bigint;
}

/** A meter. `fresh` until its first reading; `estimates`: the periods from `nextPeriod` on that were estimated. */
export interface Meter {
  bound: boolean;
  fresh: boolean;
  /** First period without a reading. */
  nextPeriod: bigint;
  importRegister: bigint;
  exportRegister: bigint;
  estimates: Gap[];
}

export function bindMeter(fromPeriod: bigint, importRegister: bigint, exportRegister: bigint): Meter {
  return { bound: true, fresh: true, nextPeriod: fromPeriod, importRegister, exportRegister, estimates: [] };
}

/** First period with neither reading nor estimate. */
export function gapEnd({ nextPeriod, estimates }: Meter): bigint {
  return nextPeriod + BigInt(estimates.length);
}

/** What the contract keeps of an open gap; undefined where there is none. */
export function gapOf({ estimates }: Meter): Gap | undefined {
  if (estimates.length === 0) return undefined;
  return {
    estimated: sum(estimates.map(({ estimated }) => estimated)),
    dearest: largest(estimates.map(({ dearest }) => dearest)),
    cheapest: smallest(estimates.map(({ cheapest }) => cheapest)),
  };
}

/** Whether registers start above the last known ones. */
export function jumps(meter: Meter, { startImport, startExport }: Reading): boolean {
  return startImport > meter.importRegister || startExport > meter.exportRegister;
}

/** Whether a reading closes a gap: it asks to, and there is one, estimated or between the registers. */
export function closes(meter: Meter, reading: Reading): boolean {
  if (!reading.closesGap || reading.period !== gapEnd(meter)) return false;
  return meter.estimates.length > 0 || (jumps(meter, reading) && !meter.fresh);
}

/**
 * What a reading that closes a gap bills for the registers' difference. Where no period is missing, what slipped is import at the
 * prices of the reading's `own` period, and export is not paid.
 */
export function gapLeg(meter: Meter, reading: Reading, own: readonly SlotPrice[]): bigint {
  if (!closes(meter, reading)) return 0n;
  const moreImport = reading.startImport - meter.importRegister;
  const moreExport = reading.startExport - meter.exportRegister;
  const gap = gapOf(meter);
  if (gap === undefined) return moreImport * gapPrices(own).dearest;
  return larger(0n, moreImport - gap.estimated) * gap.dearest - moreExport * gap.cheapest;
}

/** The first period without reading or estimate is estimated: the gap grows. */
export function estimatePeriod(meter: Meter, estimated: bigint, prices: readonly SlotPrice[]): void {
  meter.estimates.push({ estimated, ...gapPrices(prices) });
}

/** Advances the meter by an accepted reading: it replaces the first estimate, or closes the gap. */
export function advance(meter: Meter, reading: Reading): void {
  const slots = decodeValues(reading.values);
  meter.estimates = reading.period === gapEnd(meter) ? [] : meter.estimates.slice(1);
  meter.nextPeriod = reading.period + 1n;
  meter.importRegister = reading.startImport + sum(slots.map(({ imported }) => imported));
  meter.exportRegister = reading.startExport + sum(slots.map(({ exported }) => exported));
  meter.fresh = false;
}
