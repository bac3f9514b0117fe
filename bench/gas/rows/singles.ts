/** Orders for a single slot: many in a batch, and one that its home sends itself. */
import { callOf } from "../evidence.ts";
import { entriesOf } from "../homes.ts";
import { LiveBook } from "../limits/book.ts";
import { placed } from "../limits/place.ts";
import { OPERATIONS as OP } from "../operations.ts";
import { MEASURED_DAY } from "../world.ts";
import type { RowSource } from "./source.ts";

/** Orders in a batch, one per home. */
export const SINGLES = 200;
const SLOT = 50;

export const singles: RowSource = {
  name: "single slots",
  needs: () => SINGLES,
  async measure({ world, progress }) {
    const { gas, homes, period, ticks, restore } = world;
    progress(`${String(ticks)} ticks: ${String(SINGLES)} orders for one slot`);
    const orders = homes
      .slice(0, SINGLES)
      .map((home) => ({ home, entries: entriesOf(home, MEASURED_DAY, ticks, [SLOT]) }));
    const [own] = orders;
    if (own === undefined || orders.length < SINGLES) throw new Error("too few homes for a batch of single slots");
    await restore();
    const batch = await callOf(gas, "single slots", await gas.post(period, orders));
    await restore();
    const alone = await callOf(gas, "own transaction", await gas.place(period, own));
    const inBatch = placed(batch, new LiveBook(ticks), orders);
    const byItself = placed(alone, new LiveBook(ticks), [own], { own: true, fees: false });
    return [
      { operation: OP.placeSingle, homes: SINGLES, ticks, per: "order", units: SINGLES, calls: [inBatch] },
      { operation: OP.placeOwn, homes: 1, ticks, per: "order", units: 1, calls: [byItself] },
    ];
  },
};
