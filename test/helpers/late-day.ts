/** A day on which one meter is late, of both kinds of communities that trade after the fact: by a rule, and within standing orders. */
import {
  auctionDue,
  sharingDue,
  type Period,
  type SharingPart,
  type Tariff,
  type Terms,
  type Wattbook,
} from "@wattbook/sdk";
import type {
  CommunityIndex,
  JournalRecord,
  LogReader,
  MemberIndex,
  SettleItem,
  EstimateItem,
  Wh,
} from "@wattbook/sdk";
import type { Connection, Market } from "./market.ts";
import { openMetered } from "./metered-day.ts";
import { openShared, type MeteredHome, type readerOf } from "./shared-day.ts";

/** Homes of both days; others may be there besides. */
type Named = "roof" | "late" | "plain";

/** What is due. */
interface Due {
  readonly join: readonly MemberIndex[];
  readonly count: readonly { readonly member: MemberIndex }[];
  /** Settle a chunk each. */
  readonly chunks: readonly (() => Promise<unknown>)[];
  readonly settle: readonly SettleItem[];
  readonly estimate: readonly EstimateItem[];
}

/** What was shared or traded, out of the logs. */
interface Traded {
  /** Wh per slot; none where nobody was counted. */
  readonly slots: readonly Wh[];
  readonly parts: ReadonlyMap<MemberIndex, SharingPart>;
}

/** A period that is open for joining, with what either module calls its own. */
export interface LateDay {
  readonly m: Market;
  readonly wattbook: Wattbook;
  readonly community: CommunityIndex;
  readonly terms: Terms;
  readonly period: Period;
  readonly homes: Readonly<Record<Named, MeteredHome>> & Readonly<Record<string, MeteredHome>>;
  readonly logs: LogReader;
  readonly read: ReturnType<typeof readerOf>;
  readonly recordsOf: (home: MeteredHome) => Promise<JournalRecord[]>;
  readonly due: () => Promise<Due>;
  readonly join: (members: readonly MemberIndex[]) => Promise<unknown>;
  /** Hands all readings in but that of `late`; those of members that joined are counted. `plain` did not join. */
  readonly meterInTime: () => Promise<unknown>;
  readonly traded: () => Promise<Traded>;
  /** What the chain keeps of the totals. */
  readonly totals: () => Promise<unknown>;
  readonly tariff: () => Promise<Tariff>;
}

/** Opens a day. */
export type OpenLateDay = (connection: Connection) => Promise<LateDay>;

async function itemsInTime({ homes, read, recordsOf }: Pick<LateDay, "homes" | "read" | "recordsOf">) {
  const inTime = Object.values(homes).filter((home) => home !== homes.late);
  const items = [];
  for (const home of inTime) items.push({ ...(await read(home)), records: await recordsOf(home) });
  return items;
}

const shared: OpenLateDay = async (connection) => {
  const w = await openShared(connection);
  const { community, period, terms, logs, wattbook } = w;
  const { send } = wattbook.sharing;
  return {
    ...w,
    due: async () => {
      const { chunks, ...due } = sharingDue(terms, period, await w.now(), await logs.sharing(period));
      return { ...due, chunks: chunks.map((chunk) => async () => send.settle(community, period, chunk)) };
    },
    join: async (members) => send.join(community, period, members),
    meterInTime: async () => send.meter(community, period, await itemsInTime(w)),
    traded: async () => {
      const { slots, parts } = await logs.shared(period);
      return { slots: slots.map(({ supply }) => supply), parts };
    },
    totals: async () => wattbook.sharing.totals(community, period, terms),
    tariff: async () => (await logs.sharing(period)).tariff,
  };
};

const metered: OpenLateDay = async (connection) => {
  const w = await openMetered(connection);
  const { community, period, terms, logs, wattbook } = w;
  const { send } = wattbook.meteredAuction;
  return {
    ...w,
    due: async () => {
      const { chunks, ...due } = auctionDue(terms, period, await w.now(), await logs.auction(period));
      return { ...due, chunks: chunks.map((chunk) => async () => send.settle(community, period, chunk)) };
    },
    join: async (members) => send.join(community, period, members),
    meterInTime: async () => {
      const { totals } = await logs.auction(period);
      return send.meter(community, period, await itemsInTime(w), totals.at(-1) ?? []);
    },
    traded: async () => {
      const { slots, parts } = await logs.traded(period);
      return { slots: slots.map(({ traded }) => traded), parts };
    },
    totals: async () => wattbook.meteredAuction.totalsHash(community, period),
    tariff: async () => (await logs.auction(period)).tariff,
  };
};

/** Both, with what is shared or traded in a slot in which `late` would have had a part, Wh: as if it were not there. */
export const LATE_DAYS = [
  { what: "shares after the fact", open: shared, without: { slot: 2, wh: 777n } },
  { what: "keeps standing orders", open: metered, without: { slot: 1, wh: 954n } },
] as const;
