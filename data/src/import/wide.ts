/** The project's own wide CSV: a row per slot, a column per load or plant. */

import { parseTable, placeOf, type Row, type Table, unmarked } from "./csv.ts";
import { type Decimal, exceeds, parseDecimal } from "../decimal.ts";
import { cumulativeFloorWh, type Fraction, loadFactor, type LoadUnit, pvFactor } from "../energy.ts";
import { InputError } from "../errors.ts";
import type { Meter, MeterData } from "../shape.ts";
import { checkSteps } from "./steps.ts";
import { parseTime } from "../time.ts";

/** How the columns of a file are meant. */
export interface WideOptions {
  readonly loadUnit: LoadUnit;
  /** Size of every plant, kWp. */
  readonly pvKwp: Decimal;
}

const PV_SUFFIX = "_pu";
/** Bounds that catch a wrong unit: 10 MW or 10 MWh per row, and twice the peak power. */
const MOST_LOAD = 10_000_000n;
const MOST_PER_UNIT = 2n;

/**
 * Reads a wide CSV: first column time (unix seconds or ISO 8601; without an offset it is UTC), columns ending `_pu` PV per
 * unit of peak power, all others load. Rows stand on one axis without a gap: nothing is skipped, the first flaw is an error.
 * @param file Name for messages.
 * @throws InputError with file, line and column
 * @example
 * importWide("time,home,roof_pu\n0,400,0.5\n900,400,0.5", "homes.csv", { loadUnit: "W", pvKwp: { digits: 5n, scale: 0 } });
 */
export function importWide(text: string, file: string, options: WideOptions): MeterData {
  const table = parseTable(text, file);
  const columns = table.headers.map((header, index) => ({ header, index })).slice(1);
  const pvColumns = columns.filter(({ header }) => header.endsWith(PV_SUFFIX));
  const loadColumns = columns.filter(({ header }) => !header.endsWith(PV_SUFFIX));
  requireColumns(table, loadColumns.length, "no load column: at least one must not end in _pu.");
  requireColumns(table, pvColumns.length, "no PV column: at least one must end in _pu, or nobody can sell.");
  const times = table.rows.map((row) => ({ time: timeCell(table, row), place: placeOf(table, row, 0) }));
  const slotDuration = checkSteps(times);
  const start = times[0]?.time ?? 0;
  if (slotDuration === 0) {
    const place = { file: table.file, line: table.rows[0]?.line ?? 1, column: 1 };
    throw new InputError("CSV_TOO_SHORT", place, "one row is not enough to tell the time step.");
  }
  const none = times.map(() => 0n);
  const quality = times.map(() => "measured" as const);
  const energy = (column: Column, most: bigint, factor: Fraction) =>
    cumulativeFloorWh(numbers(table, column.index, most), factor);
  const loads = loadColumns.map((column): Meter => {
    const imported = energy(column, MOST_LOAD, loadFactor(options.loadUnit, slotDuration));
    return { name: unmarked(column.header), kind: "load", imported, exported: none, quality };
  });
  const plants = pvColumns.map((column): Meter => {
    const exported = energy(column, MOST_PER_UNIT, pvFactor(options.pvKwp, slotDuration));
    return { name: unmarked(column.header), kind: "plant", imported: none, exported, quality };
  });
  return {
    provenance: {
      format: "wide",
      source: file,
      unit: `${options.loadUnit}, per unit of peak power`,
      values: "interval",
      clockChanges: [],
      rounding: "running total, down",
    },
    slotDuration,
    start,
    slots: times.length,
    meters: [...loads, ...plants],
    problems: [],
  };
}

interface Column {
  readonly header: string;
  readonly index: number;
}

function requireColumns(table: Table, count: number, message: string): void {
  const place = { file: table.file, line: 1, column: table.headers.length + 1 };
  if (count === 0) throw new InputError("COLUMN_MISSING", place, message);
}

function timeCell(table: Table, row: Row): number {
  const text = row.cells[0] ?? "";
  const time = parseTime(text);
  if (time !== undefined) return time;
  const message = `"${text}" is no time: the first column holds unix seconds or ISO 8601, such as 2021-02-15T00:00Z.`;
  throw new InputError("NOT_A_TIME", placeOf(table, row, 0), message);
}

function numbers(table: Table, index: number, most: bigint): Decimal[] {
  return table.rows.map((row) => {
    const text = row.cells[index] ?? "";
    const fail = (code: "CELL_MISSING" | "NOT_A_NUMBER" | "NEGATIVE" | "TOO_LARGE", message: string) =>
      new InputError(code, placeOf(table, row, index), message);
    if (text === "")
      throw fail("CELL_MISSING", "the cell is empty. Fill it in the file: an importer does not invent energy.");
    const value = parseDecimal(text);
    if (value === undefined) throw fail("NOT_A_NUMBER", `"${text}" is not a number.`);
    if (value.digits < 0n) throw fail("NEGATIVE", `${text} is negative.`);
    if (exceeds(value, most)) throw fail("TOO_LARGE", `${text} is above ${most}: is the unit right?`);
    return value;
  });
}
