import { expect } from "chai";
import { connect, encodeValues, type Connection } from "./helpers/market.ts";
import { correct, estimate, hours, ledgerOf, settleMetered, skipped } from "./helpers/hours.ts";
import { HOUR, Skip, State, expectSolvent, freeOf, goBehind, stateOf, valuesAt } from "./helpers/settling.ts";
import { FUNDS, tariffOf } from "./helpers/worlds.ts";
import { packed } from "./helpers/modules.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour, patientHour } = hours(() => connection);

describe("A reading that closes a gap bills what is unexplained", function () {
  it("is the only way once the correction window is over", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    await goBehind(m, period, 3 * HOUR);
    const next = period + 1;
    const values = valuesAt({ 1: [50, 0] });
    // 1,000 Wh were estimated, 1,300 Wh drawn.
    const plain = await m.signReading({ home: idle, period: next, values, startImport: 1300n });
    await skipped(w, settleMetered(w, idle, next, plain), idle, next, Skip.RegisterGap);
    const closing = await m.signReading({ home: idle, period: next, values, startImport: 1300n, closesGap: true });
    await expect(settleMetered(w, idle, next, closing))
      .to.emit(m.settlement, "Metered")
      .withArgs(m.community, idle.member, next, 90_000n, closing.values);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n - 90_000n - 15_000n);
    expect([...(await m.settlement.gap(m.community, idle.member))]).to.deep.equal([0n, 0n, 0n]);
    const { nextPeriod, importRegister, state } = await m.settlement.meterState(m.community, idle.member);
    expect([nextPeriod, importRegister, state]).to.deep.equal([BigInt(next + 1), 1350n, 1n]);
    await expectSolvent(m);
  });

  it("charges nothing, and repays nothing, where less was drawn than estimated", async function () {
    for (const drawn of [0n, 999n, 1000n]) {
      const w = await hour();
      const { m, idle, period } = w;
      await goBehind(m, period, HOUR);
      await estimate(w, period, idle);
      await m.goTo(m.periodStart(period + 2));
      const values = valuesAt({});
      const reading = await m.signReading({
        home: idle,
        period: period + 1,
        values,
        startImport: drawn,
        closesGap: true,
      });
      await settleMetered(w, idle, period + 1, reading);
      expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n);
      await skipped(
        w,
        correct(w, idle, period, await m.signReading({ home: idle, period, values })),
        idle,
        period,
        Skip.AlreadyMetered,
      );
    }
  });

  it("pays unexplained export at the cheapest export price, without tokens", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    await m.goTo(m.periodStart(period + 2));
    const values = valuesAt({ 0: [0, 7] });
    const reading = await m.signReading({
      home: idle,
      period: period + 1,
      values,
      startImport: 1000n,
      startExport: 2000n,
      closesGap: true,
    });
    await settleMetered(w, idle, period + 1, reading);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n + 160_000n + 560n);
    expect((await ledgerOf(w, period, 0))[4]).to.equal(0n);
    await goBehind(m, period + 1, 3 * HOUR);
    const owner = idle.owner.connect(w.provider);
    const claim = {
      member: idle.member,
      journal: 0n,
      values: encodeValues(values),
      gapLeg: -160_000n,
      position: packed([0n, 0n, 0n, 0n]),
    };
    await m.settlement.connect(owner).claim(m.community, period + 1, claim, owner.address);
    const id = await m.energyToken.idOf(m.community, period + 1, 7, 1);
    expect(await m.energyToken["totalSupply(uint256)"](id)).to.equal(7n);
  });

  it("takes the dearest import and the cheapest export price of every period in the gap, and of no other", async function () {
    const w = await patientHour();
    const { m, idle, period } = w;
    const slots = (prices: readonly (readonly [number, number])[]) => tariffOf(40, [prices]);
    const version = async (from: number, prices: readonly (readonly [number, number])[]) =>
      await m.registry.connect(m.coordinator).publishTariff(m.community, from, slots(prices));
    const first = period + 4;
    await version(first, [
      [310, 70],
      [290, 90],
      [280, 60],
      [350, 100],
    ]);
    await version(first + 1, [
      [320, 65],
      [500, 80],
      [280, 100],
      [250, 55],
    ]);
    await version(first + 3, [
      [600, 0],
      [600, 0],
      [600, 0],
      [600, 0],
    ]);
    for (let each = period; each < first; each++) {
      await m.goTo(m.periodStart(each + 1));
      await settleMetered(w, idle, each, await w.registers.read(idle, each, valuesAt({})));
    }
    const before = await freeOf(m, idle.member);
    const expected = [
      [1000n, 350n, 60n],
      [2000n, 500n, 55n],
      [3000n, 500n, 55n],
    ];
    for (const [index, gap] of expected.entries()) {
      await goBehind(m, first + index, HOUR);
      await estimate(w, first + index, idle);
      expect([...(await m.settlement.gap(m.community, idle.member))]).to.deep.equal(gap);
    }
    const estimates = 250n * (310n + 290n + 280n + 350n) + 2n * 250n * (320n + 500n + 280n + 250n);
    expect(before - (await freeOf(m, idle.member))).to.equal(estimates);
    // The reading that closes it is of a period with yet another tariff, which must not count.
    const closing = await m.signReading({
      home: idle,
      period: first + 3,
      values: valuesAt({ 0: [2, 1] }),
      startImport: 3500n,
      startExport: 40n,
      closesGap: true,
    });
    await m.goTo(m.periodStart(first + 4));
    await settleMetered(w, idle, first + 3, closing);
    const gapLeg = 500n * 500n - 40n * 55n;
    expect(before - (await freeOf(m, idle.member))).to.equal(estimates + gapLeg + 600n);
    await expectSolvent(m);
  });

  it("forgets the prices of a period whose late reading came", async function () {
    const w = await patientHour();
    const { m, idle, period } = w;
    const first = period + 4;
    const prices = (imported: number, exported: number) =>
      tariffOf(40, [[0, 1, 2, 3].map((): [number, number] => [imported, exported])]);
    const { registry } = m;
    await registry.connect(m.coordinator).publishTariff(m.community, first, prices(550, 10));
    await registry.connect(m.coordinator).publishTariff(m.community, first + 1, prices(310, 70));
    for (let each = period; each < first; each++) {
      await m.goTo(m.periodStart(each + 1));
      await settleMetered(w, idle, each, await w.registers.read(idle, each, valuesAt({})));
    }
    await goBehind(m, first + 1, HOUR);
    await estimate(w, first, idle);
    await estimate(w, first + 1, idle);
    expect([...(await m.settlement.gap(m.community, idle.member))]).to.deep.equal([2000n, 550n, 10n]);
    await correct(w, idle, first, await w.registers.read(idle, first, valuesAt({ 0: [5, 0] })));
    expect([...(await m.settlement.gap(m.community, idle.member))]).to.deep.equal([1000n, 310n, 70n]);
  });

  it("bills a slip of the registers without a gap, and pays no export for it", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 2));
    await settleMetered(w, idle, period, await w.registers.read(idle, period, valuesAt({})));
    const before = await freeOf(m, idle.member);
    const values = valuesAt({ 0: [10, 0] });
    const slip = { home: idle, period: period + 1, values, startImport: 200n, startExport: 300n };
    await skipped(w, settleMetered(w, idle, period + 1, await m.signReading(slip)), idle, period + 1, Skip.RegisterGap);
    await settleMetered(w, idle, period + 1, await m.signReading({ ...slip, closesGap: true }));
    expect(before - (await freeOf(m, idle.member))).to.equal(200n * 300n + 10n * 300n);
    const { importRegister, exportRegister } = await m.settlement.meterState(m.community, idle.member);
    expect([importRegister, exportRegister]).to.deep.equal([210n, 300n]);
  });

  it("is an ordinary reading where the registers are as expected", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    const reading = await w.registers.read(idle, period, valuesAt({ 0: [10, 0] }), { closesGap: true });
    await expect(settleMetered(w, idle, period, reading))
      .to.emit(m.settlement, "Metered")
      .withArgs(m.community, idle.member, period, 0n, reading.values);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 3000n);
  });

  it("explains no more than the connection is rated for", async function () {
    const rated = 4n * 4741n;
    for (const [startImport, startExport, counts] of [
      [rated, 0n, true],
      [rated + 1n, 0n, false],
      [0n, rated, true],
      [0n, rated + 1n, false],
      [2n ** 95n, 0n, false],
      [2n ** 96n - 1n, 2n ** 96n - 1n, false],
    ] as const) {
      const w = await hour();
      const { m, idle, period } = w;
      await goBehind(m, period, HOUR);
      await estimate(w, period, idle);
      await m.goTo(m.periodStart(period + 2));
      const reading = await m.signReading({
        home: idle,
        period: period + 1,
        values: valuesAt({}),
        startImport,
        startExport,
        closesGap: true,
      });
      const sent = settleMetered(w, idle, period + 1, reading);
      if (!counts) await skipped(w, sent, idle, period + 1, Skip.OverRated);
      await sent;
      expect(await stateOf(m, idle, period + 1)).to.equal(counts ? State.Settled : State.Open);
    }
  });

  it("closes a gap of thirty periods, estimated long after they left the ring", async function () {
    const w = await hour();
    const { m, idle, buyer, period } = w;
    const last = period + 29;
    // Everybody else goes on, so that the ring moves on; nobody cares for the one home.
    for (let each = period; each <= last; each++) {
      await m.goTo(m.periodStart(each + 1));
      await settleMetered(w, buyer, each, await w.registers.read(buyer, each, valuesAt({ 0: [100, 0] })));
    }
    const ledgers = async () => {
      const slots = Array.from({ length: 36 }, (_, offset) => (last - 8) * 4 + offset);
      return await Promise.all(slots.map(async (slot) => [...(await m.settlement.ledger(m.community, slot))]));
    };
    const before = await ledgers();
    await goBehind(m, last, HOUR);
    for (let each = period; each <= last - 9; each++) await estimate(w, each, idle);
    expect(await ledgers()).to.deep.equal(before);
    for (let each = last - 8; each <= last; each++) await estimate(w, each, idle);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 30n * 300_000n);
    await expectSolvent(m);
    await m.goTo(m.periodStart(last + 2));
    const closing = { home: idle, period: last + 1, values: valuesAt({}), startImport: 30_100n, closesGap: true };
    await settleMetered(w, idle, last + 1, await m.signReading(closing));
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 30n * 300_000n - 30_000n);
    await expectSolvent(m);
  });
});
