/** What warming the rings of a default community costs, once. */
import { defaultTerms } from "../../test/helpers/market.ts";
import { OPERATIONS as OP } from "./operations.ts";
import type { Row } from "./row.ts";

export interface WarmUp {
  readonly ticks: number;
  /** Periods in the rings of the default terms. */
  readonly ring: number;
  readonly bookRing: number;
  /** Gas, once: of a community, and of each member. */
  readonly community: number;
  readonly member: number;
  readonly nextForkCommunity: number;
  readonly nextForkMember: number;
}

/** R periods of results, ledger and journals, horizon + 1 of book words. */
export function warmUpsOf(rows: readonly Row[]): WarmUp[] {
  const { horizon, claimWindow, slotDuration, slotsPerPeriod } = defaultTerms;
  const bookRing = horizon + 1;
  // The chain makes it odd.
  const ring = (horizon + 2 + Math.ceil(claimWindow / (slotDuration * slotsPerPeriod))) | 1;
  return [...new Set(rows.map(({ ticks }) => ticks))].flatMap((ticks) => {
    const row = (operation: string) => rows.find((each) => each.operation === operation && each.ticks === ticks);
    const [book, other, member] = [row(OP.warmBook), row(OP.warmRing), row(OP.warmMember)];
    if (!book || !other || !member) return [];
    const once = (of: (row: Row) => number) => ({
      community: bookRing * of(book) + ring * of(other),
      member: ring * of(member),
    });
    const [now, next] = [once(({ gas }) => gas), once(({ nextFork }) => nextFork)];
    return [{ ticks, ring, bookRing, ...now, nextForkCommunity: next.community, nextForkMember: next.member }];
  });
}
