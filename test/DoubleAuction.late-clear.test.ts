import { expect } from "chai";
import { connect, deployMarket, type Connection, postArguments } from "./helpers/market.ts";
import { HOUR, Skip, buy, expectSolvent, freeOf, goBehind, hourly, missing, post, sell } from "./helpers/settling.ts";

const RING_BUSY = 11;

describe("Rule 9: a slot that nobody clears keeps its period in the ring until somebody does", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  it("so no newer slot takes the place of its result, and anybody makes room", async function () {
    // Eleven periods of results and three of books: eleven periods later another book entry holds the slot.
    const m = await deployMarket(connection, { terms: { ...hourly, claimWindow: 6 * HOUR } });
    await m.fund(3, 1_000_000_000n);
    const lone = await m.addHome();
    const other = await m.addHome();
    const old = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(old));
    await post(m, old, [[lone, [buy(1, 30, 1)]]]);
    const estimate = async () => await m.settlement.settleEstimated(m.community, old, [await missing(m, lone, old)]);
    for (const after of [3 * HOUR, 6 * HOUR]) {
      await goBehind(m, old, after);
      await expect(estimate())
        .to.emit(m.settlement, "ItemSkipped")
        .withArgs(m.community, lone.member, old, Skip.NotReady);
    }
    const period = old + 11;
    await m.goTo(m.periodStart(period));
    const strip = await m.signStrip({ home: other, period, entries: [sell(1, 10, 100)] });
    const postLater = async () => await m.auction.post(...postArguments(m.community, period, [strip]));
    await expect(postLater())
      .to.emit(m.auction, "StripSkipped")
      .withArgs(m.community, other.member, period, 0, RING_BUSY);
    await expect(m.auction.connect(m.stranger).clear(m.community, [old * 4 + 1]))
      .to.emit(m.auction, "SlotCleared")
      .withArgs(m.community, old * 4 + 1, 255, 0, 0);
    expect((await m.resultAt(old * 4 + 1)).cleared).to.equal(true);
    await estimate();
    expect(await freeOf(m, lone.member)).to.equal(100_000_000n - 2_000n - 300_000n);
    await expect(postLater()).not.to.emit(m.auction, "StripSkipped");
    expect((await m.resultAt(old * 4 + 1)).cleared).to.equal(true);
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    expect((await m.resultAt(period * 4 + 1)).cleared).to.equal(true);
    expect((await m.resultAt(old * 4 + 1)).cleared).to.equal(false);
    await expectSolvent(m);
  });
});
