import { buy, post, sell, valuesAt } from "./settling.ts";
import { postArguments } from "./market.ts";
import { settleMetered, type Hour } from "./hours.ts";
import type { ReadingInput } from "./market.ts";

/** Every meter has counted 400 Wh in and 200 Wh out; the buyer has two records in the period at hand, which is over. */
export async function openSecondHour(hour: () => Promise<Hour>) {
  const w = await hour();
  const { m, seller, buyer, idle, registers } = w;
  await m.goTo(m.periodStart(w.period + 1));
  for (const home of [seller, buyer, idle]) {
    await settleMetered(
      w,
      home,
      w.period,
      await registers.read(home, w.period, valuesAt({ 0: [400, 0], 1: [0, 200] })),
    );
  }
  const period = w.period + 1;
  await post(m, period, [
    [seller, [sell(1, 10, 100)]],
    [buyer, [buy(1, 30, 100)]],
  ]);
  const second = await m.signStrip({ home: buyer, period, after: 2, entries: [buy(3, 20, 5)] });
  await m.auction.post(...postArguments(m.community, period, [second]));
  await m.goTo(m.periodStart(period + 1));
  await m.clearPeriod(period);
  return { ...w, period };
}

export const values = valuesAt({ 1: [1000, 0] });
/** What the buyer's meter truly signs. */
export const truth = (w: Hour): ReadingInput => ({
  home: w.buyer,
  period: w.period,
  values,
  startImport: 400n,
  startExport: 200n,
});

/** A word in hex. */
export const word = (value: bigint) => `0x${value.toString(16).padStart(64, "0")}`;
