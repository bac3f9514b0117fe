/** One period on chain: posting, clearing, and settlement from the logs. */

import {
  type AcceptedReading,
  type JournalRecord,
  type MemberIndex,
  type MeteredItem,
  type Period,
  type ScanRange,
  type SettledLeg,
  type SignedReading,
  type SignedStrip,
  type Slot,
  type SlotResults,
  slotsOf,
} from "@wattbook/sdk";
import { sendInBatches, type Sizing } from "./batches.ts";
import type { World } from "./world.ts";

/** Called with the number of items that a transaction took care of. */
export type OnDone = (count: number) => void;

/** What the logs say of a settled period. */
export interface PeriodLogs {
  readonly journals: ReadonlyMap<MemberIndex, readonly JournalRecord[]>;
  readonly results: SlotResults;
  readonly readings: ReadonlyMap<MemberIndex, AcceptedReading>;
  readonly legs: ReadonlyMap<MemberIndex, SettledLeg>;
}

/** Brings signed strips on chain; returns the gas. */
export async function postStrips(
  { chain, roles, market, community }: World,
  period: Period,
  strips: readonly SignedStrip[],
  sizing: Sizing,
  onDone: OnDone,
): Promise<bigint> {
  return sendInBatches(
    chain,
    roles.relayer,
    strips,
    sizing,
    (batch) => market.calls.post(community, period, batch),
    onDone,
  );
}

/** Clears the slots of a period whose gates have all passed; returns the gas. */
export async function clearPeriod(world: World, period: Period, sizing: Sizing): Promise<bigint> {
  const { chain, roles, market, community, terms } = world;
  const build = (slots: readonly Slot[]) => market.calls.clear(community, slots);
  return sendInBatches(chain, roles.keeper, slotsOf(terms, period), sizing, build);
}

/** Settles a period against its readings; records come from the logs alone. Returns the gas. */
export async function settlePeriod(
  world: World,
  period: Period,
  readings: readonly SignedReading[],
  range: ScanRange,
  sizing: Sizing,
  onDone: OnDone,
): Promise<bigint> {
  const { chain, roles, settlement, community, logs } = world;
  const journals = await logs.journals(period, range);
  const items = readings.map((signed) => ({ ...signed, records: journals.get(signed.reading.member) ?? [] }));
  const build = (batch: readonly MeteredItem[]) => settlement.calls.meterAndSettle(community, period, batch);
  return sendInBatches(chain, roles.keeper, items, sizing, build, onDone);
}

/** Reads everything back. */
export async function logsOf({ logs }: World, period: Period, range: ScanRange): Promise<PeriodLogs> {
  const journals = await logs.journals(period, range);
  return {
    journals,
    results: await logs.results(period, range, journals),
    readings: await logs.readings(period, range),
    legs: await logs.settled(period, range),
  };
}
