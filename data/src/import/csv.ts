/** A CSV file as text cells that know where they stand. */

import { CsvError, parse } from "csv-parse/sync";
import { InputError, type Place, reasonOf } from "../errors.ts";
import { checkSize } from "./size.ts";

/** A table: the header row, and rows with exactly as many cells. */
export interface Table {
  /** File name without its folder, for messages. */
  readonly file: string;
  readonly headers: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * Cuts separated text into cells, trimmed; empty lines do not count.
 * @param file Name for messages.
 * @throws InputError with file, line and column
 */
export function parseTable(text: string, file: string, options: TableOptions = {}): Table {
  const { delimiter = ",", onBadRow = refuse } = options;
  checkSize(text, file);
  const [head, ...rows] = records(text, file, delimiter);
  if (head === undefined) throw new InputError("CSV_EMPTY", { file, line: 1, column: 1 }, "the file is empty.");
  checkHeaders(head.cells, file);
  if (rows.length === 0) {
    throw new InputError("CSV_EMPTY", { file, line: head.line + 1, column: 1 }, "there is no row below the header.");
  }
  const table = { file, headers: head.cells, rows };
  return { ...table, rows: rows.filter((row) => hasWidth(table, row, onBadRow)) };
}

/** How a text is cut. */
export interface TableOptions {
  readonly delimiter?: string;
  /** Takes the error of a row that is too short or too long; the row is then left out. Default: the error is thrown. */
  readonly onBadRow?: (error: InputError) => void;
}

function refuse(error: InputError): never {
  throw error;
}

/** A mark of our exporters before a name, lest a spreadsheet take it for a formula. */
const MARKED = /^'([=+\-@'\uFF0B\uFF0D\uFF1D\uFF20])/;

/** A name without that mark. */
export function unmarked(name: string): string {
  return name.replace(MARKED, "$1");
}

/** Where a cell stands; `index` counts columns from 0. */
export function placeOf(table: Table, row: Row, index: number): Place {
  return { file: table.file, line: row.line, column: index + 1, header: table.headers[index] };
}

function records(text: string, file: string, delimiter: string): Row[] {
  try {
    const options = {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    } as const;
    const parsed = parse(text, options) as unknown as { info: { lines: number }; record: string[] }[];
    return parsed.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (cause) {
    const lines = cause instanceof CsvError ? Number(cause["lines"]) : Number.NaN;
    const place = { file, line: Number.isInteger(lines) ? lines : 1, column: 1 };
    throw new InputError("CSV_MALFORMED", place, reasonOf(cause), { cause });
  }
}

function checkHeaders(headers: readonly string[], file: string): void {
  if (headers.length === 1) {
    const message = "one column only: more are needed, with commas between them.";
    throw new InputError("COLUMN_MISSING", { file, line: 1, column: 2 }, message);
  }
  headers.forEach((header, i) => {
    const place = { file, line: 1, column: i + 1 };
    if (header === "") throw new InputError("COLUMN_MISSING", place, "the column has no name.");
    if (headers.indexOf(header) < i) throw new InputError("COLUMN_DUPLICATE", place, `"${header}" is there twice.`);
  });
}

function hasWidth(table: Table, row: Row, onBadRow: (error: InputError) => void): boolean {
  const { length } = table.headers;
  if (row.cells.length === length) return true;
  if (row.cells.length < length) {
    const message = `the row ends here; the header names ${length} columns.`;
    onBadRow(new InputError("CELL_MISSING", placeOf(table, row, row.cells.length), message));
  } else {
    const message = `the row has ${row.cells.length} cells; the header names ${length} columns.`;
    onBadRow(new InputError("CELL_SURPLUS", placeOf(table, row, length), message));
  }
  return false;
}
