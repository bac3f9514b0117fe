/** The chain against the SDK: what was settled must equal the member's own computation, to the base unit. */

import {
  type AcceptedEntry,
  asSignedAmount,
  type Bill,
  billOf,
  decodePayload,
  type JournalRecord,
  isAccepted,
  journalOf,
  type MeterValue,
  type MemberSettlement,
  type Period,
  type Position,
  positionOf,
  readingHash,
  settledHash,
  type SettledLeg,
  settleMember,
  type SignedAmount,
} from "@wattbook/sdk";
import type { Member } from "./members.ts";
import type { PeriodLogs } from "./period.ts";
import { RELAYER_FEE } from "./strips.ts";
import type { World } from "./world.ts";

/** A member's settled period. */
export interface SettledMember {
  readonly member: Member;
  readonly period: Period;
  /** The journal after its last record. */
  readonly journal: bigint;
  readonly values: readonly MeterValue[];
  readonly gapLeg: SignedAmount;
  readonly position: readonly Position[];
  readonly leg: SettledLeg;
  /** Computed by the SDK from the logs, slot by slot. */
  readonly bill: Bill;
  /** Its orders that the chain took. */
  readonly entries: readonly AcceptedEntry[];
  /** Paid when its orders were accepted, base units. */
  readonly relayerFee: bigint;
  /** Slots in which it had an accepted order. */
  readonly orderedSlots: number;
  /** Whether legs, bill and journal on chain equal the SDK's. */
  readonly agrees: boolean;
}

/** Computes a member's bill from the logs and compares; undefined if the logs show no settlement. */
export async function checkMember(
  world: World,
  member: Member,
  period: Period,
  logs: PeriodLogs,
): Promise<SettledMember | undefined> {
  const leg = logs.legs.get(member.index);
  const reading = logs.readings.get(member.index);
  if (leg === undefined || reading === undefined) return undefined;
  const { terms, tariff, escrow, community } = world;
  const records = logs.journals.get(member.index) ?? [];
  const answer = positionOf(terms, period, records, logs.results);
  const metering = { kind: "metered", ...reading } as const;
  const input = { tariff, tariffClass: 0n, records, answers: new Map([[0n, answer]]), metering };
  const preview = settleMember(terms, input);
  const bill = billOf(terms, period, preview);
  const journal = journalOf(records);
  const closed = settledHash(readingHash(journal, reading.values, reading.gapLeg), answer.position);
  const onChain = await escrow.journal(community, member.index, period);
  const agrees = sameLeg(leg, preview) && bill.total === totalOf(leg) && onChain.hash === closed;
  const entries = acceptedEntries(world, records);
  return {
    member,
    period,
    journal,
    ...reading,
    position: answer.position,
    leg,
    bill,
    entries,
    relayerFee: RELAYER_FEE * BigInt(entries.length),
    orderedSlots: new Set(entries.map(({ offset }) => offset)).size,
    agrees,
  };
}

function acceptedEntries({ terms }: World, records: readonly JournalRecord[]): AcceptedEntry[] {
  return records.flatMap(({ payload }) => decodePayload(terms, payload)).filter(isAccepted);
}

/** Deposits cover the whole run: a debt would be a disagreement too. */
function sameLeg(leg: SettledLeg, preview: MemberSettlement): boolean {
  const fields = ["paid", "received", "networkFee", "settlementFee", "gridLeg"] as const;
  return leg.due === 0n && fields.every((field) => leg[field] === preview[field]);
}

function totalOf({ paid, received, networkFee, settlementFee, gridLeg }: SettledLeg): SignedAmount {
  return asSignedAmount(paid - received + networkFee + settlementFee + gridLeg);
}
