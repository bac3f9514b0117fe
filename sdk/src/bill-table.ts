/** A bill as plain text cells, for CSV and JSON: integers as decimal strings, since JSON numbers would round them. */
import type { Bill, BillLine } from "./bill.ts";
import { formatTime } from "./calendar.ts";
import type { SharedSlot } from "./sharing/parts.ts";
import { formatSlotPrice } from "./slot-price.ts";

/** Columns of a bill, in order. Energy in Wh, money in base units, price in base units per Wh, see `formatSlotPrice`. */
export const BILL_COLUMNS = [
  "start",
  "slot",
  "bought",
  "sold",
  "price",
  "imported",
  "exported",
  "imbalance",
  "paid",
  "received",
  "networkFee",
  "gridLeg",
  "total",
] as const;

/** Further columns where a community shares after the fact, Wh: what all together gave and took, and what changed hands. */
export const SHARED_COLUMNS = ["supply", "demand", "shared"] as const;

/** Name of a column. */
export type BillColumn = (typeof BILL_COLUMNS)[number] | (typeof SHARED_COLUMNS)[number];

/** One slot as text; `price` is empty where there is none, `start` is UTC. */
export type BillRow = Readonly<
  Record<(typeof BILL_COLUMNS)[number], string> & Partial<Record<(typeof SHARED_COLUMNS)[number], string>>
>;

/** Parts of a bill that belong to no slot. */
export const BILL_TOTALS = [
  "gapLeg",
  "settlementFee",
  "otherPaid",
  "otherReceived",
  "lost",
  "total",
  "retailOnly",
  "withoutFeedIn",
  "saving",
] as const;

/** A bill as text; safe for `JSON.stringify`. */
export interface BillTable {
  readonly period: string;
  readonly estimated: boolean;
  /** Grid leg of the estimate that a late reading replaced; null where none did. */
  readonly estimate: string | null;
  readonly columns: readonly BillColumn[];
  readonly rows: readonly BillRow[];
  readonly totals: Readonly<Record<(typeof BILL_TOTALS)[number], string>>;
}

/**
 * A bill as text.
 * @param shared The slots of the community, where it shares: they make the further columns.
 * @example JSON.parse(JSON.stringify(billTable(bill))).totals.retailOnly // "-80000"
 */
export function billTable(bill: Bill, shared: readonly SharedSlot[] = []): BillTable {
  const { gapLeg, settlementFee, otherPaid, otherReceived, lost, total, retailOnly, withoutFeedIn, saving } = bill;
  return {
    period: bill.period.toString(),
    estimated: bill.estimated,
    estimate: bill.estimate === null ? null : bill.estimate.toString(),
    columns: [...BILL_COLUMNS, ...(shared.length === 0 ? [] : SHARED_COLUMNS)],
    rows: bill.lines.map((line, index) => ({ ...rowOf(line), ...sharedTexts(shared[index]) })),
    totals: texts({
      ...{ gapLeg, settlementFee, otherPaid, otherReceived, lost },
      ...{ total, retailOnly, withoutFeedIn, saving },
    }),
  };
}

/**
 * The lines of a bill as CSV: a header and one line per slot. No cell needs quotes.
 * @example billCsv(billTable(bill)).slice(0, 28) // "start,slot,bought,sold,price"
 */
export function billCsv(table: Pick<BillTable, "columns" | "rows">): string {
  const lines = table.rows.map((row) => table.columns.map((column) => row[column] ?? "").join(","));
  return `${[table.columns.join(","), ...lines].join("\n")}\n`;
}

function rowOf(line: BillLine): BillRow {
  const { start, price, ...rest } = line;
  return { ...texts(rest), start: formatTime(start), price: price === null ? "" : formatSlotPrice(price) };
}

function sharedTexts(slot: SharedSlot | undefined) {
  if (slot === undefined) return {};
  const { supply, demand, shared } = slot;
  return texts({ supply, demand, shared });
}

function texts<K extends string>(values: Readonly<Record<K, bigint>>): Record<K, string> {
  const entries = Object.entries<bigint>(values).map(([key, value]) => [key, value.toString()]);
  return Object.fromEntries(entries) as Record<K, string>;
}
