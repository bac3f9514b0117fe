/** What logs say of a community whose members keep standing orders, and its parts recomputed from them. */
import type { Result } from "ethers";
import { LogsIncompleteError } from "../errors.ts";
import { meteredReadingOf } from "../sharing/auction-due.ts";
import type { AuctionFacts } from "../sharing/auction-due.ts";
import { tradePeriod } from "../sharing/metered.ts";
import type { MeteredSlot } from "../sharing/metered.ts";
import type { SharingPart } from "../sharing/parts.ts";
import type { Terms } from "../terms.ts";
import { asMember, asSeconds } from "../units.ts";
import type { MemberIndex, Period, Seconds } from "../units.ts";
import { partsWithin } from "./sharing-logs.ts";
import type { SharingEvents } from "./sharing-logs.ts";
import { unpackClearedMeters, unpackStandingOrder } from "./sharing-words.ts";
import type { KeptOrder } from "./sharing-words.ts";

/** A traded period: what changed hands in each slot, and who has which part of it. */
export interface TradedLogs {
  readonly slots: readonly MeteredSlot[];
  /** Of the members that were counted; whoever is missing is a plain customer of its supplier. */
  readonly parts: ReadonlyMap<MemberIndex, SharingPart>;
}

/** The settlement delay in force for a period: the last one announced for it or an earlier one; null for none. */
export async function delayFromLogs(events: SharingEvents, period: Period): Promise<Seconds | null> {
  const announced = await events("AuctionAnnounced");
  const last = announced.filter((args) => uint(args, "fromPeriod") <= period).at(-1);
  return last === undefined ? null : asSeconds(uint(last, "settlementDelay"));
}

/** Every member's latest standing order. */
export async function ordersFromLogs(events: SharingEvents): Promise<Map<MemberIndex, KeptOrder>> {
  const kept = await events("OrderKept");
  return new Map(kept.map((args) => [asMember(uint(args, "member")), unpackStandingOrder(uint(args, "order"))]));
}

/**
 * Totals behind each chunk.
 * @throws LogsIncompleteError where one of them is missing
 */
export async function totalsFromLogs(events: SharingEvents, period: Period): Promise<(readonly bigint[])[]> {
  const tallied = await events("Tallied", period);
  return tallied.map((args, index) => {
    if (uint(args, "chunk") !== BigInt(index)) throw new LogsIncompleteError(`totals ${index} of period ${period}`);
    return Array.from(args.getValue("totals") as readonly bigint[]);
  });
}

/**
 * Trades a period again from its readings and standing orders, and compares what the chain said of it: volume, price and marginal tick of
 * each slot, and what lies beyond budgets.
 * @throws LogsIncompleteError where they differ
 */
export async function tradedFromLogs(
  events: SharingEvents,
  terms: Terms,
  period: Period,
  facts: AuctionFacts,
): Promise<TradedLogs> {
  const members = facts.chunks.flat();
  if (members.length === 0) return { slots: [], parts: new Map() };
  const readings = members.map((member) => {
    const reading = meteredReadingOf(facts, member);
    if (reading === null) throw new LogsIncompleteError(`how member ${member} joined period ${period}`);
    return reading;
  });
  const { slots, parts } = tradePeriod(terms, facts.tariff, readings);
  for (const args of await events("Cleared", period)) {
    const said = unpackClearedMeters(args.getValue("slots") as readonly bigint[]);
    // Behind the last slot there is nothing, and nothing must be said of it.
    const count = Math.max(slots.length, said.length);
    const differs = Array.from({ length: count }, (_, slot) => slot).find((slot) => !isSame(slots[slot], said[slot]));
    if (differs !== undefined) throw new LogsIncompleteError(`how slot ${differs} of period ${period} cleared`);
  }
  return { slots, parts: await partsWithin(events, period, members, parts) };
}

function isSame(slot: MeteredSlot | undefined, said: ReturnType<typeof unpackClearedMeters>[number] | undefined) {
  const { traded = 0n, price = null, marginalTick = null } = slot ?? {};
  if (said === null || said === undefined) return traded === 0n;
  return said.energy === traded && said.price === price && said.marginalTick === marginalTick;
}

function uint(args: Result, name: string): bigint {
  return args.getValue(name) as bigint;
}
