/** From the simulation's Wh per step to whole Wh per slot. */

import { STEP } from "./clock.ts";

/**
 * Whole Wh per slot: the running total is rounded down at the end of each slot. So the same home in longer slots is the sum
 * of its shorter ones, and nothing is lost but the last fraction of a Wh.
 */
export function wholeWh(energy: Float64Array, slotDuration: number): number[] {
  const perSlot = slotDuration / STEP;
  let exact = 0;
  let register = 0;
  return Array.from({ length: energy.length / perSlot }, (_, slot) => {
    for (let k = slot * perSlot; k < (slot + 1) * perSlot; k += 1) exact += energy[k] ?? 0;
    const before = register;
    register = Math.floor(exact);
    return register - before;
  });
}
