/** Clouds: how clear each day is, and how the sky changes within it. */

import { STEP } from "./clock.ts";
import { clamp } from "./numbers.ts";
import type { Setup } from "./options.ts";
import { Purpose, Stream } from "./random.ts";

const STEPS_PER_DAY = 86_400 / STEP;

/** Days remember each other, and differ. */
const DAY_MEMORY = 0.4;
const DAY_SPREAD = 0.25;
/** What is left of a passing cloud after five minutes: fields of them last about an hour. */
const STEP_MEMORY = 0.95;
/** Half-cloudy skies change most; clear and overcast ones are steady. */
const STEP_SPREAD = 0.55;
const DARKEST = 0.06;
const CLEAREST = 1.02;

/**
 * Share of the clear sky's sun that reaches the ground, per step: one sky for all homes, since they are neighbours. Days are
 * drawn around the mean with a memory of each other; within a day the sky wanders around the day's value.
 */
export function skyOf({ seed, days, clearness }: Setup): Float64Array {
  const stream = new Stream(seed, Purpose.Sky);
  const sky = new Float64Array(days * STEPS_PER_DAY);
  const kick = Math.sqrt(1 - STEP_MEMORY * STEP_MEMORY);
  let mood = stream.normal(0, 1);
  let passing = stream.normal(0, 1);
  for (let day = 0; day < days; day += 1) {
    const clear = clamp(clearness + DAY_SPREAD * mood, DARKEST, 1);
    const spread = STEP_SPREAD * clear * (1.1 - clear) * 2;
    for (let k = 0; k < STEPS_PER_DAY; k += 1) {
      passing = STEP_MEMORY * passing + kick * stream.normal(0, 1);
      sky[day * STEPS_PER_DAY + k] = clamp(clear + spread * passing, DARKEST, CLEAREST);
    }
    mood = DAY_MEMORY * mood + Math.sqrt(1 - DAY_MEMORY * DAY_MEMORY) * stream.normal(0, 1);
  }
  return sky;
}
