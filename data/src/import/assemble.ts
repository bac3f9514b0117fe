/** From single readings in any order to whole Wh per slot. */

import { type Decimal, pow10 } from "../decimal.ts";
import type { Problems } from "../problems.ts";
import type { Quality } from "../shape.ts";
import { formatTime } from "../time.ts";

/** Energy of an interval, exact: `wh.digits / 10^wh.scale` Wh, or parts of a Wh where `AssembleOptions` says so. */
export interface Reading {
  /** Unix seconds. */
  readonly start: number;
  /** Seconds. */
  readonly duration: number;
  readonly wh: Decimal;
  readonly quality: Quality;
  /** Line in the file, where it has lines. */
  readonly line?: number | undefined;
}

/** What to name in a problem. */
export interface Subject {
  readonly meter: string;
  readonly field: string;
}

export interface AssembleOptions {
  /** How many of what readings count make up a Wh. Default: 1. */
  readonly partsPerWh?: bigint;
  /** Seconds. */
  readonly slotDuration: number;
  /** Divides intervals longer than a slot evenly over their slots, instead of leaving them out. */
  readonly splitLonger: boolean;
}

/** Wh of a slot. */
export interface SlotValue {
  readonly wh: bigint;
  readonly quality: Quality;
}

/** Wh by start of slot, unix seconds. */
export type SlotValues = ReadonlyMap<number, SlotValue>;

/** A reading in whole Wh. */
interface Counted extends Omit<Reading, "wh"> {
  readonly wh: bigint;
}

/**
 * Readings of one direction of a meter, to slots. Equal repetitions are dropped, contradictions are left out on both sides,
 * shorter intervals are added up where they fill a slot, longer ones are left out or split. Every step names what it does.
 */
export function assemble(
  readings: readonly Reading[],
  options: AssembleOptions,
  subject: Subject,
  problems: Problems,
): SlotValues {
  const sorted = [...readings].sort((a, b) => a.start - b.start || a.duration - b.duration);
  const single = withoutOverlaps(withoutRepetitions(sorted, subject, problems), subject, problems);
  const usable = single.filter((reading) => fits(reading, options, subject, problems));
  const slots = new Map<number, SlotValue>();
  const parts = new Map<number, Counted[]>();
  for (const reading of countedOf(usable, options.partsPerWh ?? 1n)) {
    const { slotDuration } = options;
    if (reading.duration >= slotDuration) {
      for (const [start, value] of spread(reading, slotDuration)) slots.set(start, value);
    } else {
      const start = reading.start - (reading.start % slotDuration);
      parts.set(start, [...(parts.get(start) ?? []), reading]);
    }
  }
  for (const [start, list] of parts) {
    const value = filled(list, options, subject, problems, start);
    if (value !== undefined) slots.set(start, value);
  }
  return slots;
}

/**
 * Whole Wh: the running total is rounded down, a reading gets what the total advanced by. So each is within 1 Wh of its own
 * value, and all together are the floor of the exact total.
 */
function countedOf(readings: readonly Reading[], parts: bigint): Counted[] {
  const scale = readings.reduce((most, { wh }) => Math.max(most, wh.scale), 0);
  const den = pow10(scale) * parts;
  let exact = 0n;
  let register = 0n;
  return readings.map((reading) => {
    exact += reading.wh.digits * pow10(scale - reading.wh.scale);
    const before = register;
    register = exact / den;
    return { ...reading, wh: register - before };
  });
}

function withoutRepetitions(sorted: readonly Reading[], subject: Subject, problems: Problems): Reading[] {
  const kept: Reading[] = [];
  for (let i = 0; i < sorted.length;) {
    const first = sorted[i];
    if (first === undefined) break;
    let next = i + 1;
    let equal = true;
    for (; next < sorted.length; next += 1) {
      const other = sorted[next];
      if (other?.start !== first.start || other.duration !== first.duration) break;
      equal &&= same(first.wh, other.wh);
    }
    const count = next - i;
    i = next;
    if (equal) kept.push(first);
    if (count === 1) continue;
    const { start: from, line } = first;
    const when = `${formatTime(from)} is there ${count} times`;
    if (equal) {
      const text = `${when} with the same value. One was used; remove the others.`;
      problems.add({ code: "READING_DUPLICATE", effect: "noted", ...subject, line, from, count: count - 1, text });
    } else {
      const text = `${when} with different values. None was used: keep the right one.`;
      problems.add({ code: "READING_CONFLICT", ...subject, line, from, count, text });
    }
  }
  return kept;
}

