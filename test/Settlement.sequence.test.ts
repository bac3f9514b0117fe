import { expect } from "chai";
import { type BaseWallet } from "ethers";
import { connect, encodeValues, key, type Connection, type HomeKeys, type ReadingInput } from "./helpers/market.ts";
import { estimate, hours, settleMetered, skipped, type Hour } from "./helpers/hours.ts";
import {
  HOUR,
  Skip,
  State,
  buy,
  dueOf,
  expectSolvent,
  freeOf,
  goBehind,
  metered,
  post,
  rotateMeter,
  sell,
  stateOf,
  valuesAt,
} from "./helpers/settling.ts";
import { openSecondHour, values } from "./helpers/second-hour.ts";
import { packed } from "./helpers/modules.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

const secondHour = async () => await openSecondHour(hour);

describe("Readings come when their period is over, once, and in order", function () {
  const read = async ({ m }: Hour, home: HomeKeys, period: number, extra: Partial<ReadingInput> = {}) =>
    await m.signReading({ home, period, values: valuesAt({ 0: [10, 0] }), ...extra });

  it("not a second before the period's end", async function () {
    const w = await hour();
    const { idle, period } = w;
    const reading = await read(w, idle, period);
    await w.exactly(period, -1);
    await skipped(w, settleMetered(w, idle, period, reading), idle, period, Skip.PeriodNotOver);
    await w.exactly(period, 0);
    await settleMetered(w, idle, period, reading);
    expect(await stateOf(w.m, idle, period)).to.equal(State.Settled);
  });

  it("the first of two different ones stands, also within one call", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    const [first, second] = [await read(w, idle, period), await read(w, idle, period, { values: valuesAt({}) })];
    const items = [await metered(m, idle, period, first), await metered(m, idle, period, second)];
    await skipped(w, m.settlement.meterAndSettle(m.community, period, items), idle, period, Skip.AlreadyMetered);
    for (const again of [first, second]) {
      await skipped(w, settleMetered(w, idle, period, again), idle, period, Skip.AlreadyMetered);
      const sent = m.settlement.meter(m.community, period, [await metered(m, idle, period, again)]);
      await skipped(w, sent, idle, period, Skip.AlreadyMetered);
    }
    expect((await m.settlement.meterState(m.community, idle.member)).importRegister).to.equal(10n);
    expect((await m.settlement.ledger(m.community, period * 4)).imported).to.equal(10n);
  });

  it("not while an earlier one is missing", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period + 1, HOUR);
    const later = await read(w, idle, period + 1);
    await skipped(w, settleMetered(w, idle, period + 1, later), idle, period + 1, Skip.EarlierMissing);
    await skipped(w, estimate(w, period + 1, idle), idle, period + 1, Skip.EarlierMissing);
    await settleMetered(w, idle, period, await read(w, idle, period, { values: valuesAt({}) }));
    await settleMetered(w, idle, period + 1, later);
    expect(await stateOf(m, idle, period + 1)).to.equal(State.Settled);
  });

  it("not for a period that is estimated already, except as a correction", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    const reading = await read(w, idle, period);
    await skipped(w, settleMetered(w, idle, period, reading), idle, period, Skip.AlreadySettled);
    const sent = m.settlement.settle(m.community, period, [
      { member: idle.member, values: reading.values, gapLeg: 0n, records: [] },
    ]);
    await skipped(w, sent, idle, period, Skip.AlreadySettled);
  });

  it("not for members without a meter, unknown ones, or periods before the binding", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    const late = await m.addHome();
    await goBehind(m, period, HOUR);
    for (const home of [{ ...idle, member: 0 }, { ...idle, member: 3 }, { ...idle, member: 999 }, late]) {
      await skipped(w, settleMetered(w, home, period, await read(w, home, period)), home, period, Skip.NoMeter);
    }
    for (const member of [0, 3, 999]) {
      const sent = m.settlement.settleEstimated(m.community, period, [{ member, records: [] }]);
      await skipped(w, sent, { ...idle, member }, period, Skip.NoMeter);
      const corrected = m.settlement.correct(m.community, period, [
        { member, reading: await read(w, idle, period), journal: 0n, position: packed([0n, 0n, 0n, 0n]) },
      ]);
      await skipped(w, corrected, { ...idle, member }, period, Skip.NoMeter);
    }
    await expect(estimate(w, period, late)).to.emit(m.settlement, "ItemSkipped");
  });

  it("not settled before it is metered", async function () {
    const w = await secondHour();
    const { m, buyer, period } = w;
    const item = { member: buyer.member, values: encodeValues(values), gapLeg: 0n };
    const records = await m.recordsOf(buyer.member, period);
    await skipped(w, m.settlement.settle(m.community, period, [{ ...item, records }]), buyer, period, Skip.NotMetered);
  });

  it("not settled before every slot of its journal is cleared", async function () {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await post(m, period, [
      [seller, [sell(1, 10, 5), sell(2, 10, 5)]],
      [buyer, [buy(1, 30, 5)]],
    ]);
    await m.goTo(m.periodStart(period + 1));
    await m.auction.clear(m.community, [period * 4 + 1]);
    const reading = await read(w, seller, period);
    await skipped(w, settleMetered(w, seller, period, reading), seller, period, Skip.NotReady);
    await settleMetered(w, buyer, period, await read(w, buyer, period));
    expect(await stateOf(m, buyer, period)).to.equal(State.Settled);
    expect((await m.settlement.meterState(m.community, seller.member)).nextPeriod).to.equal(BigInt(period));
    await m.auction.clear(m.community, [period * 4 + 2]);
    await settleMetered(w, seller, period, reading);
    expect(await stateOf(m, seller, period)).to.equal(State.Settled);
    await expectSolvent(m);
  });

  it("the first one after the binding may start above the registers, not below, and is not billed for it", async function () {
    const w = await hour();
    const { m } = w;
    const home = await m.addHome({ startImport: 1000n, startExport: 500n });
    const period = w.period + 1;
    await m.goTo(m.periodStart(period + 1));
    const start = async (startImport: bigint, startExport: bigint) =>
      await settleMetered(w, home, period, await read(w, home, period, { startImport, startExport }));
    await skipped(w, start(999n, 500n), home, period, Skip.RegisterDown);
    await skipped(w, start(1000n, 499n), home, period, Skip.RegisterDown);
    const before = await freeOf(m, home.member);
    await start(1_000_000n, 500n);
    expect(before - (await freeOf(m, home.member))).to.equal(3_000n);
    await m.goTo(m.periodStart(period + 2));
    const second = await read(w, home, period + 1, { startImport: 1_000_011n, startExport: 500n });
    await skipped(w, settleMetered(w, home, period + 1, second), home, period + 1, Skip.RegisterGap);
  });
});

