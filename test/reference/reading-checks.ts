import { byteLength } from "./bytes.ts";
import { periodEnd, type Grid } from "./community.ts";
import { closes, type Meter } from "./meter.ts";
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

/** Whether a value exceeds what the connection is rated for, plus a tenth. */
function overRated(values: string, { grid, buyCap, sellCap }: ReadingContext): boolean {
  const above = (wh: bigint, cap: bigint): boolean => 10n * wh > 11n * cap * grid.lotWh;
  return decodeValues(values).some(({ imported, exported }) => above(imported, buyCap) || above(exported, sellCap));
}

/** What is checked of the reading alone. */
function skipAlone(meter: Meter, reading: Reading, context: ReadingContext): ReadingSkip {
  const { grid, now, signed } = context;
  if (!meter.bound || (meter.fresh && reading.period < meter.nextPeriod)) return "NoMeter";
  if (now < periodEnd(grid, reading.period)) return "PeriodNotOver";
  if (BigInt(byteLength(reading.values)) !== 6n * grid.slotsPerPeriod) return "BadLength";
  if (overRated(reading.values, context)) return "OverRated";
  return signed ? "None" : "BadSignature";
}

/** What is checked against the readings before it: an ordinary one continues the registers, period by period. */
function skipInChain(meter: Meter, reading: Reading): ReadingSkip {
  const { period, startImport, startExport } = reading;
  const { importRegister, exportRegister } = meter;
  if (period < meter.nextPeriod) return "AlreadyMetered";
  if (period > meter.gapEnd) return "EarlierMissing";
  if (startImport < importRegister || startExport < exportRegister) return "RegisterDown";
  if (closes(meter, reading)) return "None";
  const moved = startImport > importRegister || startExport > exportRegister;
  if (period !== meter.nextPeriod || (moved && !meter.fresh)) return "RegisterGap";
  return "None";
}

/** Why a reading is left out. */
export function skipReading(meter: Meter, reading: Reading, context: ReadingContext): ReadingSkip {
  const skip = skipAlone(meter, reading, context);
  if (skip !== "None") return skip;
  const inChain = skipInChain(meter, reading);
  if (inChain !== "None") return inChain;
  const corrects = reading.period < meter.gapEnd;
  const windowEnd = periodEnd(context.grid, reading.period) + context.grid.correctionWindow;
  return corrects && context.now >= windowEnd ? "CorrectionOver" : "None";
}
