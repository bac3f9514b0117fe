/** Orders for a single slot: many in a batch, and one that its home sends itself. */
import { inCalls } from "../calls.ts";
import { callOf } from "../evidence.ts";
import { entriesOf } from "../homes.ts";
import { LiveBook } from "../limits/book.ts";
import { placed } from "../limits/place.ts";
import type { Order } from "../market.ts";
import { OPERATIONS as OP } from "../operations.ts";
import type { Measured } from "../types.ts";
import { MEASURED_DAY, type World } from "../world.ts";
import type { RowSource } from "./source.ts";

/** Orders in a batch at most, one per home. */
export const SINGLES = 200;
const SLOT = 50;

export const singles: RowSource = {
  name: "singles",
  needs: (homes) => Math.max(SINGLES, ...homes),
  async measure({ world, homes, progress }) {
    const { ticks } = world;
    progress(`${String(ticks)} ticks: orders for one slot`);
    const row = (operation: string, of: number, calls: Measured[], units = of) => ({
      ...{ operation, homes: of, ticks, per: "order", units, calls },
    });
    const rows = [row(OP.placeSingle, SINGLES, await inBatches(world, SINGLES))];
    for (const size of homes) rows.push(row(OP.placeSingles, size, await inBatches(world, size)));
    rows.push(row(OP.placeOwn, 1, [await byItself(world, 1)]));
    rows.push(row(OP.placeOwnLive, SINGLES, [await byItself(world, SINGLES)], 1));
    return rows;
  },
};

function ordersOf({ homes, ticks }: World, count: number): Order[] {
  const orders = homes.slice(0, count).map((home) => ({ home, entries: entriesOf(home, MEASURED_DAY, ticks, [SLOT]) }));
  if (orders.length < count) throw new Error("too few homes for orders of a single slot");
  return orders;
}

/** Calls of equal size: with a thousand homes five full ones. */
async function inBatches(world: World, count: number): Promise<Measured[]> {
  const { gas, period, ticks, restore } = world;
  await restore();
  const book = new LiveBook(ticks);
  return await inCalls(ordersOf(world, count), SINGLES, async (some) =>
    placed(await callOf(gas, `single slots ${String(some.length)}`, await gas.post(period, some)), book, some),
  );
}

/** The last of so many orders for the slot; those before it come in a batch. */
async function byItself(world: World, count: number): Promise<Measured> {
  const { gas, period, ticks, restore } = world;
  const [own, ...others] = ordersOf(world, count);
  if (own === undefined) throw new Error("no order");
  await restore();
  const book = new LiveBook(ticks);
  book.touch(others.flatMap(({ entries }) => entries));
  if (others.length > 0) await gas.post(period, others);
  const call = await callOf(gas, "own transaction", await gas.place(period, own));
  return placed(call, book, [own], { own: true, fees: false });
}
