/** What anyone may do for a period of a community whose members keep standing orders, from what its logs say. */
import { BadLengthError } from "../errors.ts";
import { digitsOf, uintAt } from "../internal/words.ts";
import type { JournalRecord } from "../journal.ts";
import type { Tariff } from "../tariff.ts";
import type { Terms } from "../terms.ts";
import { asTick } from "../units.ts";
import type { MemberIndex, Period, Seconds, Tick } from "../units.ts";
import { dueFrom, FIRST_MODULE } from "./meter-due.ts";
import type { MeterDue, MeterFacts, OpenChunk } from "./meter-due.ts";
import type { MeteredLimits, MeteredReading } from "./metered.ts";
import { NO_TICK } from "./standing-order.ts";

/** What the logs say of a period. */
export interface AuctionFacts extends MeterFacts {
  /** From the end of the period to its settlement; null where no auction is announced for it. */
  readonly settlementDelay: Seconds | null;
  /** Totals behind each chunk, as `Tallied` had them; none of a period that one call metered and settled. */
  readonly totals: readonly (readonly bigint[])[];
  /** In force in the period. */
  readonly tariff: Tariff;
}

/** A chunk to settle, with totals as `Tallied` had them: the arguments of `MeteredAuction.settle`. */
export interface AuctionChunk extends OpenChunk {
  /** Totals before the chunk; none for the first one. */
  readonly start: readonly bigint[];
  /** Totals behind the last chunk. */
  readonly frozen: readonly bigint[];
}

/** What is due of a period. */
export type AuctionDue = MeterDue<AuctionChunk>;

/**
 * What is due at `now`. Whoever counts takes the latest totals along, `facts.totals.at(-1) ?? []`; each call that counts has others.
 * @example
 * const facts = {
 *   ...{ settlementDelay: asSeconds(3_600n), journals: new Map(), readings: new Map(), settled: new Set<typeof member>() },
 *   ...{ chunks: [], totals: [], budgets: new Map(), tariff },
 * };
 * auctionDue(terms, yesterday, now, facts).chunks.length // 0
 */
export function auctionDue(terms: Terms, period: Period, now: Seconds, facts: AuctionFacts): AuctionDue {
  const { settlementDelay, totals } = facts;
  const frozen = totals.at(-1) ?? [];
  return dueFrom(terms, period, now, facts, settlementDelay, ({ chunk, items }) => {
    return { chunk, items, start: totals[Number(chunk) - 1] ?? [], frozen };
  });
}

/**
 * The limits within which a member trades, as it joined with them; null where it did not join.
 * @param records Of its journal in a community of standing orders.
 * @throws BadLengthError for a record of another kind
 * @example limitsIn([]) // null
 */
export function limitsIn(records: readonly Pick<JournalRecord, "head" | "payload">[]): MeteredLimits | null {
  const joined = records.find(({ head }) => head.module === FIRST_MODULE);
  if (joined === undefined) return null;
  const digits = digitsOf(joined.payload);
  if (digits.length !== 2 * ORDER_BYTES) {
    throw new BadLengthError("payload", digits.length / 2, `${ORDER_BYTES} bytes: budget 6, buy tick 1, sell tick 1`);
  }
  // What was there to reserve, which may be less than the budget in the payload.
  return { budget: joined.head.reserve, buyTick: tickAt(digits, 6), sellTick: tickAt(digits, 7) };
}

const ORDER_BYTES = 8;

function tickAt(digits: string, at: number): Tick | null {
  const tick = uintAt(digits, at, 1);
  return tick === NO_TICK ? null : asTick(tick);
}

/**
 * What a counted member brings into the auction; null where it did not join.
 * @throws BadLengthError as `limitsIn`
 */
export function meteredReadingOf(
  { readings, journals }: Pick<MeterFacts, "readings" | "journals">,
  member: MemberIndex,
): MeteredReading | null {
  const limits = limitsIn(journals.get(member) ?? []);
  return limits === null ? null : { ...limits, values: readings.get(member)?.values ?? [] };
}
