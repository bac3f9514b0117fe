import { expect } from "chai";
import { connect, type Connection } from "./helpers/market.ts";
import { estimate, hours, skipped, trade } from "./helpers/hours.ts";
import { at } from "./helpers/lists.ts";
import {
  HOUR,
  Skip,
  State,
  books,
  buy,
  expectSolvent,
  freeOf,
  goBehind,
  metered,
  post,
  sell,
  stateOf,
  valuesAt,
} from "./helpers/settling.ts";
import { FUNDS } from "./helpers/worlds.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

describe("Metering and settling in two steps", function () {
  it("ends where one step ends", async function () {
    const results = [];
    for (const steps of [1, 2]) {
      const w = await hour();
      const { m, seller, buyer, idle, period } = w;
      await trade(w);
      const values = [valuesAt({ 1: [0, 1200] }), valuesAt({ 1: [900, 0] }), valuesAt({ 3: [12, 0] })];
      const items = [];
      for (const [index, home] of [seller, buyer, idle].entries()) {
        items.push(await metered(m, home, period, await w.registers.read(home, period, at(values, index))));
      }
      if (steps === 1) await m.settlement.meterAndSettle(m.community, period, items);
      else {
        await m.settlement.meter(m.community, period, items);
        expect(await stateOf(m, idle, period)).to.equal(State.Metered);
        expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([3n, 0n]);
        await expectSolvent(m);
        const settled = items.map(({ member, reading, records }) => ({
          member,
          values: reading.values,
          gapLeg: 0n,
          records,
        }));
        await m.settlement.settle(m.community, period, settled);
      }
      const journals = await Promise.all(
        [seller, buyer, idle].map(async ({ member }) => [...(await m.escrow.journal(m.community, member, period))]),
      );
      results.push({ ...(await books(m)), journals });
    }
    expect(results[0]).to.deep.equal(results[1]);
  });

  it("counts what was metered and traded at the second step", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period } = w;
    await trade(w);
    const values = [valuesAt({ 1: [0, 1200] }), valuesAt({ 1: [900, 0] }), valuesAt({ 1: [12, 30] })];
    const items = [];
    for (const [index, home] of [seller, buyer, idle].entries()) {
      items.push(await metered(m, home, period, await w.registers.read(home, period, at(values, index))));
    }
    const ledger = async () => [...(await m.settlement.ledger(m.community, BigInt(period) * 4n + 1n))];
    const [first, second, third] = items.map(({ member, reading: { values: read }, records }) => ({
      member,
      values: read,
      gapLeg: 0n,
      records,
    }));
    if (!first || !second || !third) throw new Error("no items");
    await m.settlement.meter(m.community, period, items.slice(0, 2));
    await m.settlement.meter(m.community, period, items);
    expect(await ledger()).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    await m.settlement.settle(m.community, period, [second]);
    expect(await ledger()).to.deep.equal([0n, 1000n, 0n, 900n, 0n]);
    // Nothing counts twice, whatever comes in between.
    await m.settlement.settle(m.community, period, [second, first, third]);
    expect(await ledger()).to.deep.equal([1000n, 1000n, 1000n, 912n, 1230n]);
  });

  it("settles a member once, however often and in whatever order the second step names it", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period } = w;
    await trade(w);
    const values = [valuesAt({ 1: [0, 1200] }), valuesAt({ 1: [900, 0] }), valuesAt({ 3: [12, 0] })];
    const items = [];
    for (const [index, home] of [seller, buyer, idle].entries()) {
      items.push(await metered(m, home, period, await w.registers.read(home, period, at(values, index))));
    }
    await m.settlement.meter(m.community, period, items);
    const settled = items.map(({ member, reading, records }) => ({
      ...{ member, values: reading.values },
      ...{ gapLeg: 0n, records },
    }));
    const settle = async (order: readonly number[]) =>
      await m.settlement.settle(
        m.community,
        period,
        order.map((index) => at(settled, index)),
      );
    const all = async () => ({
      ...(await books(m)),
      journals: await Promise.all(
        [seller, buyer, idle].map(async ({ member }) => [...(await m.escrow.journal(m.community, member, period))]),
      ),
      ledger: [...(await m.settlement.ledger(m.community, BigInt(period) * 4n + 1n))],
    });
    const snapshot = await connection.networkHelpers.takeSnapshot();
    await settle([0, 1, 2]);
    const once = await all();
    await expectSolvent(m);
    for (const order of [
      [0, 0, 1, 2],
      [0, 1, 2, 2],
      [0, 1, 2, 0],
      [0, 1, 0, 2],
      [2, 1, 0, 1],
      [2, 0, 2, 1, 0, 1],
      [1, 1, 1, 0, 2, 0],
    ]) {
      await snapshot.restore();
      expect(
        await m.settlement.settle.staticCall(
          m.community,
          period,
          order.map((index) => at(settled, index)),
        ),
      ).to.equal(3n);
      const sent = await settle(order);
      const skips = await m.settlement.queryFilter(
        m.settlement.filters.ItemSkipped(m.community),
        sent.blockNumber ?? 0,
      );
      const again = order.filter((index, place) => order.indexOf(index) !== place);
      expect(skips.map(({ args }) => [Number(args.member), Number(args.reason)])).to.deep.equal(
        again.map((index) => [at(settled, index).member, Skip.AlreadySettled]),
      );
      expect(await all(), order.join()).to.deep.equal(once);
      expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([3n, 3n]);
    }
  });

  it("carries what closing a gap costs from the first step to the second", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    await m.goTo(m.periodStart(period + 2));
    const next = period + 1;
    const closing = { home: idle, period: next, values: valuesAt({}), startImport: 1300n, startExport: 10n };
    const reading = await m.signReading({ ...closing, closesGap: true });
    await m.settlement.meter(m.community, next, [{ member: idle.member, reading, records: [] }]);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n);
    const item = { member: idle.member, values: reading.values, gapLeg: 90_000n - 800n, records: [] };
    for (const gapLeg of [0n, -item.gapLeg, 2n ** 127n - 1n]) {
      const sent = m.settlement.settle(m.community, next, [{ ...item, gapLeg }]);
      await skipped(w, sent, idle, next, Skip.JournalMismatch);
    }
    await m.settlement.settle(m.community, next, [item]);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n - 89_200n);
    await skipped(w, m.settlement.settle(m.community, next, [item]), idle, next, Skip.AlreadySettled);
  });

  it("waits in the second step for a slot that is not cleared", async function () {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await post(m, period, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 100)]],
    ]);
    await m.goTo(m.periodStart(period + 1));
    const item = await metered(m, buyer, period, await w.registers.read(buyer, period, valuesAt({ 1: [900, 0] })));
    await m.settlement.meter(m.community, period, [item]);
    const settled = { member: buyer.member, values: item.reading.values, gapLeg: 0n, records: item.records };
    const before = await books(m);
    await skipped(w, m.settlement.settle(m.community, period, [settled]), buyer, period, Skip.NotReady);
    expect(await stateOf(m, buyer, period)).to.equal(State.Metered);
    expect(await books(m)).to.deep.equal(before);
    await m.clearPeriod(period);
    await m.settlement.settle(m.community, period, [settled]);
    expect(await stateOf(m, buyer, period)).to.equal(State.Settled);
    // 1,000 Wh at 140 and 40 for the network; 100 of them left over at 80.
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - 180_000n - 2_000n + 8_000n);
    await expectSolvent(m);
  });

  it("is never estimated once it is metered", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    const reading = await w.registers.read(idle, period, valuesAt({ 0: [10, 0] }));
    await m.settlement.meter(m.community, period, [{ member: idle.member, reading, records: [] }]);
    await goBehind(m, period, 20 * HOUR);
    await skipped(w, estimate(w, period, idle), idle, period, Skip.AlreadyMetered);
    const item = { member: idle.member, values: reading.values, gapLeg: 0n, records: [] };
    await m.settlement.settle(m.community, period, [item]);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 3000n);
  });
});
