/** The time line of a sealed period: commits before the gate, turns behind it, challenges and answers. */
import { periodLength, periodStart } from "./calendar.ts";
import type { Terms } from "./terms.ts";
import { asSeconds } from "./units.ts";
import type { Period, Seconds } from "./units.ts";

/** What of a sealed community's terms its time line depends on. */
export interface SealedTerms extends Pick<Terms, "slotDuration" | "slotsPerPeriod" | "horizon" | "gateClosure"> {
  /** Seconds from the gate in which commits are revealed; a multiple of eight. */
  readonly revealWindow: Seconds;
}

/** Commits of a period at most, and turns. */
export const COMMIT_PLACES = 8;

/** Unix times. Each interval includes its start and excludes its end. */
export interface SealedTimes {
  /** Relayers commit from here on, up to the gate. */
  readonly opens: Seconds;
  /** Commits are revealed from here on. */
  readonly gate: Seconds;
  /** Where the turn of each place ends. */
  readonly turnEnds: readonly Seconds[];
  /** Challenges start when the last turn is over and end with the period. */
  readonly challengeStart: Seconds;
  readonly challengeEnd: Seconds;
  /** Answers end a period later. */
  readonly answerEnd: Seconds;
}

/**
 * The time line of a period.
 * @throws OutOfRangeError for a period whose gate lies before 1970
 * @example
 * const sealed = { ...terms, gateClosure: asSeconds(14_400n), revealWindow: asSeconds(3_600n) };
 * const { gate, turnEnds } = sealedTimes(sealed, period);
 * turnEnds.map((end) => end - gate) // [450n, 900n, 1350n, 1800n, 2250n, 2700n, 3150n, 3600n]
 */
export function sealedTimes(terms: SealedTerms, period: Period): SealedTimes {
  const start = periodStart(terms, period);
  const length = periodLength(terms);
  const gate = asSeconds(start - terms.gateClosure, "gate");
  const ahead = terms.horizon * length;
  const turn = terms.revealWindow / BigInt(COMMIT_PLACES);
  return {
    opens: asSeconds(ahead < start ? start - ahead : 0n),
    gate,
    turnEnds: Array.from({ length: COMMIT_PLACES }, (_, place) => asSeconds(gate + BigInt(place + 1) * turn)),
    challengeStart: asSeconds(gate + BigInt(COMMIT_PLACES) * turn),
    challengeEnd: asSeconds(start + length),
    answerEnd: asSeconds(start + 2n * length),
  };
}

/**
 * Whose turn to reveal it is, or will be at the gate: the first commit that is neither revealed nor out of time.
 * @param revealed For each commit in the order of commitment, whether every chunk of it is revealed.
 * @returns undefined if it is nobody's: from the gate on the period may clear then.
 * @example
 * const sealed = { ...terms, gateClosure: asSeconds(14_400n), revealWindow: asSeconds(3_600n) };
 * const times = sealedTimes(sealed, period);
 * turnAt(times, [true, false, false], times.gate) // 1
 */
export function turnAt(times: SealedTimes, revealed: readonly boolean[], now: Seconds): number | undefined {
  const place = revealed.findIndex((done, index) => !done && now < (times.turnEnds[index] ?? times.gate));
  return place < 0 ? undefined : place;
}
