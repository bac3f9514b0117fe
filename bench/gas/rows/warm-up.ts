/**
 * What it costs that a ring's words are made when they are first used: the same calls on a new community, less what they cost once
 * its rings are warm.
 */
import type { Entry, HomeKeys } from "../../../test/helpers/market.ts";
import { batches, halves } from "../calls.ts";
import { callOf } from "../evidence.ts";
import { ALL_SLOTS, countedBy, SLOTS } from "../homes.ts";
import { cleared } from "../limits/clear.ts";
import { LiveBook } from "../limits/book.ts";
import { placed } from "../limits/place.ts";
import { settled } from "../limits/settle.ts";
import { openMarket, type JournalRecord, type Market, type Order } from "../market.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { Measured } from "../types.ts";
import type { RowSource } from "./source.ts";

/** Homes that together order on every tick word of every slot, each in a part of the period, and one that comes after them. */
const MAKERS = 4;
const TICKS_PER_WORD = 16;
const DEPOSIT = 4_000_000_000n;

/** Periods after the first: one that makes what is no ring, the cold one, one for the other half of the book, the warm one. */
const PERIODS = { other: 1, cold: 4, between: 7, warm: 9 };

interface Young {
  readonly gas: Market;
  readonly homes: readonly HomeKeys[];
  readonly first: number;
  readonly ticks: number;
}

interface Cost {
  readonly book: Measured[];
  readonly member: Measured[];
  readonly ring: Measured[];
}

export const warmUp: RowSource = {
  name: "warm-up",
  needs: () => 0,
  async measure({ world: { ticks }, progress }) {
    progress(`${String(ticks)} ticks: first use of the rings`);
    const young = await newCommunity(ticks);
    const periods = new Map<number, Cost>();
    for (let after = 1, metered = 0; after <= PERIODS.warm; after++) {
      if (!Object.values(PERIODS).includes(after)) continue;
      periods.set(after, await trade(young, young.first + after, metered, after === PERIODS.cold));
      metered = after + 1;
    }
    const [cold, warm] = [periods.get(PERIODS.cold), periods.get(PERIODS.warm)];
    if (!cold || !warm) throw new Error("a period is missing");
    const size = { homes: MAKERS, ticks, units: 1, makesWords: true };
    return [
      { operation: OP.warmBook, ...size, per: "period of the book", calls: cold.book, minus: warm.book },
      { operation: OP.warmRing, ...size, per: "period of the ring", calls: cold.ring, minus: warm.ring },
      {
        operation: OP.warmMember,
        ...size,
        homes: 1,
        per: "period of the ring",
        calls: cold.member,
        minus: warm.member,
      },
    ];
  },
};

async function newCommunity(ticks: number): Promise<Young> {
  const gas = await openMarket({ tickCount: ticks });
  const homes: HomeKeys[] = [];
  while (homes.length <= MAKERS) homes.push(await gas.addHome({ deposit: DEPOSIT }));
  return { gas, homes, ticks, first: (await gas.market.periodNow()) + 1 };
}

/** Every maker buys and sells a lot or two at the lowest tick of each word, in its part of the slots. */
function ordersOf({ homes, ticks }: Young, day: number): Order[] {
  const grid = Array.from({ length: ticks / TICKS_PER_WORD }, (_, index) => index * TICKS_PER_WORD);
  const sides = ["buy", "sell"] as const;
  const lots = 1 + (day % 3); // differs from the two periods that used the same words
  return batches(ALL_SLOTS, SLOTS / MAKERS).flatMap((slots, index) => {
    const home = homes[index];
    const entriesIn = (slot: number): Entry[] =>
      sides.flatMap((side) => grid.map((tick) => ({ slot, side, tick, lots })));
    return home ? [{ home, entries: slots.flatMap(entriesIn) }] : [];
  });
}

/** Places, clears and settles a period after metering those from `first + metered` on. */
async function trade(young: Young, period: number, metered: number, fresh: boolean): Promise<Cost> {
  const { gas, homes, first, ticks } = young;
  const { market } = gas;
  const readings = (of: number, records: Map<number, JournalRecord>) =>
    homes.map((home) => ({ home, counted: countedBy(home, of - first), record: records.get(home.member) }));
  for (let before = first + metered; before < period - 1; before++) {
    await market.goTo(market.periodStart(before + 1));
    await gas.settle(before, readings(before, new Map()));
  }
  await market.goTo(market.periodStart(period - 1));
  const book = new LiveBook(ticks);
  const records = new Map<number, JournalRecord>();
  const place = async (order: Order, freshBook: boolean) => {
    const receipt = await gas.post(period, [order]);
    for (const [member, record] of gas.recordsIn(receipt)) records.set(member, record);
    return placed(await callOf(gas, "place", receipt), book, [order], { freshBook, freshJournal: fresh });
  };
  const [firstOrder, ...others] = ordersOf(young, period - first);
  const last = homes.at(-1);
  const [entry] = firstOrder?.entries ?? [];
  if (!firstOrder || !last || !entry) throw new Error("no orders");
  const makers = [await place(firstOrder, fresh)];
  for (const order of others) makers.push(await place(order, fresh));
  const member = [await place({ home: last, entries: [{ ...entry, lots: entry.lots + 2 }] }, false)];
  await market.goTo(market.periodStart(period));
  if (first + metered < period) await gas.settle(period - 1, readings(period - 1, new Map()));
  await market.goTo(market.periodStart(period + 1));
  const ring: Measured[] = [];
  for (const half of halves(ALL_SLOTS)) {
    ring.push(cleared(await callOf(gas, "clear", await gas.clear(period, half)), book, half, fresh));
  }
  const settlement = await callOf(gas, "settle", await gas.settle(period, readings(period, records)));
  const items = homes.map((home) => ({ home, entries: home === last ? 1 : firstOrder.entries.length }));
  ring.push(settled(settlement, SLOTS, items, fresh));
  return { book: makers, member, ring };
}
