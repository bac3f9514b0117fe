import { expect } from "chai";
import { connect } from "./helpers/market.ts";
import { clear, openDay, post } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";
import { deepPockets } from "./helpers/books.ts";
import type { Entry } from "./helpers/market.ts";

const connection = await connect();

/** One lot at every tick of both sides of a slot: 128 orders. */
const everywhere = (slot: number): Entry[] =>
  (["buy", "sell"] as const).flatMap((side) =>
    Array.from({ length: 64 }, (_, tick) => ({ slot, side, tick, lots: 1 })),
  );

describe("Rule 6: clearing costs the same for any number of orders", function () {
  it("10,000 orders no more than one on every tick and side, within one per cent", async function () {
    this.timeout(300_000);
    const HOMES = 79;
    const home = { ...deepPockets, buyCap: 800, sellCap: 800 };
    const day = await openDay(
      connection,
      Array.from({ length: HOMES }, () => home),
    );
    const period = day.period + 1;
    const [first, few, many] = [3, 4, 5];
    const orders = await Promise.all(
      day.homes.map(async (keys, i) => {
        const entries = i === 0 ? [...everywhere(first), ...everywhere(few), ...everywhere(many)] : everywhere(many);
        return await day.signStrip({ home: keys, period, entries });
      }),
    );
    let accepted = 0;
    for (let i = 0; i < orders.length; i += 16) {
      const { skipped, refused, records } = await post(day, orders.slice(i, i + 16), period);
      expect([skipped, refused]).to.deep.equal([[], []]);
      accepted += records.reduce((sum, { head }) => sum + Number((head >> 192n) & 0xffffn), 0);
    }
    expect(accepted - 256).to.be.greaterThan(10_000);
    await day.goTo(day.periodStart(period + 1));
    await clear(day, [first], period); // a community's first call keeps its terms
    const one = await clear(day, [few], period);
    const crowd = await clear(day, [many], period);
    expect(at(crowd.cleared, 0).lots).to.equal(BigInt(HOMES) * at(one.cleared, 0).lots);
    const [cost, limit] = [Number(crowd.gasUsed), Number(one.gasUsed) * 1.01];
    expect(cost).to.be.lessThan(limit);
    expect(Number(one.gasUsed)).to.be.lessThan(Number(crowd.gasUsed) * 1.01);
  });
});
