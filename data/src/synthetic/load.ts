/** Household use: what stands by, what cools, what people switch on. */

import { addRun, habitsOf, runsOf, yearlyWhOf } from "./appliances.ts";
import { type Clock, STEP } from "./clock.ts";
import { clamp, exp } from "./numbers.ts";
import type { Setup } from "./options.ts";
import { shapeAt } from "./profile.ts";
import { Purpose, Stream } from "./random.ts";

const STEP_MINUTES = STEP / 60;
const STEP_HOURS = STEP / 3600;
const HOURS_PER_YEAR = 8_766;
/** Least share of a home's use that is neither appliance nor standby: light, screens, tools. */
const LEAST_DIFFUSE = 0.35;

/**
 * Wh per step of a home. Three parts: standby and a fridge; appliances with habits of this home; and diffuse use that
 * follows the average household's shape, times noise with a memory of an hour and days that differ. Scaled so that an
 * average year comes to the home's size.
 */
export function loadOf(setup: Setup, clock: Clock, home: number): Float64Array {
  const traits = new Stream(setup.seed, home, Purpose.Home);
  const size = clamp(traits.logNormal(0.86, 0.4), 0.4, 3.5);
  const annualWh = setup.annualKwh * 1000 * size;
  const standby = clamp(traits.logNormal(75, 0.5) * Math.sqrt(size), 20, 400);
  const habits = habitsOf(traits, Math.sqrt(size));
  const energy = new Float64Array(clock.steps);
  addFridge(energy, new Stream(setup.seed, home, Purpose.Fridge));
  const fixed = (standby + FRIDGE_MEAN) * HOURS_PER_YEAR + yearlyWhOf(habits);
  const diffuse = Math.max(LEAST_DIFFUSE * annualWh, annualWh - fixed);
  const away = awayOf(clock, new Stream(setup.seed, home, Purpose.Home, 1));
  addDiffuse(energy, setup, clock, home, { standby, scale: diffuse / 1e6, late: traits.normal(0, 50), away });
  const draws = new Stream(setup.seed, home, Purpose.Appliances);
  for (const { day, midnight } of daysOf(clock)) {
    if (away.has(day)) continue;
    for (const habit of habits) {
      for (const run of runsOf(habit, day, midnight, draws)) addRun(energy, run, STEP_MINUTES);
    }
  }
  return energy;
}

interface Diffuse {
  /** W all the time. */
  readonly standby: number;
  /** Against the profile's 1,000 kWh a year. */
  readonly scale: number;
  /** Minutes that this home lives later than the average. */
  readonly late: number;
  /** Local days on which nobody is there. */
  readonly away: ReadonlySet<number>;
}

/** How often a home is left, per day, and for how many days at most. */
const LEAVING = 1 / 45;
const LONGEST_AWAY = 7;

/** Local days on which nobody is at home. */
function awayOf(clock: Clock, stream: Stream): ReadonlySet<number> {
  const away = new Set<number>();
  let back = Number.NEGATIVE_INFINITY;
  for (const { day } of daysOf(clock)) {
    if (day >= back && stream.chance(LEAVING)) back = day + Math.ceil(stream.between(0, LONGEST_AWAY));
    if (day < back) away.add(day);
  }
  return away;
}

/** How long noise remembers, as the share that is left after a step of five minutes: an hour, and two days. */
const HOUR_MEMORY = 0.96;
const DAY_MEMORY = 0.5;
const HOUR_SPREAD = 0.42;
/** However busy an evening, diffuse use has its limits. */
const MOST_FACTOR = 2.2;
const DAY_SPREAD = 0.3;

function addDiffuse(energy: Float64Array, { seed, latitude }: Setup, clock: Clock, home: number, use: Diffuse): void {
  const noise = new Stream(seed, home, Purpose.Noise);
  const kick = HOUR_SPREAD * Math.sqrt(1 - HOUR_MEMORY * HOUR_MEMORY);
  let hour = noise.normal(0, HOUR_SPREAD);
  let daily = noise.normal(0, DAY_SPREAD);
  for (let k = 0; k < clock.steps; k += 1) {
    const day = clock.day[k] ?? 0;
    if (k > 0 && day !== clock.day[k - 1]) {
      daily = DAY_MEMORY * daily + noise.normal(0, DAY_SPREAD * Math.sqrt(1 - DAY_MEMORY * DAY_MEMORY));
    }
    hour = HOUR_MEMORY * hour + noise.normal(0, kick);
    const factor = Math.min(MOST_FACTOR, exp(hour + daily - (HOUR_SPREAD * HOUR_SPREAD + DAY_SPREAD * DAY_SPREAD) / 2));
    const present = use.away.has(day) ? 0.1 : 1;
    const watts =
      use.standby + present * shapeAt(day, (clock.minute[k] ?? 0) - use.late, latitude) * use.scale * factor;
    energy[k] = (energy[k] ?? 0) + watts * STEP_HOURS;
  }
}

const FRIDGE_WATTS = 85;
const FRIDGE_ON = 18;
const FRIDGE_OFF = 37;
const FRIDGE_MEAN = (FRIDGE_WATTS * FRIDGE_ON) / (FRIDGE_ON + FRIDGE_OFF);

/** A compressor that cycles, some 28 W on average. */
function addFridge(energy: Float64Array, stream: Stream): void {
  let at = -stream.between(0, FRIDGE_ON + FRIDGE_OFF);
  while (at < energy.length * STEP_MINUTES) {
    const minutes = FRIDGE_ON * stream.between(0.8, 1.2);
    addRun(energy, { start: at, phases: [{ minutes, watts: FRIDGE_WATTS }] }, STEP_MINUTES);
    at += minutes + FRIDGE_OFF * stream.between(0.8, 1.2);
  }
}

/** Local days of the run, and the minutes from its start to their midnight: below zero for the first. */
export function daysOf(clock: Clock): { readonly day: number; readonly midnight: number }[] {
  const days: { day: number; midnight: number }[] = [];
  for (let k = 0; k < clock.steps; k += 1) {
    const day = clock.day[k] ?? 0;
    if (days.at(-1)?.day === day) continue;
    days.push({ day, midnight: k * STEP_MINUTES + STEP_MINUTES / 2 - (clock.minute[k] ?? 0) });
  }
  return days;
}
