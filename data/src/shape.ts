/** The one shape of meter data, from whatever file or generator it comes. */

import type { Problem } from "./problems.ts";

/** Slot durations that a community can have, seconds. */
export const SLOT_DURATIONS: readonly number[] = [300, 900, 1800, 3600];

/**
 * What a series stands for: `net` a home's meter at the grid, `load` what a home uses, `plant` what a plant makes. A load
 * has only imports, a plant only exports.
 */
export type MeterKind = "net" | "load" | "plant";

/** How a value came about. `split`: an interval longer than a slot, divided evenly because the caller asked for it. */
export type Quality = "measured" | "estimated" | "questionable" | "split" | "missing" | "synthetic";

/** Wh per slot; null where nobody knows. Never a guess: an importer does not invent energy. */
export type EnergySeries = readonly (bigint | null)[];

/** What happens behind a synthetic home's meter, Wh per slot. */
export interface HomeParts {
  /** Household use without the car. */
  readonly load: readonly bigint[];
  /** Charged into the car at home. */
  readonly ev: readonly bigint[];
  readonly pv: readonly bigint[];
  /** Into the battery, measured at its terminals: losses happen inside. */
  readonly charge: readonly bigint[];
  /** Out of the battery, at its terminals. */
  readonly discharge: readonly bigint[];
}

/** One metering point. */
export interface Meter {
  readonly name: string;
  readonly kind: MeterKind;
  /** From the grid, Wh per slot. */
  readonly imported: EnergySeries;
  /** Into the grid, Wh per slot. */
  readonly exported: EnergySeries;
  /** One per slot: the weaker of both directions. */
  readonly quality: readonly Quality[];
  /** Present where the generator knows it. */
  readonly parts?: HomeParts;
}

/** A local day with another number of slots than usual: clocks change in it. */
export interface ClockChange {
  /** Local date, `2026-03-29`. */
  readonly date: string;
  /** Slots of that local day: 92 or 100 of 900 s where clocks change by an hour. */
  readonly slots: number;
}

/** Where data come from and how they were read. */
export interface Provenance {
  readonly format: "wide" | "long" | "green-button" | "synthetic";
  /** Name of the file, or of the generator with its seed. */
  readonly source: string;
  /** What the values were before they became Wh: `W`, `kWh`, `10^-3 Wh`, several joined by commas. */
  readonly unit: string;
  /** Energy of an interval, mean power over it, or a register that only rises. */
  readonly values: "interval" | "register";
  /** Time zone of local times and of `clockChanges`; undefined where only UTC and offsets were read. */
  readonly zone?: string | undefined;
  /** Local days within the data on which clocks change, in `zone`. */
  readonly clockChanges: readonly ClockChange[];
  /** Always the same: a running total is rounded down to whole Wh, so what a slot loses the next one gets. */
  readonly rounding: "running total, down";
}

/** Meters over one time axis. */
export interface MeterData {
  readonly provenance: Provenance;
  /** Seconds. */
  readonly slotDuration: number;
  /** Unix seconds of the first slot, a multiple of `slotDuration`. */
  readonly start: number;
  /** Length of every series. */
  readonly slots: number;
  readonly meters: readonly Meter[];
  /** What was left out or taken for granted, in order of the file. */
  readonly problems: readonly Problem[];
}
