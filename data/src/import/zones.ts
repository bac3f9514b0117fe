/** Local times: what a wall clock shows, in which seconds of UTC it can have shown it, and the days it changes. */

import { DateTime, IANAZone } from "luxon";
import { DataError } from "../errors.ts";
import type { ClockChange } from "../shape.ts";

const DAY = 86_400;

/**
 * A time zone by its IANA name.
 * @throws DataError OPTION_INVALID
 * @example
 * zoneOf("Europe/Amsterdam").name; // "Europe/Amsterdam"
 */
export function zoneOf(name: string): IANAZone {
  const zone = IANAZone.create(name);
  if (zone.isValid) return zone;
  throw new DataError("OPTION_INVALID", `zone is "${name}". Pass an IANA name such as Europe/Berlin or UTC.`);
}

/** Seconds east of Greenwich at a unix time. */
export function offsetAt(zone: IANAZone, unixSeconds: number): number {
  return zone.offset(unixSeconds * 1000) * 60;
}

/**
 * All unix times at which clocks in a zone show a wall time, earliest first: none where clocks skip it in spring, two where
 * they repeat it in autumn.
 * @param local The wall time read as if it were UTC, seconds.
 * @example
 * instantsOf(zoneOf("Europe/Amsterdam"), Date.UTC(2026, 9, 25, 2, 30) / 1000); // [1792888200, 1792891800]
 */
export function instantsOf(zone: IANAZone, local: number): number[] {
  const offsets = new Set([offsetAt(zone, local - DAY), offsetAt(zone, local + DAY)]);
  return [...offsets]
    .map((offset) => ({ offset, time: local - offset }))
    .filter(({ offset, time }) => offsetAt(zone, time) === offset)
    .map(({ time }) => time)
    .sort((a, b) => a - b);
}

/** Local days that lie wholly in `[start, end)` and are not 24 hours long. */
export function clockChangesOf(zone: IANAZone, start: number, end: number, slotDuration: number): ClockChange[] {
  const changes: ClockChange[] = [];
  let day = DateTime.fromSeconds(start, { zone }).startOf("day");
  if (day.toSeconds() < start) day = day.plus({ days: 1 });
  for (;;) {
    const next = day.plus({ days: 1 }).startOf("day");
    if (!next.isValid || next.toSeconds() > end || next.toSeconds() <= day.toSeconds()) return changes;
    const seconds = next.toSeconds() - day.toSeconds();
    if (seconds !== DAY) changes.push({ date: day.toISODate() ?? "", slots: seconds / slotDuration });
    day = next;
  }
}
