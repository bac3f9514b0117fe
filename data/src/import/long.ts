/** Long CSV: a row per meter and interval, in any order. */

import { DataError, InputError } from "../errors.ts";
import { Problems } from "../problems.ts";
import { type MeterData, SLOT_DURATIONS } from "../shape.ts";
import { assemble } from "./assemble.ts";
import { checkSlotDuration, type LooseMeter, onOneAxis } from "./axis.ts";
import { parseTable, type Table } from "./csv.ts";
import { longColumns, type LongColumns } from "./long-columns.ts";
import { readRows, type MeterRows, type RawRow } from "./long-rows.ts";
import { intervalReadings, registerReadings } from "./long-values.ts";
import { type EnergyUnit, partsPerWh } from "./units.ts";
import { clockChangesOf, zoneOf } from "./zones.ts";

/** How a long CSV is meant; what is not given is read from the header or detected. */
export interface LongOptions {
  /** Unit of both value columns; a suffix in their header (`import_kwh`) says it too. Default: Wh. */
  readonly unit?: EnergyUnit | undefined;
  /** `interval`: energy (or mean power) of each interval. `register`: a counter that only rises. Default: interval. */
  readonly values?: "interval" | "register" | undefined;
  /** IANA zone of times without an offset. Without it such rows are left out and named. */
  readonly zone?: string | undefined;
  /** A local time that occurs twice in autumn: told apart by the order of the rows, or left out. Default: order. */
  readonly ambiguous?: "order" | "refuse" | undefined;
  /** Whether the time of an interval is its start or its end. Registers are read at their time. Default: start. */
  readonly stamp?: "start" | "end" | undefined;
  /** Seconds that an interval lasts; default: what most rows of the file are apart. Registers do not need it. */
  readonly interval?: number | undefined;
  /** Seconds; default: the interval. */
  readonly slotDuration?: number | undefined;
  /** Divides intervals longer than a slot evenly, marked as `split`. Default: they are left out. */
  readonly splitLonger?: boolean | undefined;
  /** Default: the one that cuts the header into most columns. */
  readonly delimiter?: "," | ";" | "\t" | undefined;
  /** Default: a point. There is no sign between thousands. */
  readonly decimal?: "." | "," | undefined;
}

/**
 * Reads a long CSV: columns `meter`, `time`, `import` and perhaps `export`, named in the header in any order.
 * @param file Name for messages.
 * @throws InputError where the file as a whole cannot be used; a bad row is skipped and named in `problems`
 * @throws DataError OPTION_INVALID
 * @example
 * importLong("meter,time,import_kwh,export_kwh\nA,2026-03-29T00:00Z,0.25,0\nA,2026-03-29T00:15Z,0.3,0", "day.csv");
 */
export function importLong(text: string, file: string, options: LongOptions = {}): MeterData {
  if (options.slotDuration !== undefined) checkSlotDuration(options.slotDuration);
  checkInterval(options.interval);
  const zone = options.zone === undefined ? undefined : zoneOf(options.zone);
  const problems = new Problems();
  const onBadRow = ({ code, message, place: { line } }: InputError) => {
    if (code === "CELL_MISSING" || code === "CELL_SURPLUS") problems.add({ code, line, text: message });
  };
  const table = parseTable(text, file, { delimiter: options.delimiter ?? delimiterOf(text), onBadRow });
  const columns = longColumns(table, options.unit);
  const register = options.values === "register";
  const rows = readRows(table, columns, { ...options, zone, register }, problems);
  const interval = options.interval ?? intervalOf(rows.values());
  const slotDuration = options.slotDuration ?? stepOf(table, interval);
  const setup = {
    slotDuration,
    interval: interval ?? slotDuration,
    stated: options.interval !== undefined,
    splitLonger: options.splitLonger ?? false,
    register,
    atEnd: options.stamp === "end",
  };
  const meters = [...rows].map(([name, meter]) => looseMeter(name, meter, columns, setup, problems));
  const provenance = {
    format: "long",
    source: file,
    unit: [...new Set([columns.imported.unit, ...(columns.exported ? [columns.exported.unit] : [])])].join(", "),
    values: options.values ?? "interval",
    zone: options.zone,
    rounding: "running total, down",
  } as const;
  return onOneAxis(meters, slotDuration, provenance, problems, (start, end) =>
    zone === undefined ? [] : clockChangesOf(zone, start, end, slotDuration),
  );
}

