/** Bills as JSON: integers as decimal text, since JSON numbers lose digits beyond 2^53. */

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
import { documentOf, listOf, quantityOf, recordOf, textOf } from "./fields.ts";
import { formatInterval, parseInterval } from "./intervals.ts";

const FORMAT = "wattbook-bills";

/**
 * Bills as one JSON document; keys carry the same units as the columns of the CSV.
 * @param slotDuration Seconds.
 * @example billsJson([{ member: "Ada", bill }], 900)
 */
export function billsJson(bills: readonly NamedBill[], slotDuration: number): string {
  const document = {
    format: FORMAT,
    version: 1,
    slotDuration,
    bills: bills.map((each) => billRecord(each, slotDuration)),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function billRecord({ member, bill }: NamedBill, duration: number) {
  return {
    member,
    period: bill.period.toString(),
    estimated: bill.estimated,
    [ESTIMATE_COLUMN]: bill.estimate?.toString() ?? null,
    ...Object.fromEntries(TOTAL_FIELDS.map(({ key, column }) => [column, bill[key].toString()])),
    lines: bill.lines.map((line) => ({
      interval: formatInterval({ start: Number(line.start), duration }),
      slot: line.slot.toString(),
      [PRICE_COLUMN]: priceCell(line.price),
      ...Object.fromEntries(LINE_FIELDS.map(({ key, column }) => [column, line[key].toString()])),
    })),
  };
}

/** Reads bills back. @throws DataError RECORD_INVALID */
export function billsFromJson(text: string): NamedBill[] {
  const { bills } = documentOf(text, FORMAT);
  return listOf(bills, "bills").map((each, i) => {
    const record = recordOf(each, `bills[${i}]`);
    return { member: textOf(record["member"], "member"), bill: billOf(record) };
  });
}

function billOf(record: Readonly<Record<string, unknown>>): Bill {
  const { estimated } = record;
  if (typeof estimated !== "boolean") throw new DataError("RECORD_INVALID", "estimated must be true or false.");
  const estimate = record[ESTIMATE_COLUMN];
  const totals = TOTAL_FIELDS.map(({ key, column, as }) => [key, quantityOf<bigint>(record[column], column, as)]);
  return {
    period: quantityOf(record["period"], "period", asPeriod),
    estimated,
    estimate: estimate === null ? null : quantityOf(estimate, ESTIMATE_COLUMN, asSignedAmount),
    lines: listOf(record["lines"], "lines").map((line, i) => lineOf(recordOf(line, `lines[${i}]`))),
    ...(Object.fromEntries(totals) as Pick<Bill, (typeof TOTAL_FIELDS)[number]["key"]>),
  };
}

function lineOf(record: Readonly<Record<string, unknown>>): BillLine {
  const price = record[PRICE_COLUMN];
  const values = LINE_FIELDS.map(({ key, column, as }) => [key, quantityOf<bigint>(record[column], column, as)]);
  return {
    slot: quantityOf(record["slot"], "slot", asSlot),
    start: asSeconds(BigInt(parseInterval(textOf(record["interval"], "interval")).start)),
    price: price === null ? null : priceFrom(price),
    ...(Object.fromEntries(values) as Pick<BillLine, (typeof LINE_FIELDS)[number]["key"]>),
  };
}
