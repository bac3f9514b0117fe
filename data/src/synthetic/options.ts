/** What a synthetic community is made of, with defaults and bounds. */

import { DataError } from "../errors.ts";
import { zoneOf } from "../import/zones.ts";
import { SLOT_DURATIONS } from "../shape.ts";

export interface SyntheticOptions {
  /** 0 to 2^64 - 1. The same seed and options give the same bytes on every machine. */
  readonly seed: bigint;
  readonly homes: number;
  /** Days of 24 hours. */
  readonly days: number;
  /** Unix seconds of the first slot, a multiple of an hour. Default: 1 June 2025, 00:00 UTC. */
  readonly start?: number | undefined;
  /** Seconds: 300, 900, 1800 or 3600. Default: 900. */
  readonly slotDuration?: number | undefined;
  /** Degrees, north positive. Default: 48. */
  readonly latitude?: number | undefined;
  /** Degrees, east positive. Default: 0. */
  readonly longitude?: number | undefined;
  /** Zone by whose clocks people live. Default: UTC. Any other depends on the machine's zone tables. */
  readonly zone?: string | undefined;
  /** Share of homes with a plant. Default: 0.5. */
  readonly pvShare?: number | undefined;
  /** Share of homes with a plant that have a battery too. Default: 0.5. */
  readonly batteryShare?: number | undefined;
  /** Share of homes that charge a car. Default: 0.3. */
  readonly evShare?: number | undefined;
  /** Peak power of every plant, W. Default: drawn per home, 3 to 10 kW. */
  readonly plantWatts?: number | undefined;
  /** Household use of an average home in a year, kWh, without its car. Default: 3,600. */
  readonly annualKwh?: number | undefined;
  /** Share of the clear sky's sun that reaches the ground on an average day. Default: 0.7. */
  readonly clearness?: number | undefined;
}

/** Options with all defaults in place. */
export type Setup = {
  readonly [K in Exclude<keyof SyntheticOptions, "plantWatts">]-?: Exclude<SyntheticOptions[K], undefined>;
} & {
  /** Drawn per home where the caller gives none. */
  readonly plantWatts: number | undefined;
};

/** 1 June 2025, 00:00 UTC. */
const START = 1_748_736_000;
const MOST_START = 4_102_444_800; // 2100
const MOST_HOMES = 2_000;
const MOST_DAYS = 1_096;
/** Slots of all homes together: beyond it a machine of 4 GB runs out of memory. */
const MOST_VALUES = 12_000_000;

/** Fills in the defaults. @throws DataError OPTION_INVALID naming option and value */
export function setupOf(options: SyntheticOptions): Setup {
  const setup = {
    seed: options.seed,
    homes: options.homes,
    days: options.days,
    start: options.start ?? START,
    slotDuration: options.slotDuration ?? 900,
    latitude: options.latitude ?? 48,
    longitude: options.longitude ?? 0,
    zone: options.zone ?? "UTC",
    pvShare: options.pvShare ?? 0.5,
    batteryShare: options.batteryShare ?? 0.5,
    evShare: options.evShare ?? 0.3,
    plantWatts: options.plantWatts,
    annualKwh: options.annualKwh ?? 3_600,
    clearness: options.clearness ?? 0.7,
  };
  if (typeof setup.seed !== "bigint" || setup.seed < 0n || setup.seed >= 1n << 64n) {
    throw invalid("seed", setup.seed, "a bigint from 0 to 2^64 - 1");
  }
  whole("homes", setup.homes, 1, MOST_HOMES);
  whole("days", setup.days, 1, MOST_DAYS);
  whole("start", setup.start, 0, MOST_START);
  if (setup.start % 3600 !== 0) throw invalid("start", setup.start, "unix seconds of a full hour");
  if (!SLOT_DURATIONS.includes(setup.slotDuration)) {
    throw invalid("slotDuration", setup.slotDuration, `${SLOT_DURATIONS.join(", ")} seconds`);
  }
  const values = setup.homes * setup.days * (86_400 / setup.slotDuration);
  if (values > MOST_VALUES) throw invalid("homes times slots", values, `at most ${MOST_VALUES}: fewer homes or days`);
  real("latitude", setup.latitude, -90, 90);
  real("longitude", setup.longitude, -180, 180);
  for (const name of ["pvShare", "batteryShare", "evShare"] as const) real(name, setup[name], 0, 1);
  if (setup.plantWatts !== undefined) real("plantWatts", setup.plantWatts, 1, 1_000_000);
  real("annualKwh", setup.annualKwh, 200, 100_000);
  real("clearness", setup.clearness, 0.05, 0.95);
  zoneOf(setup.zone);
  return setup;
}

function whole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(name, value, `a whole number from ${least} to ${most}`);
}

function real(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw invalid(name, value, `a number from ${least} to ${most}`);
}

function invalid(name: string, value: unknown, needed: string): DataError {
  return new DataError("OPTION_INVALID", `${name} is ${String(value)}. Pass ${needed}.`);
}

/** Whether the `index`-th of many belongs to a share of them: evenly spread, and the same however many there are. */
export function belongs(index: number, share: number): boolean {
  return Math.floor((index + 1) * share + 1e-9) > Math.floor(index * share + 1e-9);
}
