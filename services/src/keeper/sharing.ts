/** What is due in a community that shares after the fact, as calls. */
import {
  type CommunityIndex,
  type LogReader,
  mostShared,
  type Period,
  type Seconds,
  sharingDue,
  type Terms,
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

/**
 * Calls for all that is due. A chunk is settled as a whole, so `count` makes none that no transaction could settle.
 * @param logs As they are now.
 */
export async function sharingParts(
  { wattbook, community, terms, period, now }: SharingPeriod,
  logs: LogReader,
  limits: Readonly<Record<SharingTask, CallLimits>>,
) {
  const due = sharingDue(terms, period, now, await logs.sharing(period));
  const { sharing, settlement } = wattbook;
  const count = { ...limits.count, items: Math.min(limits.count.items, mostShared(terms)) };
  const parts: Readonly<Record<SharingTask, Part[]>> = {
    join: partsOf(due.join, (members) => sharing.calls.join(community, period, members), limits.join),
    count: partsOf(due.count, (items) => sharing.calls.count(community, period, items), count),
    share: due.chunks.map((chunk) => ({
      call: sharing.calls.settle(community, period, chunk),
      items: chunk.items.length,
      halves: () => [],
    })),
    settle: partsOf(due.settle, (items) => settlement.calls.settle(community, period, items), limits.settle),
    estimate: partsOf(
      due.estimate,
      (items) => settlement.calls.settleEstimated(community, period, items),
      limits.estimate,
    ),
  };
  return { parts, estimate: due.estimate };
}
