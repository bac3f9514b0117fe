import { expect } from "chai";
import fc from "fast-check";
import { connect } from "./helpers/market.ts";
import { buy, openDay, post, sell } from "./helpers/auction.ts";
import { anyBooks, anyPlan, deepPockets, expectModel } from "./helpers/books.ts";
import { runs } from "./reference/samples.ts";

const connection = await connect();

describe("A community with wide ticks", function () {
  it("has caps of as many lots as an entry names, and prefixes of four bytes", async function () {
    const home = { buyCap: 65_535, sellCap: 65_535, deposit: 10n ** 10n };
    const day = await openDay(connection, [home, home], { terms: { wideTicks: true, tickCount: 128 } });
    const entries = [buy(0, 127, 65_535), buy(0, 126, 1), sell(95, 0, 5)];
    // In this period the gate of the first slot has passed.
    const period = day.period + 1;
    const strips = [0, 1].map((index) =>
      day.signStrip({ home: day.home(index), period, entries, maxReserve: 10n ** 10n }),
    );
    const { records, refused } = await post(day, await Promise.all(strips), period);
    expect(refused.map(({ reasons }) => reasons)).to.deep.equal([
      ["None", "NotAscending", "None"],
      ["None", "NotAscending", "None"],
    ]);
    const prefixes = records.map(({ payload }) => payload.slice(2 + 3 * 8));
    expect(prefixes).to.deep.equal(["00000000ffffffff00000000", "0000ffffffffffff00000005"]);
    expect((await day.bookAt(day.slot(0, period))).bids[127]).to.equal(131_070n);
  });

  for (const tickCount of [32, 128]) {
    it(`clears random books of ${tickCount} ticks as the naive model does`, async function () {
      this.timeout(120_000);
      const homes = Array.from({ length: 5 }, () => deepPockets);
      const day = await openDay(connection, homes, { terms: { wideTicks: true, tickCount } });
      const snapshot = await connection.networkHelpers.takeSnapshot();
      await fc.assert(
        fc.asyncProperty(anyBooks(24, 5, tickCount), anyPlan, async (orders, plan) => {
          await snapshot.restore();
          await expectModel(day, orders, plan, 24);
        }),
        { ...runs(8), endOnFailure: true },
      );
    });
  }
});
