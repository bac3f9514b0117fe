/** What logs say of a community that shares after the fact, and its parts recomputed from them. */
import type { Result } from "ethers";
import { LogsIncompleteError } from "../errors.ts";
import type { Hex } from "../hex.ts";
import { sharingReadingOf } from "../sharing/due.ts";
import type { SharingFacts } from "../sharing/due.ts";
import type { KeptBudget } from "../sharing/meter-due.ts";
import { sharePeriod } from "../sharing/parts.ts";
import type { SharedSlot, SharingPart } from "../sharing/parts.ts";
import { sharingSchemeOf } from "../sharing/scheme.ts";
import type { AnnouncedScheme } from "../sharing/scheme.ts";
import { encodeTotals } from "../sharing/totals.ts";
import { asMember, asWh } from "../units.ts";
import type { MemberIndex, Period, Wh } from "../units.ts";
import { unpackBudget, unpackMembers } from "./sharing-words.ts";

/** A shared period: what changed hands in each slot, and who has which part of it. */
export interface SharedLogs {
  readonly slots: readonly SharedSlot[];
  /** Of the members that were counted; whoever is missing is a plain customer of its supplier. */
  readonly parts: ReadonlyMap<MemberIndex, SharingPart>;
}

/** Events of `EnergySharing` or `MeteredAuction` by name, of one community, oldest first; `period` is the indexed topic where the event has one. */
export type SharingEvents = (name: string, period?: Period) => Promise<readonly Result[]>;

/** The scheme in force for a period: the last one announced for it or an earlier one. */
export async function schemeFromLogs(events: SharingEvents, period: Period): Promise<AnnouncedScheme | null> {
  const announced = await events("SchemeAnnounced");
  const last = announced.filter((args) => uint(args, "fromPeriod") <= period).at(-1);
  if (last === undefined) return null;
  return sharingSchemeOf(uint(last, "rule"), uint(last, "compensation"), uint(last, "settlementDelay"));
}

/** Every member's latest budget. */
export async function budgetsFromLogs(events: SharingEvents): Promise<Map<MemberIndex, KeptBudget>> {
  const kept = await events("BudgetKept");
  return new Map(kept.map((args) => [asMember(uint(args, "member")), unpackBudget(uint(args, "budget"))]));
}

/** Members in the order of their parts, one list per call that counted some. */
export async function chunksFromLogs(events: SharingEvents, period: Period): Promise<MemberIndex[][]> {
  const counted = await events("Counted", period);
  return counted.map((args, index) => {
    if (uint(args, "chunk") !== BigInt(index)) throw new LogsIncompleteError(`chunk ${index} of period ${period}`);
    return unpackMembers(args.getValue("members") as Hex);
  });
}

/**
 * Shares a period again from its readings and budgets, and compares what the chain said of it: totals, and what lies beyond budgets.
 * @throws LogsIncompleteError where they differ
 */
export async function sharedFromLogs(events: SharingEvents, period: Period, facts: SharingFacts): Promise<SharedLogs> {
  const { scheme, tariff, chunks } = facts;
  const members = chunks.flat();
  if (scheme === null || members.length === 0) return { slots: [], parts: new Map() };
  const { slots, parts } = sharePeriod(
    scheme,
    tariff,
    members.map((member) => sharingReadingOf(facts, member)),
  );
  const totals = encodeTotals(slots);
  for (const args of await events("Shared", period)) {
    const said = args.getValue("totals") as readonly bigint[];
    const same = said.length === totals.length && totals.every((word, index) => word === said[index]);
    if (!same) throw new LogsIncompleteError(`the totals of period ${period}`);
  }
  return { slots, parts: await partsWithin(events, period, members, parts) };
}

/**
 * Parts by member, each compared with what the chain said to lie beyond its budget.
 * @param parts In the order of `members`.
 * @throws LogsIncompleteError where they differ
 */
export async function partsWithin(
  events: SharingEvents,
  period: Period,
  members: readonly MemberIndex[],
  parts: readonly SharingPart[],
): Promise<Map<MemberIndex, SharingPart>> {
  const reached = await reachedFromLogs(events, period);
  const byMember = new Map<MemberIndex, SharingPart>();
  for (const [index, member] of members.entries()) {
    const part = parts[index];
    if (part === undefined) continue;
    if (part.beyondBudget !== (reached.get(member) ?? 0n)) {
      throw new LogsIncompleteError(`what member ${member} took beyond its budget in period ${period}`);
    }
    byMember.set(member, part);
  }
  return byMember;
}

async function reachedFromLogs(events: SharingEvents, period: Period): Promise<Map<MemberIndex, Wh>> {
  const reached = await events("BudgetReached", period);
  return new Map(reached.map((args) => [asMember(uint(args, "member")), asWh(uint(args, "wh"))]));
}

function uint(args: Result, name: string): bigint {
  return args.getValue(name) as bigint;
}