describe("Meter keys", function () {
  const sign = async ({ m, idle, period }: Hour, signer: BaseWallet) =>
    await m.signReading({ home: idle, period, values: valuesAt({ 0: [10, 0] }), signer });

  it("sign nothing any more once their owner revoked them", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    await m.registry.connect(idle.owner.connect(w.provider)).revokeMeterKey(m.community, idle.member);
    await skipped(w, settleMetered(w, idle, period, await sign(w, idle.meter)), idle, period, Skip.BadSignature);
    const rotated = await rotateMeter(m, idle, key(6000));
    await skipped(w, settleMetered(w, idle, period, await sign(w, rotated.meter)), idle, period, Skip.BadSignature);
    await m.goTo(m.periodStart(period + 2));
    await settleMetered(w, idle, period, await sign(w, rotated.meter));
    expect(await stateOf(m, idle, period)).to.equal(State.Settled);
  });

  it("revoked by the coordinator sign until the next period starts", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    await m.registry.connect(m.coordinator).revokeMeterKey(m.community, idle.member);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    await settleMetered(w, idle, period, await sign(w, idle.meter));
    expect(await stateOf(m, idle, period)).to.equal(State.Settled);
    await snapshot.restore();
    await w.exactly(period + 1, 0);
    await skipped(w, settleMetered(w, idle, period, await sign(w, idle.meter)), idle, period, Skip.BadSignature);
  });

  it("rotated in, sign open periods from the next period on; rotated out, they sign none", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    const rotated = await rotateMeter(m, idle, key(6001));
    await m.goTo(m.periodStart(period + 1));
    await skipped(w, settleMetered(w, idle, period, await sign(w, idle.meter)), idle, period, Skip.BadSignature);
    await settleMetered(w, idle, period, await sign(w, rotated.meter));
    expect(await stateOf(m, idle, period)).to.equal(State.Settled);
  });

  it("stolen, invent at most the rated energy of a period, until they are revoked", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.goTo(m.periodStart(period + 1));
    const most = [0, 1, 2, 3].map((): [number, number] => [0, 4741]);
    const before = await freeOf(m, idle.member);
    await settleMetered(w, idle, period, await m.signReading({ home: idle, period, values: most }));
    expect((await freeOf(m, idle.member)) - before).to.equal(4n * 4741n * 80n);
    // A jump of the registers, however large, earns nothing where no period is missing.
    await m.goTo(m.periodStart(period + 2));
    await m.registry.connect(idle.owner.connect(w.provider)).revokeMeterKey(m.community, idle.member);
    const next = { home: idle, period: period + 1, values: most, startExport: 4n * 4741n };
    await skipped(
      w,
      settleMetered(w, idle, period + 1, await m.signReading(next)),
      idle,
      period + 1,
      Skip.BadSignature,
    );
    expect(await dueOf(m, idle.member)).to.equal(0n);
    await expectSolvent(m);
  });
});
