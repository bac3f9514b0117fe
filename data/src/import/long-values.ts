/** Values of a long CSV, to readings: interval by interval, or between register values. */

import type { Decimal } from "../decimal.ts";
import { pow10 } from "../decimal.ts";
import type { Problems } from "../problems.ts";
import { formatTime } from "../time.ts";
import type { Reading, Subject } from "./assemble.ts";
import { energyOf, type EnergyUnit, isPower } from "./units.ts";

/** A row of one direction. */
export interface ValueRow {
  readonly line: number;
  readonly time: number;
  readonly value: Decimal | undefined;
}

/**
 * Energy or mean power of intervals.
 * @param duration Seconds that each interval lasts.
 * @param atEnd Whether a time is the end of its interval.
 */
export function intervalReadings(
  rows: readonly ValueRow[],
  unit: EnergyUnit,
  duration: number,
  atEnd: boolean,
): Reading[] {
  return rows.flatMap(({ line, time, value }): Reading[] => {
    if (value === undefined) return [];
    const start = atEnd ? time - duration : time;
    return [{ start, duration, wh: energyOf(value, unit, duration), quality: "measured", line }];
  });
}

/**
 * Differences of a register between successive times; the last value only ends the interval before it. Values may be any
 * time apart: an interval longer than a slot is then treated as such.
 */
export function registerReadings(
  rows: readonly ValueRow[],
  unit: EnergyUnit,
  subject: Subject,
  problems: Problems,
): Reading[] {
  if (isPower(unit)) {
    const text = `a register counts energy, not ${unit}. Write Wh, kWh or MWh.`;
    problems.add({ code: "UNIT_UNSUPPORTED", ...subject, value: unit, count: rows.length, text });
    return [];
  }
  const values = rows.flatMap(({ line, time, value }) =>
    value === undefined ? [] : [{ line, time, wh: energyOf(value, unit, 0) }],
  );
  const sorted = settled(
    values.sort((a, b) => a.time - b.time),
    subject,
    problems,
  );
  return sorted.slice(1).flatMap((next, i): Reading[] => {
    const before = sorted[i];
    if (before === undefined) return [];
    const wh = difference(next.wh, before.wh);
    const { time: start, line } = before;
    if (wh.digits < 0n) {
      const text = `the register falls after ${formatTime(start)}. That interval was left out: was the meter replaced?`;
      problems.add({ code: "REGISTER_DOWN", ...subject, line: next.line, from: start, text });
      return [];
    }
    return [{ start, duration: next.time - start, wh, quality: "measured", line }];
  });
}

interface RegisterValue {
  readonly line: number;
  readonly time: number;
  readonly wh: Decimal;
}

/** One value per time: equal ones once, contradictions not at all. */
function settled(sorted: readonly RegisterValue[], subject: Subject, problems: Problems): RegisterValue[] {
  const byTime = Map.groupBy(sorted, ({ time }) => time);
  return [...byTime.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length === 1) return group;
    const { line, time: from } = first;
    const common = { ...subject, line, from };
    if (group.every((other) => difference(other.wh, first.wh).digits === 0n)) {
      const text = `${formatTime(from)} is there ${group.length} times with the same value. One was used.`;
      problems.add({ code: "READING_DUPLICATE", effect: "noted", ...common, count: group.length - 1, text });
      return [first];
    }
    const text = `${formatTime(from)} is there ${group.length} times with different values. None was used: keep the right one.`;
    problems.add({ code: "READING_CONFLICT", ...common, count: group.length, text });
    return [];
  });
}

function difference(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: a.digits * pow10(scale - a.scale) - b.digits * pow10(scale - b.scale), scale };
}
