/** The grid of time that everything is simulated on, and what the wall clock shows on it. */

import { offsetAt, zoneOf } from "../import/zones.ts";
import type { Setup } from "./options.ts";

/** Seconds per step of the simulation; every slot duration is a multiple. */
export const STEP = 300;
const STEPS_PER_HOUR = 12;
const DAY = 86_400;

/** Local time of each step's middle. */
export interface Clock {
  readonly steps: number;
  /** Minutes since local midnight. */
  readonly minute: Float64Array;
  /** Local days since 1 January 1970. */
  readonly day: Int32Array;
}

/** Walks through the run; clocks change on the hour of UTC or half an hour later, as far as this matters to habits. */
export function clockOf({ start, days, zone: name }: Pick<Setup, "start" | "days" | "zone">): Clock {
  const zone = zoneOf(name);
  const steps = (days * DAY) / STEP;
  const minute = new Float64Array(steps);
  const day = new Int32Array(steps);
  let offset = 0;
  for (let k = 0; k < steps; k += 1) {
    const time = start + k * STEP;
    if (k % STEPS_PER_HOUR === 0) offset = offsetAt(zone, time);
    const local = time + STEP / 2 + offset;
    day[k] = Math.floor(local / DAY);
    minute[k] = (local - Math.floor(local / DAY) * DAY) / 60;
  }
  return { steps, minute, day };
}

/** Monday 0 to Sunday 6 of a local day. */
export function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7; // 1 January 1970 was a Thursday
}

/** Day of the year from 0, close enough for seasons. */
export function dayOfYear(day: number): number {
  const turns = day / 365.2425;
  return (turns - Math.floor(turns)) * 365.2425;
}
