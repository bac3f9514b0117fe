/** A CSV file as text cells that know where they stand. */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { DemoError, InputError, type Place } from "./errors.ts";

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

/** Reads a file. @throws DemoError FILE_UNREADABLE, InputError for its contents. */
export async function readTable(path: string): Promise<Table> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new DemoError("FILE_UNREADABLE", `${path}: cannot be read (${reason(cause)}).`, { cause });
  }
  return parseTable(text, basename(path));
}

/** Cuts comma-separated text into cells, trimmed; empty lines do not count. */
export function parseTable(text: string, file: string): Table {
  const [head, ...rows] = records(text, file);
  if (head === undefined) throw new InputError("CSV_EMPTY", { file, line: 1, column: 1 }, "the file is empty.");
  checkHeaders(head.cells, file);
  if (rows.length === 0) {
    throw new InputError("CSV_EMPTY", { file, line: head.line + 1, column: 1 }, "there is no row below the header.");
  }
  const table = { file, headers: head.cells, rows };
  for (const row of rows) checkWidth(table, row);
  return table;
}

/** Where a cell stands; `index` counts columns from 0. */
export function placeOf(table: Table, row: Row, index: number): Place {
  return { file: table.file, line: row.line, column: index + 1, header: table.headers[index] };
}

function records(text: string, file: string): Row[] {
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    const parsed = parse(text, options) as unknown as { info: { lines: number }; record: string[] }[];
    return parsed.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (cause) {
    const lines = cause instanceof CsvError ? Number(cause["lines"]) : Number.NaN;
    const place = { file, line: Number.isInteger(lines) ? lines : 1, column: 1 };
    throw new InputError("CSV_MALFORMED", place, reason(cause), { cause });
  }
}

function checkHeaders(headers: readonly string[], file: string): void {
  if (headers.length === 1) {
    const message = "one column only: time, loads and PV are needed, with commas between them.";
    throw new InputError("COLUMN_MISSING", { file, line: 1, column: 2 }, message);
  }
  headers.forEach((header, i) => {
    const place = { file, line: 1, column: i + 1 };
    if (header === "") throw new InputError("COLUMN_MISSING", place, "the column has no name.");
    if (headers.indexOf(header) < i) throw new InputError("COLUMN_DUPLICATE", place, `"${header}" is there twice.`);
  });
}

function checkWidth(table: Table, row: Row): void {
  const { length } = table.headers;
  if (row.cells.length < length) {
    const message = `the row ends here; the header names ${length} columns.`;
    throw new InputError("CELL_MISSING", placeOf(table, row, row.cells.length), message);
  }
  if (row.cells.length > length) {
    const message = `the row has ${row.cells.length} cells; the header names ${length} columns.`;
    throw new InputError("CELL_SURPLUS", placeOf(table, row, length), message);
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