function same(a: Decimal, b: Decimal): boolean {
  return a.digits * pow10(b.scale) === b.digits * pow10(a.scale);
}

/** Intervals that lie partly on each other say different things about the same time: all of them are left out. */
function withoutOverlaps(sorted: readonly Reading[], subject: Subject, problems: Problems): Reading[] {
  const kept: Reading[] = [];
  let group: Reading[] = [];
  let end = Number.NEGATIVE_INFINITY;
  const close = () => {
    const [first] = group;
    if (group.length === 1 && first !== undefined) kept.push(first);
    if (group.length > 1 && first !== undefined) {
      const text = `${group.length} intervals from ${formatTime(first.start)} on lie on each other. None was used: keep one set.`;
      const { start: from, line } = first;
      problems.add({ code: "READING_OVERLAP", ...subject, line, from, count: group.length, text });
    }
    group = [];
  };
  for (const reading of sorted) {
    if (reading.start >= end) close();
    group.push(reading);
    end = Math.max(end, reading.start + reading.duration);
  }
  close();
  return kept;
}

/** Longest interval that is divided, seconds: a month. */
const MOST_SPLIT = 31 * 86_400;

/** Whether an interval can be laid on the slots. */
function fits(
  { start, duration, line }: Reading,
  { slotDuration, splitLonger }: AssembleOptions,
  subject: Subject,
  problems: Problems,
): boolean {
  const whole = duration <= slotDuration ? slotDuration % duration === 0 : duration % slotDuration === 0;
  if (!whole) {
    const text = `an interval of ${duration} s does not fit slots of ${slotDuration} s. Resample it, or choose another slot duration.`;
    problems.add({ code: "INTERVAL_UNFIT", ...subject, line, from: start, value: String(duration), text });
    return false;
  }
  if (start % Math.min(duration, slotDuration) !== 0) {
    const text = `${new Date(start * 1000).toISOString()} does not start a slot of ${slotDuration} s. Align the intervals to the clock.`;
    problems.add({ code: "TIME_UNALIGNED", ...subject, line, from: start, text });
    return false;
  }
  if (duration <= slotDuration) return true;
  const divisible = splitLonger && duration <= MOST_SPLIT;
  const common = { ...subject, line, from: start, value: String(duration), count: duration / slotDuration };
  const what = `an interval of ${duration} s from ${formatTime(start)} on covers ${duration / slotDuration} slots`;
  if (divisible) {
    const text = `${what} and was divided evenly, as asked for: the total is metered, the course is not.`;
    problems.add({ code: "READING_SPLIT", effect: "noted", ...common, text });
    return true;
  }
  const text = `${what}. It was left out: choose slots of ${duration} s if the market allows, or ask for an even split (up to a month).`;
  problems.add({ code: "INTERVAL_TOO_LONG", ...common, text });
  return false;
}

/** A reading over its slots: slot `i` of `n` gets `floor(wh (i + 1) / n) - floor(wh i / n)`, which add up to `wh`. */
function spread({ start, duration, wh, quality }: Counted, slotDuration: number): [number, SlotValue][] {
  const count = duration / slotDuration;
  if (count === 1) return [[start, { wh, quality }]];
  const share = (i: number) => (wh * BigInt(i)) / BigInt(count);
  return Array.from({ length: count }, (_, i) => [
    start + i * slotDuration,
    { wh: share(i + 1) - share(i), quality: "split" as const },
  ]);
}

/** The sum of short intervals, if they fill the slot. */
function filled(
  list: readonly Counted[],
  { slotDuration }: AssembleOptions,
  subject: Subject,
  problems: Problems,
  from: number,
): SlotValue | undefined {
  const covered = list.reduce((sum, { duration }) => sum + duration, 0);
  if (covered === slotDuration) {
    const quality = list.reduce<Quality>((worst, part) => weaker(worst, part.quality), "measured");
    return { wh: list.reduce((sum, { wh }) => sum + wh, 0n), quality };
  }
  const text = `only ${covered} of ${slotDuration} s of the slot at ${formatTime(from)} are there. It was left out: complete it.`;
  problems.add({ code: "INTERVAL_INCOMPLETE", ...subject, from, count: list.length, text });
  return undefined;
}

const ORDER: readonly Quality[] = ["measured", "synthetic", "split", "estimated", "questionable", "missing"];

/** The less reliable of two. */
export function weaker(a: Quality, b: Quality): Quality {
  return ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b;
}
