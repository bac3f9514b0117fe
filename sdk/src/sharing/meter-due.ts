/** What is due where meters decide, by whichever module they trade. */
import { estimatesFrom, periodAt, periodEnd } from "../calendar.ts";
import type { JournalRecord } from "../journal.ts";
import type { MeterValue } from "../reading.ts";
import type { Terms } from "../terms.ts";
import { asSignedAmount } from "../units.ts";
import type { Amount, MemberIndex, Period, Seconds, SignedAmount } from "../units.ts";

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

/** What the logs say of a period, by whichever module its meters trade. */
export interface MeterFacts {
  readonly journals: ReadonlyMap<MemberIndex, readonly JournalRecord[]>;
  /** Accepted readings. */
  readonly readings: ReadonlyMap<MemberIndex, Reading>;
  readonly settled: Pick<ReadonlySet<MemberIndex>, "has">;
  /** Members in the order of their parts, one list per call that counted some. */
  readonly chunks: readonly (readonly MemberIndex[])[];
  /** Of all members, the latest of each. */
  readonly budgets: ReadonlyMap<MemberIndex, KeptBudget>;
}

/** A chunk in which somebody is not settled. */
export interface OpenChunk {
  readonly chunk: bigint;
  /** The members that `Counted` names, in its order. */
  readonly items: readonly SharingItem[];
}

/** What is due, members in ascending order but in chunks. */
export interface MeterDue<Chunk extends OpenChunk> {
  /** With a budget, not joined yet; in the period before, so that no money is reserved earlier than it needs to be. */
  readonly join: readonly MemberIndex[];
  /** Joined, metered and not counted; until the reading deadline. */
  readonly count: readonly SharingItem[];
  /** Chunks with members that are not settled, once totals are frozen and the delay is over. */
  readonly chunks: readonly Chunk[];
  /** Plain customers of their suppliers whose readings were accepted. */
  readonly settle: readonly SharingItem[];
  /** Joined, and no reading came. */
  readonly estimate: readonly Pick<SharingItem, "member" | "records">[];
}

const NOTHING = { join: [], count: [], chunks: [], settle: [], estimate: [] } as const;

/**
 * What is due, whatever the meters' quantities come to.
 * @param delay Between the period's end and its settlement; null where nothing is announced for it.
 * @param complete Adds to a chunk what settling it takes besides.
 */
export function dueFrom<Chunk extends OpenChunk>(
  terms: Terms,
  period: Period,
  now: Seconds,
  facts: MeterFacts,
  delay: Seconds | null,
  complete: (open: OpenChunk) => Chunk,
): MeterDue<Chunk> {
  const { journals, readings, settled, chunks } = facts;
  if (now < periodEnd(terms, period)) {
    return { ...NOTHING, join: delay === null ? [] : joinable(terms, period, now, facts) };
  }
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
  const delayed = delay === null || now < periodEnd(terms, period) + delay;
  const openChunks = chunks.flatMap((members, chunk) =>
    members.some(open) ? [{ chunk: BigInt(chunk), items: members.map(itemOf) }] : [],
  );
  return {
    join: [],
    count: past ? [] : waiting.filter((member) => readings.has(member)).map(itemOf),
    chunks: frozen && !delayed ? openChunks.map(complete) : [],
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
 * @param records Of its journal in a community whose meters trade.
 * @example budgetIn([]) // null
 */
export function budgetIn(records: readonly Pick<JournalRecord, "head">[]): Amount | null {
  return records.find(({ head }) => head.module === FIRST_MODULE)?.head.reserve ?? null;
}

/** What meters trade by is the first module of its community. */
export const FIRST_MODULE = 0n;

function joinable(terms: Terms, period: Period, now: Seconds, { journals, budgets }: MeterFacts) {
  if (period !== periodAt(terms, now) + 1n) return [];
  const covers = ({ firstPeriod, lastPeriod }: KeptBudget) => firstPeriod <= period && period <= lastPeriod;
  return ascending([...budgets].filter(([, budget]) => covers(budget)).map(([member]) => member)).filter(
    (member) => !journals.has(member),
  );
}

function itemsFrom({ readings, journals }: MeterFacts): (member: MemberIndex) => SharingItem {
  return (member) => {
    const { values, gapLeg } = readings.get(member) ?? { values: [], gapLeg: asSignedAmount(0n) };
    return { member, values, gapLeg, records: journals.get(member) ?? [] };
  };
}

function ascending(members: readonly MemberIndex[]): MemberIndex[] {
  return [...members].sort((a, b) => (a < b ? -1 : 1));
}
