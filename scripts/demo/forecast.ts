/** What a home counts on in a slot before its gate closes. */

import { type Calendar, rowOf } from "./calendar.ts";
import { type Home, someAt, whAt } from "./homes.ts";

/** Rows that a forecast rests on, and why. */
export interface Basis {
  readonly rows: readonly number[];
  readonly kind: "past" | "following" | "neighbour";
}

const DAYS = [1, 2];

/** Seconds before a period's start at which its orders are posted: its first gate closes 300 s before the start. */
export const POSTING_LEAD = 900;

/**
 * The same slot on the last two days, as far as the input reaches back. A day counts only if its slot is over when the
 * period's orders are posted: for the last slot of a day-long period yesterday comes too late. The input's first day has no yesterday: there the two
 * following days stand in for it, and in an input of a single day the neighbouring slot. Never the value itself, so a
 * forecast is always a guess.
 */
export function basisOf(calendar: Calendar, row: number): Basis {
  const { slotsPerDay, rows } = calendar;
  const inside = (candidates: number[]) => candidates.filter((candidate) => candidate >= 0 && candidate < rows);
  const past = inside(daysKnown(calendar, row).map((day) => row - day * slotsPerDay));
  if (past.length > 0) return { rows: past, kind: "past" };
  const following = inside(DAYS.map((day) => row + day * slotsPerDay));
  if (following.length > 0) return { rows: following, kind: "following" };
  return { rows: inside([row - 1, row + 1]).slice(0, 1), kind: "neighbour" };
}

/**
 * Forecast net of a home in a slot of a day (both from 0), Wh: positive from the grid, negative into it. What its battery and
 * its car did counts like everything else behind the meter.
 *
 * Yesterday's value, or that of the day before where it is closer to zero; zero where one day needed and the other had a
 * surplus. A home trades what it can count on: energy that was sold and does not come costs the import price, energy that was
 * bought and not needed brings the export price only. With yesterday alone most PV owners end up behind the retailer.
 */
export function forecastOf(home: Home, calendar: Calendar, day: number, slot: number): bigint {
  const used = valuesAt(
    basisOf(calendar, rowOf(calendar, day, slot, home.shiftDays)),
    (row) => whAt(home.load, row) + someAt(home.charge, row) - someAt(home.discharge, row),
  );
  const sun = basisOf(calendar, rowOf(calendar, day, slot, home.sunShiftDays));
  const made = valuesAt(sun, (row) => someAt(home.pv, row));
  return common(used[0] - made[0], used[1] - made[1]);
}

/** Whether a home's forecast of a slot rests on something else than its past. */
export function isStandIn(home: Home, calendar: Calendar, day: number, slot: number): boolean {
  const shifts = home.pv === undefined ? [home.shiftDays] : [home.shiftDays, home.sunShiftDays];
  return shifts.some((shift) => basisOf(calendar, rowOf(calendar, day, slot, shift)).kind !== "past");
}

/** Which of the last days are over, slot by slot, when orders for a row are posted. */
function daysKnown({ step, slotsPerDay, slotsPerPeriod, firstRow }: Calendar, row: number): number[] {
  const offset = modulo(row - firstRow, slotsPerPeriod);
  return DAYS.filter((day) => (day * slotsPerDay - offset - 1) * step >= POSTING_LEAD);
}

function modulo(value: number, length: number): number {
  return ((value % length) + length) % length;
}

/** The values of the one or two rows of a basis; of a single one, twice. */
function valuesAt({ rows }: Basis, at: (row: number) => bigint): [bigint, bigint] {
  const [first = 0n, second = first] = rows.map(at);
  return [first, second];
}

/** What two amounts have in common: the one closer to zero, or zero if their signs differ. */
function common(a: bigint, b: bigint): bigint {
  if (a > 0n && b > 0n) return a < b ? a : b;
  if (a < 0n && b < 0n) return a > b ? a : b;
  return 0n;
}
