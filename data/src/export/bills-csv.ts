/** Bills as two tables: a row per slot, and a row per bill for what belongs to no slot. */

import { asPeriod, asSeconds, asSignedAmount, asSlot, type Bill, type BillLine } from "@wattbook/sdk/pure";
import { DataError } from "../errors.ts";
import {
  ESTIMATE_COLUMN,
  LINE_FIELDS,
  type NamedBill,
  PRICE_COLUMN,
  priceCell,
  priceFrom,
  TOTAL_FIELDS,
} from "./bill-fields.ts";
import { type CellRow, csvOf, named, rowsOf, safe } from "./cells.ts";
import { quantityOf } from "./fields.ts";
import { formatInterval, parseInterval } from "./intervals.ts";

const LINE_COLUMNS = ["member", "period", "interval", "slot", PRICE_COLUMN, ...LINE_FIELDS.map(({ column }) => column)];
const TOTAL_COLUMNS = ["member", "period", "estimated", ESTIMATE_COLUMN, ...TOTAL_FIELDS.map(({ column }) => column)];

/**
 * The lines of bills, a row per member and slot.
 * @param slotDuration Seconds.
 * @example billLinesCsv([{ member: "Ada", bill }], 900)
 */
export function billLinesCsv(bills: readonly NamedBill[], slotDuration: number): string {
  const rows = bills.flatMap(({ member, bill }) =>
    bill.lines.map((line) => [
      safe(member),
      bill.period.toString(),
      formatInterval({ start: Number(line.start), duration: slotDuration }),
      line.slot.toString(),
      priceCell(line.price) ?? "",
      ...LINE_FIELDS.map(({ key }) => line[key].toString()),
    ]),
  );
  return csvOf(LINE_COLUMNS, rows);
}

/** What belongs to no slot, and the totals: a row per bill. */
export function billTotalsCsv(bills: readonly NamedBill[]): string {
  const rows = bills.map(({ member, bill }) => [
    safe(member),
    bill.period.toString(),
    String(bill.estimated),
    bill.estimate?.toString() ?? "",
    ...TOTAL_FIELDS.map(({ key }) => bill[key].toString()),
  ]);
  return csvOf(TOTAL_COLUMNS, rows);
}

/**
 * Reads both tables back.
 * @throws DataError RECORD_INVALID, COLUMN_MISSING, CSV_MALFORMED
 */
export function billsFromCsv(lines: string, totals: string): NamedBill[] {
  const rows = Map.groupBy(rowsOf(lines, LINE_COLUMNS), keyOf);
  const seen = new Set<string>();
  const bills = rowsOf(totals, TOTAL_COLUMNS).map((row) => {
    const key = keyOf(row);
    if (seen.size === seen.add(key).size) throw new DataError("RECORD_INVALID", `${key} has two rows of totals.`);
    const own = rows.get(key) ?? [];
    rows.delete(key);
    return { member: named(row.get("member") ?? ""), bill: billOf(row, own) };
  });
  const [stray] = rows.keys();
  if (stray !== undefined) throw new DataError("RECORD_INVALID", `lines of ${stray} have no row of totals.`);
  return bills;
}

function keyOf(row: CellRow): string {
  return `period ${row.get("period") ?? ""} of ${row.get("member") ?? ""}`;
}

function billOf(row: CellRow, lines: readonly CellRow[]): Bill {
  const estimated = row.get("estimated");
  if (estimated !== "true" && estimated !== "false") {
    throw new DataError("RECORD_INVALID", `estimated is "${estimated ?? ""}". Write true or false.`);
  }
  const estimate = row.get(ESTIMATE_COLUMN) ?? "";
  const totals = TOTAL_FIELDS.map(({ key, column, as }) => [key, quantityOf<bigint>(row.get(column), column, as)]);
  return {
    period: quantityOf(row.get("period"), "period", asPeriod),
    estimated: estimated === "true",
    estimate: estimate === "" ? null : quantityOf(estimate, ESTIMATE_COLUMN, asSignedAmount),
    lines: lines.map(lineOf),
    ...(Object.fromEntries(totals) as Pick<Bill, (typeof TOTAL_FIELDS)[number]["key"]>),
  };
}

function lineOf(row: CellRow): BillLine {
  const price = row.get(PRICE_COLUMN) ?? "";
  const values = LINE_FIELDS.map(({ key, column, as }) => [key, quantityOf<bigint>(row.get(column), column, as)]);
  return {
    slot: quantityOf(row.get("slot"), "slot", asSlot),
    start: asSeconds(BigInt(parseInterval(row.get("interval") ?? "").start)),
    price: price === "" ? null : priceFrom(price),
    ...(Object.fromEntries(values) as Pick<BillLine, (typeof LINE_FIELDS)[number]["key"]>),
  };
}
