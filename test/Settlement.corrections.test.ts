import { expect } from "chai";
import { connect, type Connection } from "./helpers/market.ts";
import { correct, correction, estimate, hours, ledgerOf, settleMetered, skipped, trade } from "./helpers/hours.ts";
import { at } from "./helpers/lists.ts";
import {
  HOUR,
  Skip,
  State,
  books,
  dueOf,
  expectSolvent,
  freeOf,
  goBehind,
  stateOf,
  valuesAt,
  type SignedReading,
  type Values,
} from "./helpers/settling.ts";
import { openSecondHour, truth } from "./helpers/second-hour.ts";
import { FUNDS } from "./helpers/worlds.ts";
import { packed, unpacked } from "./helpers/modules.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour, patientHour } = hours(() => connection);

describe("Late readings start where the registers stood, to the Wh", function () {
  /** The buyer's second hour, estimated; its registers stood at 400 and 200 Wh. */
  async function estimatedHour() {
    const w = await openSecondHour(hour);
    await goBehind(w.m, w.period, HOUR);
    await estimate(w, w.period, w.buyer);
    return w;
  }

  for (const [startImport, startExport, reason] of [
    [399n, 200n, Skip.RegisterDown],
    [400n, 199n, Skip.RegisterDown],
    [399n, 199n, Skip.RegisterDown],
    [399n, 201n, Skip.RegisterDown],
    [401n, 199n, Skip.RegisterDown],
    [0n, 0n, Skip.RegisterDown],
    [401n, 200n, Skip.RegisterGap],
    [400n, 201n, Skip.RegisterGap],
    [401n, 201n, Skip.RegisterGap],
    [2n ** 95n, 2n ** 95n, Skip.RegisterGap],
  ] as const) {
    it(`not at ${startImport} and ${startExport} Wh, whether the reading would close a gap or not`, async function () {
      const w = await estimatedHour();
      const { m, buyer, period } = w;
      const before = await books(m);
      for (const closesGap of [false, true]) {
        const late = await m.signReading({ ...truth(w), startImport, startExport, closesGap });
        const sent = correct(w, buyer, period, late);
        await skipped(w, sent, buyer, period, reason);
        await expect(sent).not.to.emit(m.settlement, "Corrected");
      }
      expect(await books(m)).to.deep.equal(before);
      expect(await stateOf(m, buyer, period)).to.equal(State.Estimated);
      // The true one counts, and moves the registers by what it says.
      const late = await m.signReading(truth(w));
      await expect(correct(w, buyer, period, late)).to.emit(m.settlement, "Corrected");
      const { nextPeriod, importRegister, exportRegister, state } = await m.settlement.meterState(
        m.community,
        buyer.member,
      );
      expect([nextPeriod, importRegister, exportRegister, state]).to.deep.equal([BigInt(period + 1), 1400n, 200n, 1n]);
    });
  }

  it("or above, where the meter was never read: the first one after the binding may, unbilled, the next may not", async function () {
    const w = await patientHour();
    const { m } = w;
    const home = await m.addHome({ startImport: 1000n, startExport: 500n });
    const first = w.period + 1;
    await goBehind(m, first + 1, HOUR);
    await estimate(w, first, home);
    await estimate(w, first + 1, home);
    const send = async (period: number, startImport: bigint, startExport: bigint) => {
      const values = valuesAt({ 0: [10, 2] });
      return await correct(w, home, period, await m.signReading({ home, period, values, startImport, startExport }));
    };
    await skipped(w, send(first, 999n, 500n), home, first, Skip.RegisterDown);
    await skipped(w, send(first, 1000n, 499n), home, first, Skip.RegisterDown);
    await skipped(w, send(first, 999_999n, 499n), home, first, Skip.RegisterDown);
    const before = await freeOf(m, home.member);
    await send(first, 1_000_000n, 600n);
    // 1,000 Wh were estimated in each hour.
    expect((await freeOf(m, home.member)) - before).to.equal(300_000n - 8n * 300n);
    for (const [startImport, startExport, reason] of [
      [1_000_009n, 602n, Skip.RegisterDown],
      [1_000_010n, 601n, Skip.RegisterDown],
      [1_000_011n, 602n, Skip.RegisterGap],
      [1_000_010n, 603n, Skip.RegisterGap],
    ] as const) {
      await skipped(w, send(first + 1, startImport, startExport), home, first + 1, reason);
    }
    await send(first + 1, 1_000_010n, 602n);
    expect((await freeOf(m, home.member)) - before).to.equal(2n * (300_000n - 8n * 300n));
    expect(await stateOf(m, home, first + 1)).to.equal(State.Settled);
    await expectSolvent(m);
  });
});

