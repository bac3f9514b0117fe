/** What anyone may do for a period of a community that shares after the fact, from what its logs say. */
import { estimatesFrom, periodAt, periodEnd } from "../calendar.ts";
import type { JournalRecord } from "../journal.ts";
import type { MeterValue } from "../reading.ts";
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import { asAmount, asSeconds, asSignedAmount } from "../units.ts";
import type { Amount, MemberIndex, Period, Seconds, SignedAmount } from "../units.ts";
import { sharingTotals } from "./parts.ts";
import type { SharingReading } from "./parts.ts";
import type { AnnouncedScheme } from "./scheme.ts";
import { encodeTotals } from "./totals.ts";

/** A budget as it stands for a member. */
export interface KeptBudget {
  readonly budget: Amount;
  readonly firstPeriod: Period;
  readonly lastPeriod: Period;
  readonly epoch: bigint;
  readonly sequence: bigint;
}

/** An accepted reading. */
interface Reading {
  readonly values: readonly MeterValue[];
  /** As `Metered` named it. */
  readonly gapLeg: SignedAmount;
}

/** A metered member with its records, as `count` and `settle` take it. */
export interface SharingItem extends Reading {
  readonly member: MemberIndex;
  readonly records: readonly JournalRecord[];
}

/** What the logs say of a period. */
export interface SharingFacts {
  /** In force for the period; null where none is announced. */
  readonly scheme: AnnouncedScheme | null;
  readonly journals: ReadonlyMap<MemberIndex, readonly JournalRecord[]>;
  /** Accepted readings. */
  readonly readings: ReadonlyMap<MemberIndex, Reading>;
  readonly settled: { has(member: MemberIndex): boolean };
  /** Members in the order of their parts, one list per call that counted some. */
  readonly chunks: readonly (readonly MemberIndex[])[];
  /** Of all members, the latest of each. */
  readonly budgets: ReadonlyMap<MemberIndex, KeptBudget>;
  /** In force in the period. */
  readonly tariff: Tariff;
}

/** A chunk to settle: the arguments of `EnergySharing.settle`. */
export interface SharingChunk {
  readonly chunk: bigint;
  readonly items: readonly SharingItem[];
  /** Words of the totals before it; none for the first chunk. */
  readonly start: readonly bigint[];
}

/** What is due, members in ascending order but in chunks. */
export interface SharingDue {
  /** With a budget, not joined yet; in the period before, so that no money is reserved earlier than it needs to be. */
  readonly join: readonly MemberIndex[];
  /** Joined, metered and not counted; until the reading deadline. */
  readonly count: readonly SharingItem[];
  /** Chunks with members that are not settled, once totals are frozen and the delay is over. */
  readonly chunks: readonly SharingChunk[];
  /** Plain customers of their suppliers whose readings were accepted. */
  readonly settle: readonly SharingItem[];
  /** Joined, and no reading came. */
  readonly estimate: readonly Pick<SharingItem, "member" | "records">[];
}

const NOTHING: SharingDue = { join: [], count: [], chunks: [], settle: [], estimate: [] };

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
  const { journals, readings, settled, scheme, chunks } = facts;
  if (now < periodEnd(terms, period)) return { ...NOTHING, join: joinable(terms, period, now, facts) };
  const itemOf = itemsFrom(facts);
  const counted = new Set(chunks.flat());
  const joined = ascending([...journals].filter(([, records]) => budgetIn(records) !== null).map(([member]) => member));
  const waiting = joined.filter((member) => !counted.has(member));
  const past = now >= estimatesFrom(terms, period);
  const frozen = past || waiting.length === 0;
  const open = (member: MemberIndex) => !settled.has(member);
  const metered = ascending([...readings.keys()]).filter(open);
  const isJoined = new Set(joined);
  // Who joined and is not counted waits until it is certain that it has no part.
  const plain = metered.filter((member) => !counted.has(member) && (frozen || !isJoined.has(member)));
  const delayed = now < periodEnd(terms, period) + (scheme?.settlementDelay ?? asSeconds(0n));
  return {
    join: [],
    count: past ? [] : waiting.filter((member) => readings.has(member)).map(itemOf),
    chunks: frozen && !delayed ? openChunks(facts, itemOf, open) : [],
    settle: plain.map(itemOf),
    estimate: past
      ? ascending([...journals.keys()])
          .filter((member) => open(member) && !readings.has(member))
          .map((member) => ({ member, records: journals.get(member) ?? [] }))
      : [],
  };
}

/**
 * What a member's budget reserved for its peers, base units; null where it did not join.
 * @param records Of its journal in a community that shares.
 * @example budgetIn([]) // null
 */
export function budgetIn(records: readonly Pick<JournalRecord, "head">[]): Amount | null {
  return records.find(({ head }) => head.module === ENERGY_SHARING)?.head.reserve ?? null;
}

/** The first module of its community. */
const ENERGY_SHARING = 0n;

function joinable(terms: Terms, period: Period, now: Seconds, { scheme, journals, budgets }: SharingFacts) {
  if (scheme === null || period !== periodAt(terms, now) + 1n) return [];
  const covers = ({ firstPeriod, lastPeriod }: KeptBudget) => firstPeriod <= period && period <= lastPeriod;
  return ascending([...budgets].filter(([, budget]) => covers(budget)).map(([member]) => member)).filter(
    (member) => !journals.has(member),
  );
}

/** The chunks in which somebody is not settled, each with the totals that were there before it. */
function openChunks(
  facts: SharingFacts,
  itemOf: (member: MemberIndex) => SharingItem,
  open: (member: MemberIndex) => boolean,
): SharingChunk[] {
  const { chunks, scheme, tariff } = facts;
  if (scheme === null) return [];
  const before: SharingReading[] = [];
  const due: SharingChunk[] = [];
  for (const [chunk, members] of chunks.entries()) {
    if (members.some(open)) {
      const start = chunk === 0 ? [] : encodeTotals(sharingTotals(scheme.rule, tariff, before));
      due.push({ chunk: BigInt(chunk), items: members.map(itemOf), start });
    }
    before.push(...members.map((member) => sharingReadingOf(facts, member)));
  }
  return due;
}

/** What a counted member brings into the totals. */
export function sharingReadingOf(
  { readings, journals }: Pick<SharingFacts, "readings" | "journals">,
  member: MemberIndex,
): SharingReading {
  return {
    values: readings.get(member)?.values ?? [],
    budget: budgetIn(journals.get(member) ?? []) ?? asAmount(0n),
  };
}

function itemsFrom({ readings, journals }: SharingFacts): (member: MemberIndex) => SharingItem {
  return (member) => {
    const { values, gapLeg } = readings.get(member) ?? { values: [], gapLeg: asSignedAmount(0n) };
    return { member, values, gapLeg, records: journals.get(member) ?? [] };
  };
}

function ascending(members: readonly MemberIndex[]): MemberIndex[] {
  return [...members].sort((a, b) => (a < b ? -1 : 1));
}
