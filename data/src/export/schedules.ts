/** Schedules: what members bought and sold in each slot when it cleared, for whoever plans or operates the grid. */

import { asSlot, asWh, type Position, type Slot } from "@wattbook/sdk/pure";
import { DataError } from "../errors.ts";
import { csvOf, named, rowsOf, safe } from "./cells.ts";
import { documentOf, listOf, quantityOf, recordOf, textOf } from "./fields.ts";
import { formatInterval, parseInterval } from "./intervals.ts";

/** A member's cleared position in a slot. */
export interface ScheduleEntry extends Position {
  readonly member: string;
  readonly slot: Slot;
}

/** Positions of any members and slots. */
export interface Schedule {
  /** Seconds. */
  readonly slotDuration: number;
  readonly entries: readonly ScheduleEntry[];
}

const FORMAT = "wattbook-schedule";
const COLUMNS = ["member", "interval", "slot", "bought_wh", "sold_wh"];

/**
 * Positions of a period, as `positionOf` gives them, as entries of a schedule.
 * @param first Slot of the first position.
 * @example
 * const [first = asSlot(0n)] = slotsOf(terms, period);
 * scheduleOf("Ada", first, position)
 */
export function scheduleOf(member: string, first: Slot, positions: readonly Position[]): ScheduleEntry[] {
  return positions.map(({ bought, sold }, i) => ({ member, slot: asSlot(first + BigInt(i)), bought, sold }));
}

/** A schedule as CSV, a row per member and slot. */
export function scheduleCsv({ slotDuration, entries }: Schedule): string {
  const rows = entries.map(({ member, slot, bought, sold }) => [
    safe(member),
    intervalOf(slot, slotDuration),
    ...[slot, bought, sold].map(String),
  ]);
  return csvOf(COLUMNS, rows);
}

/** A schedule as JSON, integers as text. */
export function scheduleJson({ slotDuration, entries }: Schedule): string {
  const list = entries.map(({ member, slot, bought, sold }) => ({
    member,
    interval: intervalOf(slot, slotDuration),
    slot: slot.toString(),
    bought_wh: bought.toString(),
    sold_wh: sold.toString(),
  }));
  return `${JSON.stringify({ format: FORMAT, version: 1, slotDuration, entries: list }, null, 2)}\n`;
}

/** Reads a schedule back; of an empty one the slot duration is 0. @throws DataError with a code */
export function scheduleFromCsv(text: string): Schedule {
  const rows = rowsOf(text, COLUMNS);
  const slotDuration = rows[0] === undefined ? 0 : parseInterval(rows[0].get("interval") ?? "").duration;
  const entries = rows.map((row) => entryOf(named(row.get("member") ?? ""), slotDuration, (column) => row.get(column)));
  return { slotDuration, entries };
}

/** Reads a schedule back. @throws DataError RECORD_INVALID */
export function scheduleFromJson(text: string): Schedule {
  const { slotDuration, entries } = documentOf(text, FORMAT);
  if (typeof slotDuration !== "number" || !Number.isInteger(slotDuration) || slotDuration < 0) {
    throw new DataError("RECORD_INVALID", `slotDuration is ${JSON.stringify(slotDuration)}. Whole seconds are needed.`);
  }
  const list = listOf(entries, "entries").map((each, i) => {
    const record = recordOf(each, `entries[${i}]`);
    return entryOf(textOf(record["member"], "member"), slotDuration, (column) => record[column]);
  });
  return { slotDuration, entries: list };
}

function entryOf(member: string, slotDuration: number, at: (column: string) => unknown): ScheduleEntry {
  const slot = quantityOf(at("slot"), "slot", asSlot);
  const { start, duration } = parseInterval(textOf(at("interval"), "interval"));
  if (start !== Number(slot) * slotDuration || duration !== slotDuration) {
    const message = `slot ${slot} of ${slotDuration} s is not ${intervalOf(slot, slotDuration)}, as its interval says. Correct one.`;
    throw new DataError("RECORD_INVALID", message);
  }
  return {
    member,
    slot,
    bought: quantityOf(at("bought_wh"), "bought_wh", asWh),
    sold: quantityOf(at("sold_wh"), "sold_wh", asWh),
  };
}

function intervalOf(slot: Slot, duration: number): string {
  return formatInterval({ start: Number(slot) * duration, duration });
}
