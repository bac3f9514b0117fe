/** A community from a seed: homes with loads, plants, batteries and cars. Nothing in it was measured. */

import { clockChangesOf, zoneOf } from "../import/zones.ts";
import type { HomeParts, Meter, MeterData } from "../shape.ts";
import { type Battery, batteryOf, type BatteryCourse, courseOf } from "./battery.ts";
import { carOf, hasCar } from "./car.ts";
import { type Clock, clockOf } from "./clock.ts";
import { skyOf } from "./clouds.ts";
import { loadOf } from "./load.ts";
import { type Setup, setupOf, type SyntheticOptions } from "./options.ts";
import { plantOf, type Roof, roofOf } from "./plant.ts";
import { type Sun, sunOf } from "./sun.ts";
import { wholeWh } from "./whole.ts";

/** A synthetic home's meter, and what it was made of. */
export interface SyntheticMeter extends Meter {
  readonly parts: HomeParts;
  readonly roof: Roof | undefined;
  readonly battery: Battery | undefined;
  /** What the battery held at the end of each slot, thousandths of a Wh; empty without one. */
  readonly held: readonly number[];
}

/** Synthetic meter data; a seed, options and version of this package give the same bytes on every machine. */
export interface SyntheticData extends MeterData {
  readonly meters: readonly SyntheticMeter[];
}

/**
 * Makes a community. In every home and slot `import - export = load + ev + charge - discharge - pv` to the Wh; the meter nets
 * within the slot, so one of import and export is 0. Home `i` is the same however many homes there are.
 * @throws DataError OPTION_INVALID naming the option and its value
 * @example
 * syntheticCommunity({ seed: 1n, homes: 16, days: 7, latitude: 48 }).meters[1]?.parts.pv;
 */
export function syntheticCommunity(options: SyntheticOptions): SyntheticData {
  const setup = setupOf(options);
  const { start, days, homes, slotDuration, zone, seed } = setup;
  const world = { clock: clockOf(setup), sun: sunOf(setup), sky: skyOf(setup) };
  const end = start + days * 86_400;
  return {
    provenance: {
      format: "synthetic",
      source: `synthetic, seed ${seed}, latitude ${setup.latitude}`,
      unit: "Wh",
      values: "interval",
      zone,
      clockChanges: clockChangesOf(zoneOf(zone), start, end, slotDuration),
      rounding: "running total, down",
    },
    slotDuration,
    start,
    slots: (days * 86_400) / slotDuration,
    meters: Array.from({ length: homes }, (_, home) => meterOf(setup, world, home)),
    problems: [],
  };
}

interface World {
  readonly clock: Clock;
  readonly sun: Sun;
  readonly sky: Float64Array;
}

function meterOf(setup: Setup, { clock, sun, sky }: World, home: number): SyntheticMeter {
  const { slotDuration } = setup;
  const load = wholeWh(loadOf(setup, clock, home), slotDuration);
  const none = load.map(() => 0);
  const roof = roofOf(setup, home);
  const battery = batteryOf(setup, home);
  const pv = roof === undefined ? none : wholeWh(plantOf(roof, setup, sun, sky), slotDuration);
  const ev = hasCar(setup, home) ? wholeWh(carOf(setup, clock, home), slotDuration) : none;
  const flows = load.map((wh, k) => ({ load: wh, ev: ev[k] ?? 0, pv: pv[k] ?? 0 }));
  const idle: BatteryCourse = { charge: none, discharge: none, held: [] };
  const { charge, discharge, held } = battery === undefined ? idle : courseOf(battery, flows, slotDuration);
  const net = flows.map((flow, k) => flow.load + flow.ev - flow.pv + (charge[k] ?? 0) - (discharge[k] ?? 0));
  return {
    name: `home ${home + 1}`,
    kind: "net",
    imported: net.map((wh) => BigInt(Math.max(0, wh))),
    exported: net.map((wh) => BigInt(Math.max(0, -wh))),
    quality: net.map(() => "synthetic"),
    parts: { load: exact(load), ev: exact(ev), pv: exact(pv), charge: exact(charge), discharge: exact(discharge) },
    roof,
    battery,
    held,
  };
}

function exact(values: readonly number[]): bigint[] {
  return values.map(BigInt);
}
