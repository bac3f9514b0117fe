/** What anyone may do for a period of a community that shares after the fact, from what its logs say. */
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import { asAmount } from "../units.ts";
import type { MemberIndex, Period, Seconds } from "../units.ts";
import { budgetIn, dueFrom } from "./meter-due.ts";
import type { MeterDue, MeterFacts, OpenChunk } from "./meter-due.ts";
import { sharingTotals } from "./parts.ts";
import type { SharingReading } from "./parts.ts";
import type { AnnouncedScheme } from "./scheme.ts";
import { encodeTotals } from "./totals.ts";

/** What the logs say of a period that is shared. */
export interface SharingFacts extends MeterFacts {
  /** In force for the period; null where none is announced. */
  readonly scheme: AnnouncedScheme | null;
  /** In force in the period. */
  readonly tariff: Tariff;
}

/** A chunk to settle: the arguments of `EnergySharing.settle`. */
export interface SharingChunk extends OpenChunk {
  /** Words of the totals before it; none for the first chunk. */
  readonly start: readonly bigint[];
}

/** What is due of a period that is shared. */
export type SharingDue = MeterDue<SharingChunk>;

/** Members of a call (`MeteredModule`): so many readings of 24 bits add up to 32. */
const MOST_MEMBERS = 256;
/** Gas that settling a chunk may take, and what it takes of it per member and per slot of a member. */
const MOST_GAS = 11_000_000n;
const GAS_PER_MEMBER = 20_000n;
const GAS_PER_SLOT = 1_400n;

/**
 * Most members that a chunk holds, if none of them has records of other modules: it is settled as a whole.
 * @example
 * mostShared({ slotsPerPeriod: 96n }) // 71
 * mostShared({ slotsPerPeriod: 4n }) // 256
 */
export function mostShared({ slotsPerPeriod }: Pick<Terms, "slotsPerPeriod">): number {
  const members = Number(MOST_GAS / (GAS_PER_MEMBER + GAS_PER_SLOT * slotsPerPeriod));
  return Math.min(members, MOST_MEMBERS);
}

/**
 * What is due at `now`. Whoever did a part of it before, alone or in between: the rest follows from the logs.
 * @example
 * const facts = {
 *   ...{ scheme: null, journals: new Map(), readings: new Map(), settled: new Set<typeof member>() },
 *   ...{ chunks: [], budgets: new Map(), tariff },
 * };
 * sharingDue(terms, yesterday, now, facts).count.length // 0
 */
export function sharingDue(terms: Terms, period: Period, now: Seconds, facts: SharingFacts): SharingDue {
  const { scheme, tariff, chunks } = facts;
  return dueFrom(terms, period, now, facts, scheme?.settlementDelay ?? null, ({ chunk, items }) => {
    const before = chunks.slice(0, Number(chunk)).flat();
    const readings = before.map((member) => sharingReadingOf(facts, member));
    const start = scheme === null || chunk === 0n ? [] : encodeTotals(sharingTotals(scheme.rule, tariff, readings));
    return { chunk, items, start };
  });
}

/** What a counted member brings into the totals. */
export function sharingReadingOf(
  { readings, journals }: Pick<MeterFacts, "readings" | "journals">,
  member: MemberIndex,
): SharingReading {
  return {
    values: readings.get(member)?.values ?? [],
    budget: budgetIn(journals.get(member) ?? []) ?? asAmount(0n),
  };
}
