/**
 * Registers at slot boundaries, from samples at any times. Slots are UTC intervals, so days of 92 or 100 local quarter
 * hours are days like any other.
 */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";

/** What a meter has counted at a time: continuous, through rollovers, resets and swaps. */
export interface Point {
  readonly at: Seconds;
  readonly importWh: bigint;
  readonly exportWh: bigint;
}

/** How a register at a boundary, or the energy of a slot, is known; later ones are weaker. */
export const QUALITIES = ["measured", "interpolated", "gap"] as const;
export type Quality = (typeof QUALITIES)[number];

/** Registers at the start of a slot. */
export interface Boundary extends Point {
  readonly quality: Quality;
}

/** Energy of a slot. */
export interface SlotEnergy {
  /** Start of the slot, unix seconds. */
  readonly at: Seconds;
  readonly importWh: bigint;
  readonly exportWh: bigint;
  /** The weaker of both boundaries; `gap` too where the meter was reset or swapped within the slot. */
  readonly quality: Quality;
}

/** How boundaries are found between samples. */
export interface IntervalRules {
  /** Length of a slot, seconds. */
  readonly slotDuration: Seconds;
  /** Samples farther apart than this leave a gap between them. */
  readonly maxGap: Seconds;
}

/** The weaker of two qualities. */
export function weaker(a: Quality, b: Quality): Quality {
  return QUALITIES.indexOf(a) > QUALITIES.indexOf(b) ? a : b;
}

/**
 * Wh at `at` on the straight line between two registers, rounded down: what is not counted in full by then belongs to
 * the next slot, so that the slots between two samples add up to their difference.
 * @example interpolateDown(0n, asSeconds(0n), 100n, asSeconds(900n), asSeconds(300n)) // 33n
 */
export function interpolateDown(from: bigint, fromAt: Seconds, to: bigint, toAt: Seconds, at: Seconds): bigint {
  return from + ((to - from) * (at - fromAt)) / (toAt - fromAt);
}

/** The first slot boundary after `at`. */
export function nextBoundary({ slotDuration }: Pick<IntervalRules, "slotDuration">, at: Seconds): Seconds {
  return asSeconds((at / slotDuration + 1n) * slotDuration);
}

/** Whether a slot begins at `at`. */
export function isBoundary({ slotDuration }: Pick<IntervalRules, "slotDuration">, at: Seconds): boolean {
  return at % slotDuration === 0n;
}

/** Boundaries strictly between two points, all of the given quality. */
export function* boundariesBetween(
  from: Point,
  to: Point,
  rules: IntervalRules,
  quality: Quality,
): Generator<Boundary> {
  for (let at = nextBoundary(rules, from.at); at < to.at; at = asSeconds(at + rules.slotDuration)) {
    yield {
      at,
      importWh: interpolateDown(from.importWh, from.at, to.importWh, to.at, at),
      exportWh: interpolateDown(from.exportWh, from.at, to.exportWh, to.at, at),
      quality,
    };
  }
}

/**
 * Energy per slot from consecutive boundaries.
 * @param breaks Times of samples before which energy went uncounted.
 */
export function slotEnergies(boundaries: readonly Boundary[], breaks: readonly Seconds[]): SlotEnergy[] {
  return boundaries.slice(1).map((end, index) => {
    const start = boundaries[index] ?? end;
    const broken = breaks.some((at) => start.at < at && at <= end.at);
    return {
      at: start.at,
      importWh: end.importWh - start.importWh,
      exportWh: end.exportWh - start.exportWh,
      quality: broken ? "gap" : weaker(start.quality, end.quality),
    };
  });
}
