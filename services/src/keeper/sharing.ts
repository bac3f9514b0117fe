/** What is due in a community that trades after the fact, as calls: one that shares by a rule, or within standing orders. */
import {
  auctionDue,
  type CommunityIndex,
  type EstimateItem,
  type LogReader,
  type MemberIndex,
  mostShared,
  type Period,
  type Seconds,
  sharingDue,
  type SharingItem,
  type Terms,
  type UnsignedCall,
  type Wattbook,
} from "@wattbook/sdk";
import { type CallLimits, type Part, partsOf } from "./parts.ts";

/** Tasks of such a community. */
export type SharingTask = "join" | "count" | "share" | "settle" | "estimate";

/** Whose period. */
export interface SharingPeriod {
  readonly wattbook: Wattbook;
  readonly community: CommunityIndex;
  readonly terms: Terms;
  readonly period: Period;
  readonly now: Seconds;
}

/** A chunk and the call that settles it. */
export interface ChunkCall {
  readonly call: UnsignedCall;
  readonly items: readonly SharingItem[];
}

/** What is due, and the calls of the community's module for it. */
export interface SharingWork {
  readonly due: {
    readonly join: readonly MemberIndex[];
    readonly count: readonly SharingItem[];
    readonly settle: readonly SharingItem[];
    readonly estimate: readonly EstimateItem[];
  };
  readonly join: (members: readonly MemberIndex[]) => UnsignedCall;
  readonly count: (items: readonly SharingItem[]) => UnsignedCall;
  readonly chunks: readonly ChunkCall[];
  /** Whether a call that counts leaves others of the same look as they are. */
  readonly independent: boolean;
}

/**
 * Calls for all that is due. A chunk is settled as a whole, so `count` makes none that no transaction could settle.
 * @param logs As they are now.
 */
export async function sharingParts(
  where: SharingPeriod,
  logs: LogReader,
  limits: Readonly<Record<SharingTask, CallLimits>>,
) {
  const { wattbook, community, terms, period } = where;
  const { settlement } = wattbook;
  const { due, join, count, chunks, independent } = await sharingWork(where, logs);
  const most = { ...limits.count, items: Math.min(limits.count.items, mostShared(terms)) };
  const counting = partsOf(due.count, count, most);
  const parts: Readonly<Record<SharingTask, Part[]>> = {
    join: partsOf(due.join, join, limits.join),
    count: independent ? counting : counting.slice(0, 1),
    share: chunks.map(({ call, items }) => ({ call, items: items.length, halves: () => [] })),
    settle: partsOf(due.settle, (items) => settlement.calls.settle(community, period, items), limits.settle),
    estimate: partsOf(
      due.estimate,
      (items) => settlement.calls.settleEstimated(community, period, items),
      limits.estimate,
    ),
  };
  return { parts, estimate: due.estimate };
}

/**
 * What is due, by the rule of the community's module.
 * @param logs As they are now.
 */
export async function sharingWork(
  { wattbook, community, terms, period, now }: SharingPeriod,
  logs: LogReader,
): Promise<SharingWork> {
  if (logs.mode === "metered") {
    const { calls } = wattbook.meteredAuction;
    const facts = await logs.auction(period);
    const due = auctionDue(terms, period, now, facts);
    const start = facts.totals.at(-1) ?? [];
    return {
      due,
      join: (members) => calls.join(community, period, members),
      count: (items) => calls.count(community, period, items, start),
      chunks: due.chunks.map((chunk) => ({ call: calls.settle(community, period, chunk), items: chunk.items })),
      // Each chunk takes the totals behind the one before along.
      independent: false,
    };
  }
  const { calls } = wattbook.sharing;
  const due = sharingDue(terms, period, now, await logs.sharing(period));
  return {
    due,
    join: (members) => calls.join(community, period, members),
    count: (items) => calls.count(community, period, items),
    chunks: due.chunks.map((chunk) => ({ call: calls.settle(community, period, chunk), items: chunk.items })),
    independent: true,
  };
}
