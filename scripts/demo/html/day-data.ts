/** A day of the community on the page. */

import type { AcceptedEntry } from "@wattbook/sdk";
import type { SlotRecord } from "../files.ts";
import type { PeriodTrace } from "../trace.ts";
import { bookData, type HomeOrders } from "./book.ts";
import { columnOf } from "./columns.ts";
import type { BookData, DayData } from "./data.ts";
import { longDate } from "./text.ts";

/** @param records The day's slots. @param periods Its periods, in order. */
export function dayData(records: readonly SlotRecord[], periods: readonly PeriodTrace[]): DayData {
  const column = (value: (record: SlotRecord) => bigint | undefined) => columnOf(records.map(value));
  const start = records[0]?.start ?? 0;
  return {
    label: longDate(start),
    start,
    slots: records.length,
    load: column(({ loadWh }) => loadWh),
    pv: column(({ pvWh }) => pvWh),
    traded: column(({ tradedWh }) => tradedWh),
    price: column(({ price }) => price),
    books: periods.flatMap(booksOf),
  };
}

function booksOf({ homes, clearings }: PeriodTrace): BookData[] {
  const perHome = homes.map(({ settled }) => byOffset(settled?.entries ?? []));
  return clearings.map((clearing, k) => {
    const orders = perHome.map((offsets): HomeOrders => offsets.get(k) ?? []);
    return bookData(orders, clearing);
  });
}

function byOffset(entries: readonly AcceptedEntry[]): Map<number, AcceptedEntry[]> {
  const slots = new Map<number, AcceptedEntry[]>();
  for (const entry of entries) {
    const offset = Number(entry.offset);
    slots.set(offset, [...(slots.get(offset) ?? []), entry]);
  }
  return slots;
}
