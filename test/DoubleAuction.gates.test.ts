import { expect } from "chai";
import { buy, openDay, post, sell } from "./helpers/auction.ts";
import { connect } from "./helpers/market.ts";

/** The longest gate closure and the most slots that a community may have: gates half a day ahead of five-minute slots. */
const terms = { slotDuration: 300, slotsPerPeriod: 144, gateClosure: 43_200, horizon: 2 };

describe("Rule 4: gates more than 256 slots ahead stay closed", function () {
  it("in every slot of the period under way", async function () {
    const connection = await connect();
    const day = await openDay(connection, [{}, {}], { terms });
    const next = day.period + 1;
    const sign = async (index: number) =>
      await day.signStrip({ home: day.home(index), period: next, entries: [buy(100, 30, 10), sell(143, 9, 10)] });
    await day.goTo(day.gate(0, next) - 600);
    expect((await post(day, [await sign(0)], next)).records).to.have.length(1);
    // Gates of the period closed up to the start of it; slot 112 is under way, 256 slots behind the first open one.
    for (const slot of [0, 100, 111, 112, 113, 143]) {
      await day.goTo(day.periodStart(next) + slot * 300 + 10);
      const { records, skipped } = await post(day, [await sign(1)], next);
      expect(records).to.deep.equal([]);
      expect(skipped.map(({ reason }) => reason)).to.deep.equal(["NothingAccepted"]);
    }
  });
});
