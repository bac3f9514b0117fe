/** Load and PV series of a community, in whole Wh per slot. */

import { placeOf, readTable, type Row, type Table } from "./csv.ts";
import { type Decimal, exceeds, parseDecimal } from "./decimal.ts";
import { cumulativeFloorWh, type Fraction, loadFactor, type LoadUnit, pvFactor } from "./energy.ts";
import { InputError } from "./errors.ts";
import { checkSteps } from "./steps.ts";
import { parseTime } from "./time.ts";

/** One column: Wh per row. */
export interface Series {
  readonly name: string;
  readonly wh: readonly bigint[];
}

/** Series over one time axis without gaps. */
export interface Dataset {
  /** True where a formula made the values. */
  readonly synthetic: boolean;
  /** Unix seconds of the first row. */
  readonly start: number;
  /** Seconds per row: the community's slot. */
  readonly step: number;
  /** Full periods at the start that only serve as yesterday and are not traded. */
  readonly historyPeriods: number;
  readonly loads: readonly Series[];
  /** For one plant of the configured size. */
  readonly pvs: readonly Series[];
}

/** How the columns of a file are meant. */
export interface ColumnOptions {
  readonly loadUnit: LoadUnit;
  /** Size of every plant, kWp. */
  readonly pvKwp: Decimal;
}

const PV_SUFFIX = "_pu";
/** Bounds that catch a wrong unit: 10 MW or 10 MWh per row, and twice the peak power. */
const MOST_LOAD = 10_000_000n;
const MOST_PER_UNIT = 2n;

/** Reads a file: first column time, columns ending `_pu` PV per unit of peak power, all others load. */
export async function readDataset(path: string, options: ColumnOptions): Promise<Dataset> {
  return datasetOf(await readTable(path), options);
}

/** Interprets a table. @throws InputError with file, line and column. */
export function datasetOf(table: Table, options: ColumnOptions): Dataset {
  const columns = table.headers.map((header, index) => ({ header, index })).slice(1);
  const pvColumns = columns.filter(({ header }) => header.endsWith(PV_SUFFIX));
  const loadColumns = columns.filter(({ header }) => !header.endsWith(PV_SUFFIX));
  requireColumns(table, loadColumns.length, "no load column: at least one must not end in _pu.");
  requireColumns(table, pvColumns.length, "no PV column: at least one must end in _pu, or nobody can sell.");
  const times = table.rows.map((row) => ({ time: timeCell(table, row), place: placeOf(table, row, 0) }));
  const step = checkSteps(times);
  const start = times[0]?.time ?? 0;
  if (step === 0) {
    const place = { file: table.file, line: table.rows[0]?.line ?? 1, column: 1 };
    throw new InputError("CSV_TOO_SHORT", place, "one row is not enough to tell the time step.");
  }
  const series = (most: bigint, factor: Fraction) => (column: { header: string; index: number }) => ({
    name: column.header,
    wh: cumulativeFloorWh(numbers(table, column.index, most), factor),
  });
  return {
    synthetic: false,
    start,
    step,
    historyPeriods: 0,
    loads: loadColumns.map(series(MOST_LOAD, loadFactor(options.loadUnit, step))),
    pvs: pvColumns.map(series(MOST_PER_UNIT, pvFactor(options.pvKwp, step))),
  };
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
      throw fail("CELL_MISSING", "the cell is empty. Fill it in the file: the demo does not invent energy.");
    const value = parseDecimal(text);
    if (value === undefined) throw fail("NOT_A_NUMBER", `"${text}" is not a number.`);
    if (value.digits < 0n) throw fail("NEGATIVE", `${text} is negative.`);
    if (exceeds(value, most)) throw fail("TOO_LARGE", `${text} is above ${most}: is the unit right?`);
    return value;
  });
}
