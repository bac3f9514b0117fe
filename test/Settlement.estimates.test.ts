import { expect } from "chai";
import { connect, type Connection } from "./helpers/market.ts";
import { estimate, hours, ledgerOf, settleMetered, skipped, trade } from "./helpers/hours.ts";
import { HOUR, Skip, State, dueOf, expectSolvent, freeOf, goBehind, stateOf, valuesAt } from "./helpers/settling.ts";
import { FUNDS } from "./helpers/worlds.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

describe("Estimates stand in for missing readings", function () {
  it("take export as 0 and import as the larger of bought and the default load", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period } = w;
    await trade(w);
    await goBehind(m, period, HOUR);
    await expect(estimate(w, period, seller, buyer, idle))
      .to.emit(m.settlement, "Estimated")
      .withArgs(m.community, buyer.member, period);
    expect(await ledgerOf(w, period, 0)).to.deep.equal([0n, 0n, 0n, 750n, 0n]);
    expect(await ledgerOf(w, period, 1)).to.deep.equal([0n, 1000n, 1000n, 1500n, 0n]);
    // Seller: paid 140,000, replaces 1,000 Wh at 300 and imports 4 times 250 Wh.
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 140_000n - 300_000n - 300_000n - 2_000n);
    // Buyer: 1,000 Wh at 180, and 250 Wh in the other three slots.
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - 180_000n - 225_000n - 2_000n);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n);
    await expectSolvent(m);
  });

  it("start in the second of the reading deadline, not before", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    await w.exactly(period, HOUR - 1);
    await skipped(w, estimate(w, period, idle), idle, period, Skip.DeadlineAhead);
    await w.exactly(period, HOUR);
    await estimate(w, period, idle);
    expect(await stateOf(m, idle, period)).to.equal(State.Estimated);
  });

  it("give way to a reading at any time before somebody estimates", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, 30 * HOUR);
    const reading = await w.registers.read(idle, period, valuesAt({ 2: [40, 0] }));
    await settleMetered(w, idle, period, reading);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 12_000n);
    expect((await m.settlement.meterState(m.community, idle.member)).state).to.equal(1n);
  });

  it("go through for a member without money, and leave a debt", async function () {
    const w = await hour();
    const { m, period } = w;
    const poor = await m.addHome({ deposit: 0n });
    await goBehind(m, period + 1, HOUR);
    await estimate(w, period + 1, poor);
    expect(await dueOf(m, poor.member)).to.equal(300_000n);
    await expectSolvent(m);
  });

  it("are made once", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, HOUR);
    const records = await m.recordsOf(idle.member, period);
    const item = { member: idle.member, records };
    await skipped(
      w,
      m.settlement.settleEstimated(m.community, period, [item, item]),
      idle,
      period,
      Skip.AlreadySettled,
    );
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n);
  });
});