function checkInterval(interval: number | undefined): void {
  if (interval === undefined || (Number.isInteger(interval) && interval > 0)) return;
  throw new DataError("OPTION_INVALID", `interval is ${interval}. Pass whole seconds above 0.`);
}

interface Setup {
  readonly slotDuration: number;
  readonly interval: number;
  /** Whether the caller said so. */
  readonly stated: boolean;
  readonly splitLonger: boolean;
  readonly register: boolean;
  readonly atEnd: boolean;
}

function looseMeter(name: string, rows: MeterRows, columns: LongColumns, setup: Setup, problems: Problems): LooseMeter {
  const usable = isSparse(rows, setup, name, problems) ? [] : rows;
  const direction = (column: LongColumns["imported"], pick: (row: RawRow) => RawRow["imported"]) => {
    const subject = { meter: name, field: column.header };
    const raw = usable.map((row) => ({ ...row, value: pick(row) }));
    const readings = setup.register
      ? registerReadings(raw, column.unit, subject, problems)
      : intervalReadings(raw, column.unit, setup.interval, setup.atEnd);
    return assemble(readings, { ...setup, partsPerWh: partsPerWh(column.unit) }, subject, problems);
  };
  const { exported } = columns;
  if (exported === undefined) {
    const text = "the file has no export column. Exports count as 0; add the column if the meter feeds in.";
    problems.add({ code: "EXPORT_ABSENT", effect: "noted", meter: name, text });
  }
  return {
    name,
    kind: "net",
    imported: direction(columns.imported, (row) => row.imported),
    exported: exported && direction(exported, (row) => row.exported),
  };
}

/** Whether no two rows of a meter are as close as an interval: then its intervals are longer than the file's, or holes. */
function isSparse(rows: MeterRows, { interval, stated, register }: Setup, meter: string, problems: Problems): boolean {
  if (stated || register) return false;
  let least = Number.POSITIVE_INFINITY;
  for (const gap of gapsIn(rows)) least = Math.min(least, gap);
  if (least <= interval || least === Number.POSITIVE_INFINITY) return false;
  const text = `its rows are ${least} s apart or more, those of the file ${interval} s. Import it on its own, or state the interval.`;
  problems.add({ code: "INTERVAL_UNFIT", meter, value: String(least), count: rows.length, text });
  return true;
}

/** Seconds between successive different times of a meter. */
function* gapsIn(rows: MeterRows): Generator<number> {
  const times = Float64Array.from(rows, ({ time }) => time).sort();
  for (let i = 1; i < times.length; i += 1) {
    const gap = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (gap > 0) yield gap;
  }
}

/** What most rows are apart, over all meters; undefined where no meter has two. */
function intervalOf(meters: Iterable<MeterRows>): number | undefined {
  const counts = new Map<number, number>();
  for (const rows of meters) for (const gap of gapsIn(rows)) counts.set(gap, (counts.get(gap) ?? 0) + 1);
  return [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || a - b)[0]?.[0];
}

/** The interval as a slot. @throws InputError STEP_UNSUPPORTED, CSV_TOO_SHORT */
function stepOf(table: Table, interval: number | undefined): number {
  const place = { file: table.file, line: 2, column: 1 };
  if (interval === undefined) {
    const message = "no meter has two usable rows at different times: the step is unknown. Pass slotDuration.";
    throw new InputError("CSV_TOO_SHORT", place, message);
  }
  if (SLOT_DURATIONS.includes(interval)) return interval;
  const message = `rows of a meter are ${interval} s apart; a slot lasts ${SLOT_DURATIONS.join(", ")} s. Pass slotDuration to sum or split.`;
  throw new InputError("STEP_UNSUPPORTED", place, message);
}

/** The separator of the header, the first line that is not empty. */
function delimiterOf(text: string): string {
  const head =
    text
      .slice(0, 2_000)
      .trimStart()
      .split(/[\r\n]/, 1)[0] ?? "";
  const counts = [",", ";", "\t"].map((sign) => ({ sign, count: head.split(sign).length }));
  return counts.reduce((best, each) => (each.count > best.count ? each : best)).sign;
}
