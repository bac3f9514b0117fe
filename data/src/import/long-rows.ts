/** Rows of a long CSV: their meter, their second of UTC, their values. */

import type { IANAZone } from "luxon";
import { type Decimal, exceeds, parseDecimal } from "../decimal.ts";
import type { Problems } from "../problems.ts";
import { parseStamp } from "../time.ts";
import { type Row, type Table, unmarked } from "./csv.ts";
import type { LongColumns, ValueColumn } from "./long-columns.ts";
import { instantsOf } from "./zones.ts";

/** A row that has a meter and a time. */
export interface RawRow {
  readonly line: number;
  /** Unix seconds, as stamped. */
  readonly time: number;
  /** Undefined where the cell is empty or unusable. */
  readonly imported: Decimal | undefined;
  readonly exported: Decimal | undefined;
}

/** All rows of a meter, in order of the file. */
export type MeterRows = readonly RawRow[];

export interface RowOptions {
  readonly zone: IANAZone | undefined;
  readonly ambiguous?: "order" | "refuse" | undefined;
  readonly decimal?: "." | "," | undefined;
  readonly register: boolean;
}

/** Bounds that catch a wrong unit: per interval, and for a register over a lifetime. */
const MOST_INTERVAL = 10_000_000n;
const MOST_REGISTER = 1_000_000_000_000n;
const MOST_NAME = 200;

/** A row whose time may still be one of two. */
interface Timed {
  readonly row: Row;
  /** Unix seconds, earliest first. */
  readonly instants: readonly number[];
}

/** Rows by meter. What is wrong with a row is named, and the row left out. */
export function readRows(
  table: Table,
  columns: LongColumns,
  options: RowOptions,
  problems: Problems,
): ReadonlyMap<string, MeterRows> {
  const timed = new Map<string, Timed[]>();
  for (const row of table.rows) {
    const name = unmarked(row.cells[columns.meter] ?? "");
    const subject = { meter: name === "" ? undefined : name.slice(0, MOST_NAME), line: row.line };
    if (name === "" || name.length > MOST_NAME) {
      const text = `the meter needs a name of 1 to ${MOST_NAME} characters.`;
      problems.add({ code: "METER_UNNAMED", ...subject, field: "meter", text });
      continue;
    }
    const instants = instantsOfCell(row.cells[columns.time] ?? "", subject, options, problems);
    const rows = timed.get(name) ?? [];
    timed.set(name, rows);
    if (instants.length > 0) rows.push({ row, instants });
  }
  return new Map(
    [...timed].map(([name, rows]) => {
      const settled = settleRepeatedHours(name, rows, options, problems);
      const value = (row: Row, column: ValueColumn) => valueOf(row, column, name, options, problems);
      return [
        name,
        settled.map(({ row, time }) => ({
          line: row.line,
          time,
          imported: value(row, columns.imported),
          exported: columns.exported && value(row, columns.exported),
        })),
      ];
    }),
  );
}

interface RowSubject {
  readonly meter: string | undefined;
  readonly line: number;
}

function instantsOfCell(
  text: string,
  subject: RowSubject,
  { zone }: RowOptions,
  problems: Problems,
): readonly number[] {
  const stamp = parseStamp(text);
  const where = { ...subject, field: "time", value: text };
  if (stamp === undefined) {
    const hint = "unix seconds or ISO 8601 is needed, such as 2021-02-15T00:00Z.";
    problems.add({ code: "NOT_A_TIME", ...where, text: `"${text.slice(0, 40)}" is no time: ${hint}` });
    return [];
  }
  if (!stamp.local) return [stamp.seconds];
  if (zone === undefined) {
    const hint = "Write it, or pass the zone of the file.";
    problems.add({ code: "TIME_WITHOUT_ZONE", ...where, text: `${text} has no offset. ${hint}` });
    return [];
  }
  const instants = instantsOf(zone, stamp.seconds);
  if (instants.length === 0) {
    const hint = "Is the zone right? Write UTC or offsets.";
    problems.add({ code: "TIME_SKIPPED", ...where, text: `clocks in ${zone.name} never showed ${text}. ${hint}` });
  }
  return instants;
}

/**
 * Wall times that occur twice in autumn: the first row of a meter is the earlier, the second the later one; the other way
 * round where the meter's rows run backwards. One row alone, or three, cannot be told apart: they are left out.
 */
function settleRepeatedHours(
  meter: string,
  rows: readonly Timed[],
  { ambiguous = "order" }: RowOptions,
  problems: Problems,
): { readonly row: Row; readonly time: number }[] {
  const twins = new Map<number, number[]>();
  rows.forEach(({ instants }, i) => {
    const [first = 0] = instants;
    if (instants.length === 2) twins.set(first, [...(twins.get(first) ?? []), i]);
  });
  const backwards = (rows.at(-1)?.instants[0] ?? 0) < (rows[0]?.instants[0] ?? 0);
  return rows.flatMap(({ row, instants }, i) => {
    const [first, second] = instants;
    if (first === undefined) return [];
    if (second === undefined) return [{ row, time: first }];
    const same = twins.get(first) ?? [];
    if (ambiguous === "order" && same.length === 2) {
      const isEarlier = (same[0] === i) !== backwards;
      return [{ row, time: isEarlier ? first : second }];
    }
    const why =
      ambiguous === "order" ? `it is there ${same.length} time(s), not twice` : "the option says to refuse it";
    const text = `clocks showed this time twice, and ${why}. The row was left out: write the offset.`;
    problems.add({ code: "TIME_AMBIGUOUS", meter, line: row.line, field: "time", from: first, text });
    return [];
  });
}

function valueOf(
  row: Row,
  column: ValueColumn,
  meter: string,
  { decimal, register }: RowOptions,
  problems: Problems,
): Decimal | undefined {
  const text = row.cells[column.index] ?? "";
  const add = (code: "CELL_MISSING" | "NOT_A_NUMBER" | "NEGATIVE" | "TOO_LARGE", why: string): Decimal | undefined => {
    problems.add({ code, meter, line: row.line, field: column.header, value: text, text: why });
    return undefined;
  };
  if (text === "") return add("CELL_MISSING", "the cell is empty. It stays so: no energy is invented.");
  const value = parseDecimal(decimal === "," ? text.replace(/[.,]/g, (sign) => (sign === "," ? "." : ",")) : text);
  if (value === undefined) {
    return add("NOT_A_NUMBER", `"${text.slice(0, 40)}" is not a number. Decimal commas need the option for them.`);
  }
  if (value.digits < 0n) return add("NEGATIVE", `${text} is negative: imports and exports have columns of their own.`);
  const most = register ? MOST_REGISTER : MOST_INTERVAL;
  if (exceeds(value, most)) return add("TOO_LARGE", `${text} is above ${most}: is the unit right?`);
  return value;
}
