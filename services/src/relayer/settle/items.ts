/** What a settlement call needs of a member: its reading, its records, and whether its slots are clear. */
import {
  asCommunity,
  asMember,
  asPeriod,
  asSignedAmount,
  asSlot,
  decodePayload,
  decodeValues,
  isAccepted,
  type JournalRecord,
  type MeteredItem,
  type SettleItem,
  type Terms,
} from "@wattbook/sdk";
import { type ReadingBody, readingOf, signatureOf } from "../../wire.ts";
import type { Facts, Whose } from "../store/facts.ts";
import type { ReadingRow } from "../store/readings.ts";

/** A reading that waits, with what the chain has of its member's period. */
export interface Candidate {
  readonly row: ReadingRow;
  readonly records: readonly JournalRecord[];
  /** Whether every slot that the member has an accepted order in is clear. */
  readonly clear: boolean;
}

export function whoseOf({ community, period, member }: ReadingRow): Whose {
  return {
    community: asCommunity(BigInt(community)),
    period: asPeriod(BigInt(period)),
    member: asMember(BigInt(member)),
  };
}

/** Looks up what the chain has, where members place orders. @param cleared Slots of the period that are clear. */
export function candidateOf(terms: Terms, facts: Facts, row: ReadingRow, cleared: ReadonlySet<bigint>): Candidate {
  const whose = whoseOf(row);
  const records = facts.records(whose);
  const first = asSlot(whose.period * terms.slotsPerPeriod);
  const offsets = records
    .filter(({ head }) => head.module === 0n)
    .flatMap(({ payload }) => decodePayload(terms, payload).filter(isAccepted))
    .map(({ offset }) => offset);
  return { row, records, clear: offsets.every((offset) => cleared.has(first + offset)) };
}

/** For `meterAndSettle`. */
export function meteredItem(terms: Terms, { row, records }: Candidate): MeteredItem {
  const body = JSON.parse(row.body) as ReadingBody;
  const reading = readingOf(terms, asCommunity(BigInt(row.community)), body);
  return { reading, signature: signatureOf(body), records };
}

/** For `settle`; null where the chain has no such reading any more. */
export function settleItem(terms: Terms, facts: Facts, { row, records }: Candidate): SettleItem | null {
  const metered = facts.meteredOf(whoseOf(row));
  if (metered === undefined) return null;
  const values = decodeValues(terms, metered.body);
  return { member: asMember(BigInt(row.member)), values, gapLeg: asSignedAmount(BigInt(metered.gap_leg)), records };
}

/** Entries that settling a member replays. */
export function entriesOf({ records }: Candidate): number {
  return records.reduce((sum, { head }) => sum + Number(head.entries), 0);
}
