import { expect } from "chai";
import fc from "fast-check";
import { fills } from "../reference/fills.ts";
import { clear as clearModel, slotResultOf, type SlotResult } from "../reference/clearing.ts";
import type { Order } from "../reference/book.ts";
import { clear, post, type Day, type SignedStrip } from "./auction.ts";
import { at } from "./lists.ts";
import { encodeEntries, type Entry } from "./market.ts";
import { tradeOf, unpacked } from "./modules.ts";

/** An order of one of a day's homes. */
export interface HomeOrder extends Entry {
  readonly home: number;
}

/** Homes that any random book fits: their caps and their money are never in the way. */
export const deepPockets = { buyCap: 8191, sellCap: 8191, deposit: 10n ** 12n };

/** How a book comes on chain: in which strips each home signs its orders, in which sequence they are posted, in which batches. */
export interface Plan {
  /** Numbers that choose the next home, again and again. */
  readonly sequence: readonly number[];
  /** A strip of a home ends before each of these slots. */
  readonly cuts: readonly number[];
  /** Strips in a batch. */
  readonly batch: number;
}

export const anyPlan: fc.Arbitrary<Plan> = fc.record({
  sequence: fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }),
  cuts: fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { maxLength: 4 }),
  batch: fc.integer({ min: 1, max: 8 }),
});

/** A book in each of `slots` slots; few ticks, so that orders meet. Each home names a side and tick of a slot once. */
export const anyBooks = (slots: number, homes: number, ticks: number): fc.Arbitrary<HomeOrder[]> => {
  const anyOrder = (slot: number): fc.Arbitrary<HomeOrder> =>
    fc.record({
      slot: fc.constant(slot),
      home: fc.nat(homes - 1),
      side: fc.constantFrom("buy" as const, "sell" as const),
      tick: fc.oneof(fc.nat(ticks - 1), fc.nat(7)),
      lots: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 800 })),
    });
  const selector = ({ home, side, tick }: HomeOrder) => `${home} ${side} ${tick}`;
  const books = Array.from({ length: slots }, (_, slot) => fc.uniqueArray(anyOrder(slot), { selector, maxLength: 9 }));
  return fc.tuple(...books).map((all) => all.flat());
};

export const ascending = (entries: readonly Entry[]) =>
  [...entries].sort((a, b) => (encodeEntries([a]) < encodeEntries([b]) ? -1 : 1));

/** The orders of one strip. */
interface Chunk {
  readonly home: number;
  readonly after: number;
  readonly orders: HomeOrder[];
}

/** The strips of every home, in the order in which they are posted. */
export function arrange(orders: readonly HomeOrder[], { sequence, cuts }: Plan): Chunk[] {
  const edges = [...cuts, 256].sort((a, b) => a - b);
  const queues = [...new Set(orders.map(({ home }) => home))].sort().map((home) => {
    const own = ascending(orders.filter((order) => order.home === home)) as HomeOrder[];
    const parts = edges.map((edge, i) => own.filter(({ slot }) => slot < edge && slot >= (edges[i - 1] ?? 0)));
    let after = 0;
    return parts
      .filter((part) => part.length > 0)
      .map((part): Chunk => {
        const chunk = { home, after, orders: part };
        after = at(part, part.length - 1).slot + 1;
        return chunk;
      });
  });
  const chunks: Chunk[] = [];
  for (let turn = 0; queues.some((queue) => queue.length > 0); turn++) {
    const open = queues.filter((queue) => queue.length > 0);
    const chunk = at(open, at(sequence, turn % sequence.length) % open.length).shift();
    if (chunk !== undefined) chunks.push(chunk);
  }
  return chunks;
}

/** Posts a plan. Nothing may be skipped or refused. */
export async function postPlan(
  day: Day,
  orders: readonly HomeOrder[],
  plan: Plan,
  period: number,
): Promise<HomeOrder[]> {
  const chunks = arrange(orders, plan);
  const strips: SignedStrip[] = await Promise.all(
    chunks.map(
      async ({ home, after, orders: entries }) =>
        await day.signStrip({ home: day.home(home), period, after, entries, maxReserve: 10n ** 10n }),
    ),
  );
  for (let i = 0; i < strips.length; i += plan.batch) {
    const { skipped, refused } = await post(day, strips.slice(i, i + plan.batch), period);
    if (skipped.length + refused.length > 0) throw new Error("an order was not accepted");
  }
  return chunks.flatMap((chunk) => chunk.orders);
}

