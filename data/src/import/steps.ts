/** The time axis of an input file: one row per slot, without gap or overlap. */

import { InputError, type Place } from "../errors.ts";
import { SLOT_DURATIONS } from "../shape.ts";
import { formatTime } from "../time.ts";

/** A row's time, unix seconds, and where it stands. */
export interface TimeCell {
  readonly time: number;
  readonly place: Place;
}

/**
 * The step of a time axis in seconds: what most rows are apart.
 *
 * Nothing is repaired. A gap is an error that names what is missing: any fill would invent energy that no meter counted,
 * so whoever knows the household fills the file.
 */
export function checkSteps(cells: readonly TimeCell[]): number {
  const pairs = cells.slice(1).map((cell, i) => ({ ...cell, apart: cell.time - (cells[i]?.time ?? cell.time) }));
  for (const pair of pairs) checkForward(pair);
  const step = mostCommon(pairs.map((pair) => pair.apart));
  const first = cells[0];
  const example = pairs.find((pair) => pair.apart === step);
  if (first === undefined || example === undefined) return 0;
  if (!SLOT_DURATIONS.includes(step)) {
    const message = `rows are ${step} s apart; a slot lasts ${SLOT_DURATIONS.join(", ")} s. Resample the file.`;
    throw new InputError("STEP_UNSUPPORTED", example.place, message);
  }
  for (const pair of pairs) checkApart(pair, step);
  if (first.time % step !== 0) {
    const message = `${first.time} does not start a slot of ${step} s (a multiple of ${step} in unix time).`;
    throw new InputError("TIME_UNALIGNED", first.place, message);
  }
  return step;
}

function checkForward({ apart, time, place }: TimeCell & { apart: number }): void {
  const when = formatTime(time);
  if (apart === 0) {
    const hint = "Local times repeat when summer ends: write them with their offset.";
    throw new InputError("TIME_DUPLICATE", place, `${when} was there in the row before. ${hint}`);
  }
  if (apart < 0) throw new InputError("TIME_BACKWARDS", place, `${when} is earlier than the row before.`);
}

function checkApart({ apart, time, place }: TimeCell & { apart: number }, step: number): void {
  if (apart % step !== 0) {
    const message = `${formatTime(time)} comes ${apart} s after the row before; the step is ${step} s.`;
    throw new InputError("TIME_IRREGULAR", place, message);
  }
  if (apart > step) {
    const missing = apart / step - 1;
    const range = `${formatTime(time - apart + step)} to ${formatTime(time - step)}`;
    const message = `${missing} row(s) missing before it (${range}). Fill them in the file: an importer does not invent energy.`;
    throw new InputError("TIME_GAP", place, message);
  }
}

/** The value that occurs most often, the smallest of them if several do; 0 for none. */
function mostCommon(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const ranked = [...counts].sort(([a, timesA], [b, timesB]) => timesB - timesA || a - b);
  return ranked[0]?.[0] ?? 0;
}
