/** What is due in a community, as the keeper finds it: slots to clear, members to let join, count, share among and settle. */
import {
  asPeriod,
  periodAt,
  periodOf,
  ringLength,
  type EstimateItem,
  type LogReader,
  type MemberIndex,
  type Period,
  type SettleItem,
  type Slot,
  type UnsignedCall,
} from "@wattbook/sdk";
import type { ChunkCall, SharingWork } from "@wattbook/services/keeper";
import type { Session } from "./link.ts";

/** Due work of a period. */
export interface DuePeriod {
  readonly period: Period;
  readonly clear: readonly Slot[];
  /** Where a community trades after the fact. */
  readonly join: readonly MemberIndex[];
  readonly count: readonly SettleItem[];
  readonly chunks: readonly ChunkCall[];
  readonly settle: readonly SettleItem[];
  readonly estimate: readonly EstimateItem[];
  /** The calls for `count`; undefined where members order. */
  readonly module: Pick<SharingWork, "count" | "independent"> | undefined;
}

/**
 * Looks through the periods that can have something due: those whose journals the chain keeps, and those traded ahead.
 * @param wanted One period alone.
 */
export async function dueOf(session: Session, logs: LogReader, wanted?: Period): Promise<DuePeriod[]> {
  const { dueIn, sharingWork } = await import("@wattbook/services/keeper");
  const { terms, now } = session;
  const current = periodAt(terms, now);
  const oldest = current - ringLength(terms);
  const first = oldest < 0n ? 0n : oldest;
  const count = Number(current + terms.horizon - first + 1n);
  const periods =
    wanted === undefined ? Array.from({ length: count }, (_, index) => asPeriod(first + BigInt(index))) : [wanted];
  const dueInPeriod = async (period: Period): Promise<Omit<DuePeriod, "period">> => {
    if (logs.mode === "orders") {
      return { ...NO_SHARING, ...dueIn(terms, period, now, await factsOf(logs, period)) };
    }
    const { due, chunks, ...module } = await sharingWork({ ...session, period }, logs);
    return { clear: [], ...due, chunks, module };
  };
  const found: DuePeriod[] = [];
  for (const period of periods) {
    const due = await dueInPeriod(period);
    if (Object.values(due).some((items) => Array.isArray(items) && items.length > 0)) found.push({ period, ...due });
  }
  return found;
}

const NO_SHARING = { join: [], count: [], chunks: [], module: undefined };

async function factsOf(logs: LogReader, period: Period) {
  return {
    journals: await logs.journals(period),
    readings: await logs.readings(period),
    settled: await logs.settled(period),
    cleared: await logs.cleared(period),
  };
}

/** Whether a call would do anything: the contracts pass over what they cannot take, and answer how much they took. */
export async function wouldTake({ provider }: Session, from: string, { to, data }: UnsignedCall): Promise<boolean> {
  const taken = await provider.call({ from, to, data });
  // What answers nothing at all, such as the settlement of a chunk, does it or reverts.
  return taken === "0x" || BigInt(taken) > 0n;
}

/** "12 slots of period 7". */
export function slotsText({ terms }: Session, slots: readonly Slot[]): string {
  const [first] = slots;
  const period = first === undefined ? "" : ` of period ${periodOf(terms, first)}`;
  return `${slots.length} ${slots.length === 1 ? "slot" : "slots"}${period}`;
}

/** "members 5, 6 and 9 more". */
export function membersText(members: readonly MemberIndex[]): string {
  const most = 10;
  const shown = members.slice(0, most).join(", ");
  const more = members.length > most ? ` and ${members.length - most} more` : "";
  return `${members.length === 1 ? "member" : "members"} ${shown}${more}`;
}
