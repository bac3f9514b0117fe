import { expect } from "chai";
import { connect, type Connection, postArguments } from "./helpers/market.ts";
import { estimate, hours, trade } from "./helpers/hours.ts";
import { HOUR, State, buy, expectSolvent, freeOf, goBehind, post, sell, stateOf } from "./helpers/settling.ts";
import { FUNDS } from "./helpers/worlds.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

describe("Rule 9: a member that is left alone clears, settles itself as estimated, and leaves", function () {
  it("whether it bought or sold, and without anybody else", async function () {
    for (const role of ["seller", "buyer"] as const) {
      const w = await hour();
      const { m, period } = w;
      const home = w[role];
      const trading = home.trading.connect(w.provider);
      const owner = home.owner.connect(w.provider);
      // The other side is posted by a relayer that then vanishes.
      const other = role === "seller" ? w.buyer : w.seller;
      await post(m, period, [[other, [role === "seller" ? buy(1, 30, 100) : sell(1, 10, 100)]]]);
      const entries = [role === "seller" ? sell(1, 10, 100) : buy(1, 30, 100)];
      await m.auction.connect(trading).place(m.community, period, await m.signStrip({ home, period, entries }));
      await goBehind(m, period, HOUR);
      await m.auction.connect(owner).clear(m.community, [period * 4 + 1]);
      await m.settlement
        .connect(owner)
        .settleEstimated(m.community, period, [
          { member: home.member, records: await m.recordsOf(home.member, period) },
        ]);
      expect(await stateOf(m, home, period)).to.equal(State.Estimated);
      const free = await freeOf(m, home.member);
      await m.escrow.connect(owner).withdraw(m.community, home.member, owner.address, free);
      await m.escrow.connect(owner).withdrawFees(m.euro, owner.address);
      const expected = role === "seller" ? FUNDS + 140_000n - 300_000n - 300_000n : FUNDS - 180_000n - 225_000n;
      expect(await m.euro.balanceOf(owner.address)).to.equal(expected);
      await expectSolvent(m, [owner]);
      // The other one comes back weeks later and finds everything as it was.
      await m.goTo(m.periodStart(period + 400));
      await estimate(w, period, other);
      expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
      await expectSolvent(m, [owner]);
    }
  });

  it("and leaves nothing behind that could hold up the others", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period } = w;
    await trade(w);
    await m.goTo(m.periodStart(period + 9));
    // Nine periods later the ring entry is still taken by the unsettled trade; anybody frees it.
    const strip = await m.signStrip({ home: idle, period: period + 9, entries: [sell(2, 10, 1)] });
    const ringBusy = 11;
    await expect(m.auction.post(...postArguments(m.community, period + 9, [strip])))
      .to.emit(m.auction, "StripSkipped")
      .withArgs(m.community, idle.member, period + 9, 0, ringBusy);
    const stranger = m.settlement.connect(m.stranger);
    for (const home of [seller, buyer]) {
      await stranger.settleEstimated(m.community, period, [
        { member: home.member, records: await m.recordsOf(home.member, period) },
      ]);
    }
    await expect(m.auction.post(...postArguments(m.community, period + 9, [strip]))).not.to.emit(
      m.auction,
      "StripSkipped",
    );
    await expectSolvent(m);
  });
});
