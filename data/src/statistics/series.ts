/** What one series of Wh looks like. */

import { offsetAt, zoneOf } from "../import/zones.ts";
import { autocorrelation, deviation, mean, quantile } from "./moments.ts";

/** The time axis of a series. */
export interface Axis {
  /** Unix seconds. */
  readonly start: number;
  /** Seconds. */
  readonly slotDuration: number;
  /** Zone in which night is night. Default: UTC. */
  readonly zone?: string | undefined;
}

/** Figures of a load. */
export interface LoadStatistics {
  /** Wh of days of 24 hours from the start on; an unfinished last one does not count. */
  readonly daily: {
    readonly mean: number;
    readonly deviation: number;
    readonly q10: number;
    readonly q50: number;
    readonly q90: number;
  };
  /** `daily.deviation / daily.mean` */
  readonly dailyVariation: number;
  /** Highest mean power of a slot, W. */
  readonly peakWatts: number;
  /** Mean over peak power. */
  readonly loadFactor: number;
  /** Against the slot before, and against the same slot of the day before. */
  readonly autocorrelation: { readonly slot: number; readonly day: number };
  /** Share of the energy that is used from 0 to 6 o'clock, local time. */
  readonly nightShare: number;
}

/** Figures of a plant, per kW of peak power. */
export interface PlantStatistics {
  /** Wh per kW of peak power and day. */
  readonly daily: LoadStatistics["daily"];
  readonly dailyVariation: number;
  /** Highest mean power of a slot over the peak power. */
  readonly peakShare: number;
  readonly autocorrelation: LoadStatistics["autocorrelation"];
  /** How much a day's middle changes from slot to slot, against its mean: clouds passing. Mean over all days. */
  readonly flicker: number;
}

const DAY = 86_400;
const NIGHT_HOURS = 6;

/** Figures of a load. @param wh Wh per slot. */
export function loadStatistics(wh: readonly (bigint | number)[], axis: Axis): LoadStatistics {
  const values = wh.map(Number);
  const hours = axis.slotDuration / 3600;
  const peakWatts = largest(values) / hours;
  const total = values.reduce((sum, value) => sum + value, 0);
  const nights = nightsOf(values.length, axis);
  const night = values.reduce((sum, value, k) => (nights[k] === true ? sum + value : sum), 0);
  return {
    ...dailyOf(values, axis),
    peakWatts,
    loadFactor: peakWatts === 0 ? 0 : mean(values) / hours / peakWatts,
    autocorrelation: memoryOf(values, axis),
    nightShare: total === 0 ? 0 : night / total,
  };
}

/** Figures of a plant. @param wh Wh per slot. @param peakWatts Its peak power. */
export function plantStatistics(wh: readonly (bigint | number)[], axis: Axis, peakWatts: number): PlantStatistics {
  const values = wh.map((value) => (Number(value) * 1_000) / peakWatts);
  const perDay = DAY / axis.slotDuration;
  const flickers = daysOf(values, axis).map((day) => {
    const lit = day.slice(Math.round(perDay * 0.38), Math.round(perDay * 0.62));
    const steps = lit.slice(1).map((value, i) => Math.abs(value - (lit[i] ?? 0)));
    const level = mean(lit);
    return level === 0 ? 0 : mean(steps) / level;
  });
  return {
    ...dailyOf(values, axis),
    peakShare: largest(values) / (1_000 * (axis.slotDuration / 3600)),
    autocorrelation: memoryOf(values, axis),
    flicker: mean(flickers),
  };
}

function dailyOf(values: readonly number[], axis: Axis): Pick<LoadStatistics, "daily" | "dailyVariation"> {
  const sums = daysOf(values, axis).map((day) => day.reduce((sum, value) => sum + value, 0));
  const daily = {
    mean: mean(sums),
    deviation: deviation(sums),
    q10: quantile(sums, 0.1),
    q50: quantile(sums, 0.5),
    q90: quantile(sums, 0.9),
  };
  return { daily, dailyVariation: daily.mean === 0 ? 0 : daily.deviation / daily.mean };
}

function daysOf(values: readonly number[], { slotDuration }: Axis): number[][] {
  const perDay = DAY / slotDuration;
  const days = Math.floor(values.length / perDay);
  return Array.from({ length: days }, (_, day) => values.slice(day * perDay, (day + 1) * perDay));
}

function memoryOf(values: readonly number[], { slotDuration }: Axis): LoadStatistics["autocorrelation"] {
  return { slot: autocorrelation(values, 1), day: autocorrelation(values, DAY / slotDuration) };
}

/** Which slots begin between 0 and 6 o'clock, local time. Zone tables are slow: they are asked once a day where clocks stand. */
function nightsOf(slots: number, { start, slotDuration, zone: name = "UTC" }: Axis): boolean[] {
  const zone = zoneOf(name);
  const perDay = DAY / slotDuration;
  const dayOffset = (time: number) => {
    const [before, after] = [offsetAt(zone, time), offsetAt(zone, time + DAY)];
    return before === after ? before : undefined;
  };
  let offset: number | undefined;
  return Array.from({ length: slots }, (_, k) => {
    const time = start + k * slotDuration;
    if (k % perDay === 0) offset = dayOffset(time);
    const local = time + (offset ?? offsetAt(zone, time));
    return (((local % DAY) + DAY) % DAY) / 3600 < NIGHT_HOURS;
  });
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
