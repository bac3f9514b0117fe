/** Appliances of a home: when they start, how long they run, what they draw. */

import { weekdayOf } from "./clock.ts";
import type { Stream } from "./random.ts";

/** A stretch of a run: W over minutes. */
interface Phase {
  readonly minutes: number;
  readonly watts: number;
}

/** A kind of appliance. */
interface Appliance {
  readonly name: string;
  /** Share of homes that own it. */
  readonly owned: number;
  /** Runs on a workday and on a day of the weekend, in an average home. */
  readonly perDay: readonly [workday: number, weekend: number];
  /** Usual starts, minutes since midnight, and how likely each is against the others. */
  readonly starts: readonly { readonly at: number; readonly weight: number }[];
  /** How far from its habit a start lies, minutes (standard deviation). */
  readonly spread: number;
  readonly phases: readonly Phase[];
}

/** Round figures of common European appliances; runs and shares follow time-use surveys only roughly. */
const APPLIANCES: readonly Appliance[] = [
  {
    name: "stove",
    owned: 0.95,
    perDay: [1.1, 1.4],
    starts: [
      { at: 735, weight: 0.3 },
      { at: 1100, weight: 0.7 },
    ],
    spread: 16,
    phases: [
      { minutes: 18, watts: 1_000 },
      { minutes: 40, watts: 550 },
    ],
  },
  {
    name: "kettle and coffee",
    owned: 1,
    perDay: [1.6, 2],
    starts: [
      { at: 405, weight: 0.5 },
      { at: 910, weight: 0.3 },
      { at: 1230, weight: 0.2 },
    ],
    spread: 25,
    phases: [{ minutes: 5, watts: 1_300 }],
  },
  {
    name: "washing machine",
    owned: 0.95,
    perDay: [0.35, 0.6],
    starts: [
      { at: 570, weight: 0.4 },
      { at: 1050, weight: 0.6 },
    ],
    spread: 60,
    phases: [
      { minutes: 18, watts: 1_500 },
      { minutes: 75, watts: 220 },
    ],
  },
  {
    name: "dishwasher",
    owned: 0.7,
    perDay: [0.6, 0.8],
    starts: [
      { at: 840, weight: 0.3 },
      { at: 1215, weight: 0.7 },
    ],
    spread: 20,
    phases: [
      { minutes: 17, watts: 1_500 },
      { minutes: 40, watts: 90 },
      { minutes: 14, watts: 1_500 },
      { minutes: 20, watts: 40 },
    ],
  },
  {
    name: "dryer",
    owned: 0.35,
    perDay: [0.25, 0.4],
    starts: [
      { at: 690, weight: 0.4 },
      { at: 1150, weight: 0.6 },
    ],
    spread: 80,
    phases: [{ minutes: 80, watts: 900 }],
  },
  {
    name: "oven",
    owned: 0.8,
    perDay: [0.2, 0.4],
    starts: [
      { at: 700, weight: 0.35 },
      { at: 1110, weight: 0.65 },
    ],
    spread: 35,
    phases: [
      { minutes: 12, watts: 1_500 },
      { minutes: 40, watts: 750 },
    ],
  },
  {
    name: "water heater",
    owned: 0.18,
    perDay: [1, 1],
    starts: [{ at: 1340, weight: 1 }],
    spread: 6,
    phases: [{ minutes: 190, watts: 1_500 }],
  },
];

/** A run of an appliance in a home. */
interface Run {
  /** Minutes since the start of the simulation. */
  readonly start: number;
  readonly phases: readonly Phase[];
}

/** How a home uses one of its appliances. */
export interface Habit {
  readonly appliance: Appliance;
  /** Runs of this home against the average one. */
  readonly often: number;
  /** Minutes that this home lives later than others. */
  readonly shift: number;
  readonly watts: number;
}

/** Draws which appliances a home owns and how it uses them; large homes use them more. */
export function habitsOf(stream: Stream, size: number): Habit[] {
  const late = stream.normal(0, 45);
  return APPLIANCES.flatMap((appliance) => {
    const habit = {
      appliance,
      often: appliance.name === "water heater" ? 1 : stream.logNormal(1, 0.3) * size,
      shift: late + stream.normal(0, 40),
      watts: stream.between(0.85, 1.15),
    };
    return stream.chance(appliance.owned) ? [habit] : [];
  });
}

/** Wh that a home's appliances need in an average year. */
export function yearlyWhOf(habits: readonly Habit[]): number {
  return habits.reduce((sum, { appliance, often, watts }) => {
    const [workday, weekend] = appliance.perDay;
    const runs = 261 * workday + 104 * weekend;
    const wh = appliance.phases.reduce((total, phase) => total + (phase.watts * phase.minutes) / 60, 0);
    return sum + often * runs * wh * watts;
  }, 0);
}

/**
 * All runs of a habit on a day, drawn around its usual starts.
 * @param midnight Minutes from the start of the simulation to the local midnight of the day.
 */
export function runsOf(habit: Habit, day: number, midnight: number, stream: Stream): Run[] {
  const { appliance, often, shift, watts } = habit;
  const average = appliance.perDay[weekdayOf(day) >= 5 ? 1 : 0] * often;
  const count = Math.floor(average) + (stream.chance(average - Math.floor(average)) ? 1 : 0);
  return Array.from({ length: count }, () => {
    const start = usualStart(appliance, stream) + shift + stream.normal(0, appliance.spread);
    const length = stream.between(0.8, 1.2);
    const phases = appliance.phases.map((phase) => ({ minutes: phase.minutes * length, watts: phase.watts * watts }));
    return { start: midnight + start, phases };
  });
}

function usualStart({ starts }: Appliance, stream: Stream): number {
  let rest = stream.between(0, 1);
  for (const { at, weight } of starts) {
    rest -= weight;
    if (rest < 0) return at;
  }
  return starts.at(-1)?.at ?? 0;
}

/** Adds a run's energy to steps of `stepMinutes`, Wh; what lies outside the simulation is left out. */
export function addRun(energy: Float64Array, { start, phases }: Run, stepMinutes: number): void {
  let from = start;
  for (const { minutes, watts } of phases) {
    const until = from + minutes;
    const first = Math.max(0, Math.floor(from / stepMinutes));
    for (let k = first; k < energy.length && k * stepMinutes < until; k += 1) {
      const overlap = Math.min(until, (k + 1) * stepMinutes) - Math.max(from, k * stepMinutes);
      if (overlap > 0) energy[k] = (energy[k] ?? 0) + (watts * overlap) / 60;
    }
    from = until;
  }
}
