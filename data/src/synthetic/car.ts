/** An electric car that charges at home. */

import { type Clock, STEP, weekdayOf } from "./clock.ts";
import { daysOf } from "./load.ts";
import { clamp } from "./numbers.ts";
import { belongs, type Setup } from "./options.ts";
import { Purpose, Stream } from "./random.ts";

const STEP_MINUTES = STEP / 60;
const POWERS = [3_700, 7_400, 11_000] as const;
/** Wh per km at the plug. */
const PER_KM = 190;
/** What the car can be short of at most, Wh: its battery. Longer trips charge elsewhere. */
const LARGEST_NEED = 45_000;

/** A stay at home: minutes since the start of the run, and what the trip before it took, Wh. */
interface Stay {
  readonly from: number;
  readonly until: number;
  readonly need: number;
}

/** Whether a home has a car at the plug. */
export function hasCar({ evShare }: Setup, home: number): boolean {
  return belongs(home, evShare);
}

/**
 * Wh per step. On workdays the car leaves in the morning and is back in the evening, on weekends it goes out more often than
 * not. It charges at full power from its arrival until it is full or leaves again; what is missing waits for the next stay.
 */
export function carOf(setup: Setup, clock: Clock, home: number): Float64Array {
  const stream = new Stream(setup.seed, home, Purpose.Car);
  const power = POWERS[Math.floor(stream.between(0, POWERS.length))] ?? POWERS[0];
  const energy = new Float64Array(clock.steps);
  let missing = 0;
  for (const { from, until, need } of staysOf(clock, stream)) {
    missing = Math.min(LARGEST_NEED, missing + need);
    for (let k = Math.max(0, Math.ceil(from / STEP_MINUTES)); k < clock.steps && missing > 0; k += 1) {
      if ((k + 1) * STEP_MINUTES > until) break;
      const wh = Math.min(missing, (power * STEP) / 3600);
      energy[k] = (energy[k] ?? 0) + wh;
      missing -= wh;
    }
  }
  return energy;
}

function staysOf(clock: Clock, stream: Stream): Stay[] {
  const commute = clamp(stream.logNormal(28, 0.5), 5, 150);
  const [leaves, returns] = [stream.normal(450, 40), stream.normal(1_050, 50)];
  const trips = daysOf(clock).flatMap(({ day, midnight }) => {
    const work = weekdayOf(day) < 5;
    const goes = stream.chance(work ? 0.85 : 0.6);
    const out = midnight + (work ? leaves + stream.normal(0, 20) : stream.normal(660, 90));
    const back = Math.max(out + 30, midnight + (work ? returns + stream.normal(0, 45) : stream.normal(1_020, 120)));
    const km = (work ? commute : clamp(stream.logNormal(25, 0.7), 3, 200)) * stream.between(0.8, 1.4);
    return goes ? [{ out, back, need: km * PER_KM }] : [];
  });
  return trips.map(({ back, need }, i) => ({ from: back, until: trips[i + 1]?.out ?? Number.POSITIVE_INFINITY, need }));
}
