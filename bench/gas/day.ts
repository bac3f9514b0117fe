/** A whole period of so many homes, from the same warm state: placed, cleared, settled. */
import type { HomeKeys } from "../../test/helpers/market.ts";
import { ALL_SLOTS, countedBy, entriesOf, SLOTS } from "./homes.ts";
import { batches, halves, inCalls } from "./calls.ts";
import { callOf } from "./evidence.ts";
import { cleared } from "./limits/clear.ts";
import { LiveBook } from "./limits/book.ts";
import { placed } from "./limits/place.ts";
import { settled } from "./limits/settle.ts";
import type { JournalRecord } from "./market.ts";
import type { Measured } from "./types.ts";
import { MEASURED_DAY, type World } from "./world.ts";

/** What a day cost. */
export interface Day {
  readonly place: readonly Measured[];
  readonly clear: readonly Measured[];
  readonly settle: readonly Measured[];
}

/** Strips, or members, in a call at most. */
export const BATCH = 100;
const WARM_BATCH = 60;

/** Orders of `homes` homes, `steps` entries per slot, placed and settled in calls of at most `BATCH` homes. */
export async function dayOf(world: World, homes: number, steps = 1): Promise<Day> {
  const { gas, period, ticks } = world;
  const all = world.homes.slice(0, homes);
  await world.restore();
  const book = new LiveBook(ticks);
  const records = new Map<number, JournalRecord>();
  const place = await inCalls(all, BATCH, async (some) => {
    const orders = some.map((home) => ({ home, entries: entriesOf(home, MEASURED_DAY, ticks, ALL_SLOTS, steps) }));
    const receipt = await gas.post(period, orders);
    for (const [member, record] of gas.recordsIn(receipt)) records.set(member, record);
    return placed(await callOf(gas, `place ${String(some.length)}`, receipt), book, orders);
  });
  await meterDayBefore(world, homes);
  await gas.market.goTo(gas.market.periodStart(period + 1));
  const clear: Measured[] = [];
  for (const half of halves(ALL_SLOTS)) {
    clear.push(cleared(await callOf(gas, "clear", await gas.clear(period, half)), book, half));
  }
  const settle = await inCalls(all, BATCH, async (some) => {
    const counted = (home: HomeKeys) => countedBy(home, world.dayOf(period));
    const items = some.map((home) => ({ home, counted: counted(home), record: records.get(home.member) }));
    const call = await callOf(gas, `settle ${String(some.length)}`, await gas.settle(period, items));
    return settled(
      call,
      SLOTS,
      some.map((home) => ({ home, entries: SLOTS * steps })),
    );
  });
  await gas.checkSettled(period, homes);
  return { place, clear, settle };
}

/** Readings of the period before the measured one, in which nobody ordered. */
export async function meterDayBefore({ gas, period, homes, dayOf: day }: World, count: number): Promise<void> {
  await gas.market.goTo(gas.market.periodStart(period));
  for (const some of batches(homes.slice(0, count), WARM_BATCH)) {
    const items = some.map((home) => ({ home, counted: countedBy(home, day(period - 1)), record: undefined }));
    await gas.settle(period - 1, items);
  }
}
