/**
 * Slots and periods in unix time. Slot k is the interval [k d, (k + 1) d) of d seconds; a period is `slotsPerPeriod`
 * slots, aligned in UTC. Daylight saving is a matter of display alone.
 */
import { SlotOutsidePeriodError } from "./errors.ts";
import { isSealed } from "./terms.ts";
import type { CommunityTerms, Terms } from "./terms.ts";
import { asPeriod, asSeconds, asSlot, asSlotOffset } from "./units.ts";
import type { Period, Seconds, Slot, SlotOffset } from "./units.ts";

type Clock = Pick<Terms, "slotDuration">;
type Calendar = Pick<Terms, "slotDuration" | "slotsPerPeriod">;

const SECONDS_PER_DAY = 86_400n;

/** Seconds per period. */
export function periodLength(terms: Calendar): Seconds {
  return asSeconds(terms.slotDuration * terms.slotsPerPeriod);
}

/**
 * The slot that contains `time`.
 * @example slotAt(terms, asSeconds(1_750_000_000n)) // 1_944_444n with 900 s
 */
export function slotAt(terms: Clock, time: Seconds): Slot {
  return asSlot(time / terms.slotDuration);
}

/** Unix time at which `slot` starts. */
export function slotStart(terms: Clock, slot: Slot): Seconds {
  return asSeconds(slot * terms.slotDuration);
}

/** Unix time at which `slot` ends, the start of the next one. */
export function slotEnd(terms: Clock, slot: Slot): Seconds {
  return asSeconds((slot + 1n) * terms.slotDuration);
}

/** The period that contains `time`. */
export function periodAt(terms: Calendar, time: Seconds): Period {
  return asPeriod(time / periodLength(terms));
}

/** The period that `slot` belongs to. */
export function periodOf(terms: Calendar, slot: Slot): Period {
  return asPeriod(slot / terms.slotsPerPeriod);
}

/** Unix time at which `period` starts. */
export function periodStart(terms: Calendar, period: Period): Seconds {
  return asSeconds(period * periodLength(terms));
}

/** Unix time at which `period` ends; readings of it are accepted from then on. */
export function periodEnd(terms: Calendar, period: Period): Seconds {
  return asSeconds((period + 1n) * periodLength(terms));
}

/**
 * The slots of a period, in order: `slotsPerPeriod` of them.
 * @example slotsOf(terms, asPeriod(20_000n))[0] // 1_920_000n with 96 slots
 */
export function slotsOf(terms: Calendar, period: Period): Slot[] {
  const first = period * terms.slotsPerPeriod;
  return Array.from({ length: Number(terms.slotsPerPeriod) }, (_, offset) => asSlot(first + BigInt(offset)));
}

/**
 * The slot at a position of a period.
 * @throws SlotOutsidePeriodError where the period is shorter
 */
export function slotIn(terms: Calendar, period: Period, offset: SlotOffset): Slot {
  const slot = asSlot(period * terms.slotsPerPeriod + offset);
  offsetIn(terms, period, slot);
  return slot;
}

/**
 * The position of a slot in a period.
 * @throws SlotOutsidePeriodError
 * @example offsetIn(terms, asPeriod(20_000n), asSlot(1_920_048n)) // 48n with 96 slots
 */
export function offsetIn(terms: Calendar, period: Period, slot: Slot): SlotOffset {
  const first = period * terms.slotsPerPeriod;
  const last = first + terms.slotsPerPeriod - 1n;
  if (slot < first || slot > last) throw new SlotOutsidePeriodError(slot, period, first, last);
  return asSlotOffset(slot - first);
}

/**
 * Unix time at which trading in `slot` closes: its start less `gateClosure`, in a sealed community the start of its period less that.
 * At the gate itself it is closed.
 */
export function gateOf(terms: Calendar & Pick<Terms, "gateClosure" | "revealWindow">, slot: Slot): Seconds {
  if (isSealed(terms)) return gateOfPeriod(terms, periodOf(terms, slot));
  return asSeconds(slotStart(terms, slot) - terms.gateClosure);
}

/** Unix time at which the first gate of `period` closes, which in a sealed community is its only one. */
export function gateOfPeriod(terms: Calendar & Pick<Terms, "gateClosure">, period: Period): Seconds {
  return asSeconds(periodStart(terms, period) - terms.gateClosure);
}

/** Unix time from which nothing of a sealed `period` is revealed any more. */
export function revealEnd(terms: Calendar & Pick<Terms, "gateClosure" | "revealWindow">, period: Period): Seconds {
  return asSeconds(gateOfPeriod(terms, period) + terms.revealWindow);
}

/**
 * Unix time from which money that is asked back at `now` can be released: the end of the reveal of the last period that takes
 * commits, or took some before.
 * @example pledgeLeavesAt(terms, now) <= now // whether it can be released at once
 */
export function pledgeLeavesAt(terms: Terms, now: Seconds): Seconds {
  return revealEnd(terms, asPeriod(periodAt(terms, now) + terms.horizon));
}

/**
 * Whether orders for `slot` are taken at `now`: before its gate, in the current period or one of the next `horizon`.
 * @example slotsOf(terms, period).filter((each) => isOpen(terms, each, now)).length // 96
 */
export function isOpen(terms: Terms, slot: Slot, now: Seconds): boolean {
  const current = periodAt(terms, now);
  const period = periodOf(terms, slot);
  return current <= period && period <= current + terms.horizon && now < gateOf(terms, slot);
}

/** Unix time from which a missing reading of `period` is estimated. */
export function estimatesFrom(terms: Calendar & Pick<Terms, "readingDeadline">, period: Period): Seconds {
  return asSeconds(periodEnd(terms, period) + terms.readingDeadline);
}

/** Unix time until which a late reading replaces an estimate of `period`. */
export function correctionsUntil(terms: Calendar & Pick<Terms, "correctionWindow">, period: Period): Seconds {
  return asSeconds(periodEnd(terms, period) + terms.correctionWindow);
}

/** Unix time until which energy tokens of `period` can be claimed. */
export function claimsUntil(terms: Calendar & Pick<Terms, "claimWindow">, period: Period): Seconds {
  return asSeconds(periodEnd(terms, period) + terms.claimWindow);
}

/**
 * The first period for which a tariff published at `now` counts: horizon + notice whole periods lie between.
 * @example const call = registry.calls.publishTariff(community, earliestTariff(terms, now), tariff);
 */
export function earliestTariff(
  terms: Calendar & Pick<CommunityTerms, "horizon" | "tariffNotice">,
  now: Seconds,
): Period {
  return asPeriod(periodAt(terms, now) + 1n + terms.horizon + terms.tariffNotice);
}

/**
 * The last period for which a tariff can be published at `now`: 366 days beyond the first.
 * @example period <= latestTariff(terms, now) // true
 */
export function latestTariff(terms: Calendar & Pick<CommunityTerms, "horizon" | "tariffNotice">, now: Seconds): Period {
  return asPeriod(earliestTariff(terms, now) + (366n * SECONDS_PER_DAY) / periodLength(terms));
}

/**
 * The UTC day of a time, days since 1970-01-01.
 * @example dayOf(asSeconds(1_750_000_000n)) // 20_254n
 */
export function dayOf(time: Seconds): bigint {
  return time / SECONDS_PER_DAY;
}

/**
 * A time in UTC, ISO 8601.
 * @example formatTime(asSeconds(1_750_000_000n)) // "2025-06-15T15:06:40Z"
 */
export function formatTime(time: Seconds): string {
  return new Date(Number(time) * 1_000).toISOString().replace(".000Z", "Z");
}
