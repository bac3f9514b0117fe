import { larger } from "./arrays.ts";
import { byteLength } from "./bytes.ts";
import { periodEnd, type Grid } from "./community.ts";
import { closes, gapEnd, jumps, type Meter } from "./meter.ts";
import type { Reading } from "./messages.ts";
import { decodeValues } from "./readings.ts";

/** In the order of the checks. */
export type ReadingSkip =
  | "None"
  | "NoMeter"
  | "PeriodNotOver"
  | "BadLength"
  | "OverRated"
  | "BadSignature"
  | "AlreadyMetered"
  | "AlreadySettled"
  | "NotEstimated"
  | "EarlierMissing"
  | "RegisterDown"
  | "RegisterGap"
  | "CorrectionOver";

/** `signed`: the meter key signed it. Caps in lots per slot. */
export interface ReadingContext {
  grid: Grid;
  now: bigint;
  signed: boolean;
  buyCap: bigint;
  sellCap: bigint;
}

/** Whether a connection is rated for less than this in so many slots: whole Wh per slot, plus a tenth. */
function overRated(wh: bigint, cap: bigint, slots: bigint, { lotWh }: Grid): boolean {
  const perSlot = cap * lotWh + (cap * lotWh) / 10n;
  return wh > perSlot * slots;
}

/** What is checked of any reading alone. */
function skipAlone(meter: Meter, reading: Reading, context: ReadingContext): ReadingSkip {
  const { grid, now, signed, buyCap, sellCap } = context;
  if (!meter.bound || (meter.fresh && reading.period < meter.nextPeriod)) return "NoMeter";
  if (now < periodEnd(grid, reading.period)) return "PeriodNotOver";
  if (BigInt(byteLength(reading.values)) !== 6n * grid.slotsPerPeriod) return "BadLength";
  const values = decodeValues(reading.values);
  if (values.some(({ imported }) => overRated(imported, buyCap, 1n, grid))) return "OverRated";
  if (values.some(({ exported }) => overRated(exported, sellCap, 1n, grid))) return "OverRated";
  return signed ? "None" : "BadSignature";
}

/** Registers never go down, and go up only where nothing was read before. */
function skipRegisters(meter: Meter, reading: Reading): ReadingSkip {
  if (reading.startImport < meter.importRegister || reading.startExport < meter.exportRegister) return "RegisterDown";
  return jumps(meter, reading) && !meter.fresh ? "RegisterGap" : "None";
}

/** A gap explains no more than the connection is rated for in the periods that are missing; a slip no more than in one. */
function skipClosing(meter: Meter, reading: Reading, { grid, buyCap, sellCap }: ReadingContext): ReadingSkip {
  const slots = larger(1n, BigInt(meter.estimates.length)) * grid.slotsPerPeriod;
  const moreImport = reading.startImport - meter.importRegister;
  const moreExport = reading.startExport - meter.exportRegister;
  const over = overRated(moreImport, buyCap, slots, grid) || overRated(moreExport, sellCap, slots, grid);
  return over ? "OverRated" : "None";
}

/** Why `meter` leaves a reading out: it takes the first period that has neither reading nor estimate. */
export function skipReading(meter: Meter, reading: Reading, context: ReadingContext): ReadingSkip {
  const alone = skipAlone(meter, reading, context);
  if (alone !== "None") return alone;
  if (reading.period < meter.nextPeriod) return "AlreadyMetered";
  if (reading.period < gapEnd(meter)) return "AlreadySettled";
  if (reading.period > gapEnd(meter)) return "EarlierMissing";
  const registers = skipRegisters(meter, reading);
  if (registers === "RegisterDown") return registers;
  if (closes(meter, reading)) return skipClosing(meter, reading, context);
  return meter.estimates.length > 0 ? "RegisterGap" : registers;
}

/** Why `correct` leaves a reading out: it takes the first estimated period while its correction window is open. */
export function skipCorrection(meter: Meter, reading: Reading, context: ReadingContext): ReadingSkip {
  if (!meter.bound) return "NoMeter";
  if (reading.period < meter.nextPeriod) return "AlreadyMetered";
  if (reading.period >= gapEnd(meter)) return "NotEstimated";
  if (reading.period > meter.nextPeriod) return "EarlierMissing";
  const windowEnd = periodEnd(context.grid, reading.period) + context.grid.correctionWindow;
  if (context.now >= windowEnd) return "CorrectionOver";
  const alone = skipAlone(meter, reading, context);
  return alone === "None" ? skipRegisters(meter, reading) : alone;
}