describe("Late readings replace estimates", function () {
  it("slot by slot, in the grid leg and the ledger alone", async function () {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await trade(w);
    await goBehind(m, period, HOUR);
    await estimate(w, period, seller, buyer);
    const before = { dso: await freeOf(m, 1), fees: (await books(m)).fees };
    const late = await w.registers.read(buyer, period, valuesAt({ 0: [100, 0], 1: [900, 0], 3: [400, 0] }));
    // Estimated 750 Wh at 300; truly 500 Wh at 300 and 100 Wh of the bought ones left over at 80.
    await expect(correct(w, buyer, period, late))
      .to.emit(m.settlement, "Corrected")
      .withArgs(m.community, buyer.member, period, 150_000n - 8_000n - 225_000n, late.values);
    expect(await ledgerOf(w, period, 0)).to.deep.equal([0n, 0n, 0n, 350n, 0n]);
    expect(await ledgerOf(w, period, 1)).to.deep.equal([0n, 1000n, 1000n, 1150n, 0n]);
    expect(await ledgerOf(w, period, 2)).to.deep.equal([0n, 0n, 0n, 250n, 0n]);
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - 180_000n - 2_000n - 142_000n);
    const delivered = await w.registers.read(seller, period, valuesAt({ 1: [0, 970] }));
    await correct(w, seller, period, delivered);
    expect(await ledgerOf(w, period, 1)).to.deep.equal([970n, 1000n, 1000n, 900n, 970n]);
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 140_000n - 9_000n - 2_000n);
    expect({ dso: await freeOf(m, 1), fees: (await books(m)).fees }).to.deep.equal(before);
    await expectSolvent(m);
  });

  it("end where a reading in time would have ended, to the unit", async function () {
    const values: [Values, Values] = [valuesAt({ 1: [20, 1400], 3: [0, 33] }), valuesAt({ 0: [7, 0], 1: [777, 0] })];
    const results = [];
    for (const inTime of [true, false]) {
      const w = await hour();
      const { m, seller, buyer, period } = w;
      await trade(w);
      if (!inTime) {
        await goBehind(m, period, HOUR);
        await estimate(w, period, seller, buyer);
      }
      for (const [index, home] of [seller, buyer].entries()) {
        const reading = await w.registers.read(home, period, values[index] ?? []);
        if (inTime) await settleMetered(w, home, period, reading);
        else await correct(w, home, period, reading);
      }
      const { accounts, fees, held } = await books(m);
      const meters = await Promise.all(
        [seller, buyer].map(async ({ member }) => [...(await m.settlement.meterState(m.community, member))]),
      );
      const journals = await Promise.all(
        [seller, buyer].map(async ({ member }) => [...(await m.escrow.journal(m.community, member, period))]),
      );
      const ledger = await Promise.all([0, 1, 2, 3].map(async (slot) => await ledgerOf(w, period, slot)));
      results.push({ accounts, fees, held, meters, journals, ledger });
    }
    expect(results[0]).to.deep.equal(results[1]);
  });

  it("count in order, period by period", async function () {
    const w = await patientHour();
    const { m, idle, period } = w;
    await goBehind(m, period + 2, HOUR);
    const periods = [period, period + 1, period + 2];
    const readings: SignedReading[] = [];
    for (const each of periods) {
      await estimate(w, each, idle);
      readings.push(await w.registers.read(idle, each, valuesAt({ 1: [100 + (each - period), 3] })));
    }
    const send = async (index: number) => await correct(w, idle, period + index, at(readings, index));
    await skipped(w, send(1), idle, period + 1, Skip.EarlierMissing);
    await skipped(w, send(2), idle, period + 2, Skip.EarlierMissing);
    for (const index of [0, 1, 2]) {
      expect((await m.settlement.gap(m.community, idle.member)).estimated).to.equal(3000n - 1000n * BigInt(index));
      await send(index);
      await skipped(w, send(index), idle, period + index, Skip.AlreadyMetered);
      await expectSolvent(m);
    }
    expect([...(await m.settlement.gap(m.community, idle.member))]).to.deep.equal([0n, 0n, 0n]);
    const { nextPeriod, importRegister, exportRegister, state, gapEnd } = await m.settlement.meterState(
      m.community,
      idle.member,
    );
    expect([nextPeriod, gapEnd]).to.deep.equal([BigInt(period + 3), BigInt(period + 3)]);
    expect([importRegister, exportRegister, state]).to.deep.equal([303n, 9n, 1n]);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - (303n - 9n) * 300n);
  });

  it("go through together in one call only as far as the order allows", async function () {
    const w = await patientHour();
    const { m, seller, buyer, idle, period } = w;
    await goBehind(m, period, HOUR);
    await estimate(w, period, seller, buyer, idle);
    const items = [];
    for (const home of [seller, buyer, idle]) {
      const reading = await w.registers.read(home, period, valuesAt({ 2: [10, 0] }));
      items.push(await correction(w, home, period, reading));
    }
    const [first, second, third] = items;
    if (!first || !second || !third) throw new Error("three items");
    const forged = { ...second, reading: { ...second.reading, startImport: 1n } };
    const sent = m.settlement.correct(m.community, period, [first, forged, third, first]);
    await skipped(w, sent, buyer, period, Skip.BadSignature);
    await skipped(w, sent, seller, period, Skip.AlreadyMetered);
    expect(await ledgerOf(w, period, 2)).to.deep.equal([0n, 0n, 0n, 270n, 0n]);
    await m.settlement.correct(m.community, period, [second]);
    expect(await ledgerOf(w, period, 2)).to.deep.equal([0n, 0n, 0n, 30n, 0n]);
    await expectSolvent(m);
  });

  it("count until the last second of the correction window, not after", async function () {
    for (const [second, counts] of [
      [3 * HOUR - 1, true],
      [3 * HOUR, false],
    ] as const) {
      const w = await hour();
      const { m, idle, period } = w;
      await goBehind(m, period, HOUR);
      await estimate(w, period, idle);
      const reading = await w.registers.read(idle, period, valuesAt({ 0: [1, 0] }));
      await w.exactly(period, second);
      const sent = correct(w, idle, period, reading);
      if (!counts) await skipped(w, sent, idle, period, Skip.CorrectionOver);
      await sent;
      expect(await stateOf(m, idle, period)).to.equal(counts ? State.Settled : State.Estimated);
    }
  });

  it("repay the estimate from the supplier, or leave its debt where it has run dry", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    const funds = await freeOf(m, 3);
    await m.escrow.connect(m.supplier).withdraw(m.community, 3, m.supplier.address, funds - 100_000n);
    const reading = await w.registers.read(idle, period, valuesAt({ 0: [10, 0] }));
    await correct(w, idle, period, reading);
    expect(await freeOf(m, idle.member)).to.equal(FUNDS - 300_000n + 100_000n);
    expect(await dueOf(m, idle.member)).to.equal(-197_000n);
    await expectSolvent(m);
  });

  it("do not count for a period that was metered, or never settled", async function () {
    const w = await hour();
    const { m, idle, buyer, period } = w;
    await m.goTo(m.periodStart(period + 1));
    const reading = await w.registers.read(idle, period, valuesAt({ 0: [10, 0] }));
    await settleMetered(w, idle, period, reading);
    await skipped(w, correct(w, idle, period, reading), idle, period, Skip.AlreadyMetered);
    const late = await w.registers.read(buyer, period, valuesAt({}));
    await skipped(w, correct(w, buyer, period, late), buyer, period, Skip.NotEstimated);
  });

  it("need the position as it was settled", async function () {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await trade(w);
    await goBehind(m, period, HOUR);
    await estimate(w, period, seller, buyer);
    const item = await correction(w, buyer, period, await w.registers.read(buyer, period, valuesAt({ 1: [1000, 0] })));
    const wrong = [
      { ...item, position: packed(unpacked(item.position).map(() => 0n)) },
      { ...item, position: item.position.slice(0, -16) },
      { ...item, position: `${item.position}${"00".repeat(8)}` },
      { ...item, position: "0x" },
      { ...item, journal: item.journal + 1n },
      { ...item, journal: 0n },
    ];
    for (const bad of wrong) {
      await skipped(w, m.settlement.correct(m.community, period, [bad]), buyer, period, Skip.JournalMismatch);
    }
    await m.settlement.correct(m.community, period, [item]);
    expect(await stateOf(m, buyer, period)).to.equal(State.Settled);
  });
});
