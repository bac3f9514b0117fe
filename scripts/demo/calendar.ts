/** Which rows of a dataset make up which traded day. */

import type { Dataset } from "./dataset.ts";
import { DemoError } from "./errors.ts";
import { MOST_SLOTS_PER_PERIOD } from "./market.ts";
import { formatTime } from "@wattbook/data/import";

const DAY = 86_400;

export interface Calendar {
  /** Seconds per slot. */
  readonly step: number;
  readonly slotsPerPeriod: number;
  readonly slotsPerDay: number;
  /** Row of the first slot of day 1. */
  readonly firstRow: number;
  /** Slot index of that row: unix time / step. */
  readonly firstSlot: number;
  readonly rows: number;
  /** Whole days from `firstRow` on. */
  readonly fullDays: number;
}

/**
 * Day 1 starts with the first full period of the data. A period is a UTC day, or half of one where a day has more slots
 * than a period may hold (steps of 300 s); a day is 24 hours in any case.
 */
export function calendarOf(data: Dataset): Calendar {
  const { start, step } = data;
  const rows = data.loads[0]?.wh.length ?? 0;
  const slotsPerDay = DAY / step;
  const slotsPerPeriod = Math.min(slotsPerDay, MOST_SLOTS_PER_PERIOD);
  const period = slotsPerPeriod * step;
  const first = (Math.ceil(start / period) + data.historyPeriods) * period;
  const firstRow = (first - start) / step;
  const fullDays = Math.max(0, Math.floor((rows - firstRow) / slotsPerDay));
  return { step, slotsPerPeriod, slotsPerDay, firstRow, firstSlot: first / step, rows, fullDays };
}

/** @throws DemoError DAYS_BEYOND_FILE if the data hold fewer whole days. */
export function requireDays(calendar: Calendar, days: number): void {
  if (days <= calendar.fullDays) return;
  const from = formatTime(calendar.firstSlot * calendar.step);
  const message = `${days} day(s) asked for, but the input holds ${calendar.fullDays} whole day(s) from ${from} (UTC) on.`;
  throw new DemoError("DAYS_BEYOND_FILE", message);
}

/** Row of a slot of a day (both from 0) in a series shifted by `shiftDays`; past the last whole day it starts over. */
export function rowOf(calendar: Calendar, day: number, slot: number, shiftDays: number): number {
  return calendar.firstRow + ((day + shiftDays) % calendar.fullDays) * calendar.slotsPerDay + slot;
}
