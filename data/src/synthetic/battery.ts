/** A battery behind the meter, ruled by its own home alone. All integers. */

import { belongs, type Setup } from "./options.ts";
import { Purpose, Stream } from "./random.ts";

export interface Battery {
  /** What it can hold, Wh. */
  readonly capacity: number;
  /** At its terminals, W, both ways. */
  readonly power: number;
  /** Of each way, per mille: 950 twice is a round trip of 90.25 %. */
  readonly efficiency: number;
}

/** What a battery did, Wh per slot at its terminals, and what it held at each slot's end, thousandths of a Wh. */
export interface BatteryCourse {
  readonly charge: number[];
  readonly discharge: number[];
  readonly held: number[];
}

/** The battery of a home; undefined where it has none. Every `batteryShare`-th of the homes with a plant has one. */
export function batteryOf({ seed, pvShare, batteryShare }: Setup, home: number): Battery | undefined {
  if (!belongs(home, pvShare)) return undefined;
  const owner = Math.floor(home * pvShare + 1e-9);
  if (!belongs(owner, batteryShare)) return undefined;
  const stream = new Stream(seed, home, Purpose.Plant, 1);
  const capacity = Math.round(stream.between(5_000, 12_000) / 500) * 500;
  return { capacity, power: Math.round(capacity / 200) * 100, efficiency: 950 };
}

/**
 * Charges from what the plant leaves over after home and car, discharges to cover the home; never from or for the grid, and
 * not into the car. It starts empty. What goes in is multiplied by the efficiency, what comes out divided by it, rounded
 * against the home to thousandths of a Wh.
 */
export function courseOf(
  { capacity, power, efficiency }: Battery,
  flows: readonly { readonly load: number; readonly ev: number; readonly pv: number }[],
  slotDuration: number,
): BatteryCourse {
  const most = Math.floor((power * slotDuration) / 3600);
  const course: BatteryCourse = { charge: [], discharge: [], held: [] };
  let held = 0;
  for (const { load, ev, pv } of flows) {
    const room = Math.floor((capacity * 1000 - held) / efficiency);
    const charge = Math.max(0, Math.min(pv - load - ev, most, room));
    held += charge * efficiency;
    const ready = Math.floor((held * efficiency) / 1_000_000);
    const discharge = charge > 0 ? 0 : Math.max(0, Math.min(load - pv, most, ready));
    held -= Math.ceil((discharge * 1_000_000) / efficiency);
    course.charge.push(charge);
    course.discharge.push(discharge);
    course.held.push(held);
  }
  return course;
}
