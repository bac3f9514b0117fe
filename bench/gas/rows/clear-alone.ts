/** A slot that is cleared in a call of its own. */
import { callOf } from "../evidence.ts";
import { entriesOf } from "../homes.ts";
import { cleared } from "../limits/clear.ts";
import { LiveBook } from "../limits/book.ts";
import { OPERATIONS as OP } from "../operations.ts";
import { MEASURED_DAY } from "../world.ts";
import type { RowSource } from "./source.ts";

const HOMES = 60;
const SLOT = 48;

export const clearAlone: RowSource = {
  name: "clear-alone",
  needs: () => HOMES,
  async measure({ world }) {
    const { gas, homes, period, ticks, restore } = world;
    await restore();
    const orders = homes.slice(0, HOMES).map((home) => ({ home, entries: entriesOf(home, MEASURED_DAY, ticks) }));
    await gas.post(period, orders);
    await gas.market.goTo(gas.market.periodStart(period + 1));
    const book = new LiveBook(ticks);
    book.touch(orders.flatMap(({ entries }) => entries));
    const call = await callOf(gas, "clear alone", await gas.clear(period, [SLOT]));
    const calls = [cleared(call, book, [SLOT])];
    return [{ operation: OP.clearAlone, homes: HOMES, ticks, per: "slot", units: 1, calls }];
  },
};
