import { expect } from "chai";
import { connect, deployMarket, type Connection } from "./helpers/market.ts";
import {
  HOUR,
  Registers,
  buy,
  expectSolvent,
  freeOf,
  goBehind,
  hourly,
  metered,
  missing,
  post,
  sell,
  valuesAt,
} from "./helpers/settling.ts";

describe("Rule 7: a slot that is cleared long after its period left the ring", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  it("does not wipe out the result of the slot that took its place", async function () {
    // Ten periods of results and three of books: ten periods later another book entry holds the slot.
    const m = await deployMarket(connection, { terms: { ...hourly, claimWindow: 6 * HOUR } });
    await m.fund(3, 1_000_000_000n);
    const lone = await m.addHome();
    const old = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(old));
    await post(m, old, [[lone, [buy(1, 30, 1)]]]);
    // Nobody clears it, and its only member is settled after the correction window.
    await goBehind(m, old, 3 * HOUR);
    await m.settlement.settleEstimated(m.community, old, [await missing(m, lone, old)]);
    const period = old + 10;
    await m.goTo(m.periodStart(period - 1));
    const seller = await m.addHome();
    const buyer = await m.addHome();
    await m.goTo(m.periodStart(period));
    await post(m, period, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 100)]],
    ]);
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    await m.auction.connect(m.stranger).clear(m.community, [old * 4 + 1]);
    expect((await m.auction.result(m.community, old * 4 + 1)).cleared).to.equal(false);
    expect((await m.auction.result(m.community, period * 4 + 1)).lots).to.equal(100n);
    const registers = new Registers(m);
    await m.settlement.meterAndSettle(m.community, period, [
      await metered(m, seller, period, await registers.read(seller, period, valuesAt({ 1: [0, 1000] }))),
      await metered(m, buyer, period, await registers.read(buyer, period, valuesAt({ 1: [1000, 0] }))),
    ]);
    expect(await freeOf(m, seller.member)).to.equal(100_000_000n + 140_000n - 2_000n);
    await expectSolvent(m);
  });
});