/** What the chain says of a slot, in the words of the reference model; undefined where nothing traded. */
export async function resultOf(day: Day, offset: number, period: number): Promise<SlotResult | undefined> {
  const r = await day.resultAt(day.slot(offset, period));
  if (!r.cleared) throw new Error(`slot ${offset} is not cleared`);
  const { marginalTick, priceTick, lots, side, allotment, volume } = r;
  if (marginalTick === 255n) {
    if (lots !== 0n || priceTick !== 255n || r.price !== 0n) throw new Error("a slot without trade has a price");
    return undefined;
  }
  if (r.price !== BigInt(day.terms.floorPrice) + priceTick * BigInt(day.terms.tickSize)) throw new Error("odd price");
  if (volume === 0n && (side !== 0n || allotment !== 0n)) throw new Error("a side is rationed that has no volume");
  const rationed =
    volume === 0n ? null : { side: side === 0n ? ("buy" as const) : ("sell" as const), allotment, volume };
  return { marginalTick, priceTick, lots, rationed };
}

/** What a home bought and sold in each slot, lots, and what it pays and gets. */
export async function positionOf(day: Day, home: number, period: number) {
  const { member } = day.home(home);
  const payloads = (await day.recordsOf(member, period)).map(({ payload }) => payload);
  const { auction, community } = day;
  const context = [...(await auction.contextOf(community, period))];
  const [ready, paid, received, position] = await auction.positionOf(community, member, period, context, payloads);
  const lotWh = BigInt(day.terms.lotWh);
  const slots = unpacked(position).map((slot) => {
    const { bought, sold } = tradeOf(slot);
    return { bought: bought / lotWh, sold: sold / lotWh };
  });
  return { ready, paid, received, slots };
}

/** Orders in the order of acceptance, as the model takes them; the id names the home. */
export const modelBook = (orders: readonly HomeOrder[], offset: number): Order[] =>
  orders
    .filter(({ slot }) => slot === offset)
    .map(({ home, side, tick, lots }) => ({
      id: `${home} ${side} ${tick}`,
      side,
      tick: BigInt(tick),
      lots: BigInt(lots),
    }));

/** Clearing and fills of one slot by the naive model. */
export function expected(orders: readonly HomeOrder[], offset: number, ticks: number) {
  const book = modelBook(orders, offset);
  const clearing = clearModel(book, BigInt(ticks));
  return { book, clearing, filled: fills(book, clearing) };
}

/** Goes past the last gate of a period and clears all of it. */
export async function clearAll(day: Day, period: number) {
  await day.goTo(day.periodStart(period + 1));
  return await clear(
    day,
    Array.from({ length: day.terms.slotsPerPeriod }, (_, offset) => offset),
    period,
  );
}

/** Posts a plan, clears it, and reads every result and position; null where a slot is not cleared. */
export async function play(day: Day, orders: readonly HomeOrder[], plan: Plan, slots: number) {
  const period = day.period + 1;
  const accepted = await postPlan(day, orders, plan, period);
  await clearAll(day, period);
  const results = await Promise.all(
    Array.from({ length: slots }, async (_, i) => await resultOf(day, i, period).catch(() => null)),
  );
  const positions = await Promise.all(day.homes.map(async (_, home) => await positionOf(day, home, period)));
  return { accepted, results, positions };
}

/** Plays a plan and expects of every slot what the naive model finds, to the lot. */
export async function expectModel(day: Day, orders: readonly HomeOrder[], plan: Plan, slots: number) {
  const { accepted, results, positions } = await play(day, orders, plan, slots);
  for (let slot = 0; slot < slots; slot++) {
    if (!orders.some((order) => order.slot === slot)) continue;
    const { clearing, filled } = expected(accepted, slot, day.terms.tickCount);
    expect(results[slot]).to.deep.equal(clearing && slotResultOf(clearing));
    for (const [home, { slots: position }] of positions.entries()) {
      const lots = (side: string) =>
        [...filled].filter(([id]) => id.startsWith(`${home} ${side}`)).reduce((sum, [, fill]) => sum + fill, 0n);
      expect(position[slot]).to.deep.equal({ bought: lots("buy"), sold: lots("sell") });
    }
  }
}
