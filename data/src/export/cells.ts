/** Text in CSV cells: exact, and harmless when a spreadsheet opens the file. */

import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import { DataError, reasonOf } from "../errors.ts";

/** What spreadsheets take for the start of a formula, and our own mark. */
const RISKY = /^[=+\-@\t\r\n'\uFF0B\uFF0D\uFF1D\uFF20]/;

/**
 * A name as a cell that no spreadsheet computes: with an apostrophe before it where it starts like a formula. `named` takes
 * it away again. Numbers need no such mark: they are written by us.
 * @example safe("=1+1") // "'=1+1"
 */
export function safe(text: string): string {
  return RISKY.test(text) ? `'${text}` : text;
}

/** The inverse of `safe`. */
export function named(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell;
}

/** Lines of cells as CSV with a header; lines end with a line feed. */
export function csvOf(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return stringify([[...columns], ...rows.map((row) => [...row])], { record_delimiter: "unix" });
}

/** A row of a CSV that this package wrote: cells by column. */
export type CellRow = ReadonlyMap<string, string>;

/**
 * Rows of a CSV that this package wrote.
 * @throws DataError CSV_MALFORMED, COLUMN_MISSING
 */
export function rowsOf(text: string, columns: readonly string[]): CellRow[] {
  let records: string[][];
  try {
    records = parse(text, { bom: true });
  } catch (cause) {
    throw new DataError("CSV_MALFORMED", `the text is no CSV: ${reasonOf(cause)}.`, { cause });
  }
  const [head = [], ...rows] = records;
  for (const column of columns) {
    if (!head.includes(column))
      throw new DataError("COLUMN_MISSING", `column "${column}" is missing: is this the right file?`);
  }
  return rows.map((row) => new Map(head.map((column, i) => [column, row[i] ?? ""])));
}
