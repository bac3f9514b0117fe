/** Bills and schedule of a run, as the files that `--out` writes. */

import {
  billLinesCsv,
  billsJson,
  billTotalsCsv,
  type NamedBill,
  scheduleCsv,
  type ScheduleEntry,
  scheduleJson,
} from "@wattbook/data/export";
import type { PeriodTrace } from "./trace.ts";

/**
 * Text by file name: a bill per home and period, and what each home bought and sold in each slot. Bills are those the chain
 * settled; relayer fees are not on them.
 * @param names Of the homes, in their order.
 * @param slotDuration Seconds.
 */
export function billFiles(
  names: readonly string[],
  periods: readonly PeriodTrace[],
  slotDuration: number,
): Record<string, string> {
  const bills = periods.flatMap(({ homes }) =>
    homes.flatMap(({ settled }, i): NamedBill[] =>
      settled === undefined ? [] : [{ member: names[i] ?? "", bill: settled.bill }],
    ),
  );
  const entries = bills.flatMap(({ member, bill }): ScheduleEntry[] =>
    bill.lines.map(({ slot, bought, sold }) => ({ member, slot, bought, sold })),
  );
  const schedule = { slotDuration, entries };
  return {
    "bills.csv": billTotalsCsv(bills),
    "bill-lines.csv": billLinesCsv(bills, slotDuration),
    "bills.json": billsJson(bills, slotDuration),
    "schedule.csv": scheduleCsv(schedule),
    "schedule.json": scheduleJson(schedule),
  };
}
