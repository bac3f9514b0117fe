import { expect } from "chai";
import {
  asLots,
  asPeriod,
  asSlotOffset,
  asTick,
  asWh,
  correctionsUntil,
  endRegisters,
  estimatesFrom,
  type Period,
  periodEnd,
  readingDigest,
  type SignedReading,
  slotsOf,
} from "@wattbook/sdk";
import type { Wallet } from "ethers";
import { type RelayerBench, RelayerBenches } from "./bench.ts";
import { anvil, CommunityWorld, SHORT } from "./world.ts";

const wh = (imported: number, exported = 0) => ({ imported: asWh(BigInt(imported)), exported: asWh(BigInt(exported)) });

describe("relayer: readings", function () {
  this.timeout(120_000);
  let world: CommunityWorld;
  let benches: RelayerBenches;
  let bench: RelayerBench;
  let wallet: Wallet;
  let first: Period;

  before(async () => {
    world = await CommunityWorld.start(anvil(), { ...SHORT, correctionWindow: 14_400n });
    await world.enrol(6);
    first = await world.nextPeriod();
    benches = new RelayerBenches(world);
    wallet = await benches.account("relayer");
    bench = await benches.open(wallet);
  });
  after(async () => {
    await benches.remove();
    await world.stop();
  });

  const digestOf = ({ reading }: SignedReading) => readingDigest(world.wattbook.domains.settlement, reading);
  const state = async (each: SignedReading) => (await bench.get(`/v1/readings/${digestOf(each)}`)).body;
  const ticks = async (count: number) => {
    await bench.ticks(count);
  };

  it("refuses a reading before its period is over, and what the contract would leave out", async () => {
    const home = world.home(0);
    await bench.relayer.tick();
    const early = await world.reading(home, first, wh(10));
    const refused = await bench.reading(early);
    expect({ status: refused.status, reason: refused.body.reason }).to.deep.equal({
      status: 425,
      reason: "PeriodNotOver",
    });

    await world.advanceTo(periodEnd(world.terms, first));
    await bench.relayer.tick();
    const cases = [
      ["OverRated", 422, await world.reading(home, first, wh(551))],
      ["OverRated", 422, await world.reading(home, first, wh(0, 551))],
      ["EarlierMissing", 425, await world.reading(home, asPeriod(first + 1n), wh(1))],
      ["NoMeter", 422, await world.reading({ ...home, member: 3n as never }, first, wh(1))],
      ["BadSignature", 422, await world.reading({ ...home, meter: home.trading }, first, wh(1))],
    ] as const;
    await world.advanceTo(periodEnd(world.terms, asPeriod(first + 1n)));
    await bench.relayer.tick();
    for (const [reason, status, reading] of cases) {
      const answer = await bench.reading(reading);
      expect({ status: answer.status, reason: answer.body.reason }).to.deep.equal({ status, reason });
    }
  });

  it("settles readings of members without orders at once, each once, and in the order of their periods", async () => {
    const home = world.home(0);
    const one = await world.reading(home, first, wh(20, 10));
    const two = await world.reading(home, asPeriod(first + 1n), wh(30), endRegisters(one.reading));
    const answer = await bench.reading(one);
    expect({ status: answer.status, digest: answer.body.receipt?.digest }).to.deep.equal({
      status: 202,
      digest: digestOf(one),
    });
    const gap = await world.reading(home, asPeriod(first + 1n), wh(30), wh(1_000, 1_000));
    expect((await bench.reading(gap)).body.reason, "against what waits").to.equal("RegisterGap");
    expect((await bench.reading(two)).status).to.equal(202);
    const twin = await world.reading(home, first, wh(21));
    const refused = await bench.reading(twin);
    expect({ status: refused.status, reason: refused.body.reason }).to.deep.equal({
      status: 409,
      reason: "AlreadyMetered",
    });
    await ticks(6);
    expect(await state(one)).to.include({ state: "settled" });
    expect(await state(two)).to.include({ state: "settled" });
    expect((await bench.reading(one)).status).to.equal(200);
    const meter = await world.wattbook.settlement.meter(world.community, home.member);
    expect(meter).to.include({ nextPeriod: first + 2n, importRegister: 200n, exportRegister: 40n });
  });

  it("settles with a member's records once its slots are clear", async () => {
    const period = asPeriod((await world.period()) + 1n);
    const [seller, buyer] = [world.home(1), world.home(2)];
    const order = { offset: asSlotOffset(1n), tick: asTick(20n), lots: asLots(10n) };
    const strips = [
      await world.sign(seller, world.strip(seller, period, wallet.address, [{ ...order, side: "sell" }])),
      await world.sign(buyer, world.strip(buyer, period, wallet.address, [{ ...order, side: "buy" }])),
    ];
    await world.send(world.wattbook.market.calls.post(world.community, period, strips));
    for (const home of [seller, buyer]) await catchUp(home, period);
    await world.advanceTo(periodEnd(world.terms, period));
    await bench.relayer.tick();
    const sold = await world.reading(seller, period, wh(0, 100));
    const bought = await world.reading(buyer, period, wh(100));
    for (const each of [sold, bought]) expect((await bench.reading(each)).status).to.equal(202);
    await ticks(3);
    expect(await state(sold)).to.include({ state: "waiting", inCall: null });
    await world.send(world.wattbook.market.calls.clear(world.community, slotsOf(world.terms, period)));
    await ticks(4);
    for (const each of [sold, bought]) expect(await state(each)).to.include({ state: "settled" });
    const legs = await (await world.wattbook.logs(world.community)).settled(period);
    expect(legs.get(seller.member)?.received).to.equal(14_000n);
    expect(legs.size).to.equal(2);
  });

  it("meters without settling where clearing is late, and settles later", async () => {
    const period = asPeriod((await world.period()) + 1n);
    const home = world.home(3);
    const entry = { offset: asSlotOffset(0n), side: "sell", tick: asTick(20n), lots: asLots(10n) } as const;
    const strip = await world.sign(home, world.strip(home, period, wallet.address, [entry]));
    await world.send(world.wattbook.market.calls.post(world.community, period, [strip]));
    await catchUp(home, period);
    await world.advanceTo(periodEnd(world.terms, period));
    await bench.relayer.tick();
    const reading = await world.reading(home, period, wh(7));
    expect((await bench.reading(reading)).status).to.equal(202);
    await ticks(3);
    expect(await state(reading)).to.include({ state: "waiting" });
    await world.advanceTo(periodEnd(world.terms, period) + 601n);
    await ticks(4);
    expect(await state(reading)).to.include({ state: "metered" });
    await world.send(world.wattbook.market.calls.clear(world.community, slotsOf(world.terms, period)));
    await ticks(4);
    expect(await state(reading)).to.include({ state: "settled" });
  });

  it("takes it as done where somebody else was faster with the same reading", async () => {
    const home = world.home(4);
    const period = await world.period();
    await catchUp(home, period);
    await world.advanceTo(periodEnd(world.terms, period));
    await bench.relayer.tick();
    const reading = await world.reading(home, period, wh(3));
    expect((await bench.reading(reading)).status).to.equal(202);
    const item = { ...reading, records: [] };
    await world.send(world.wattbook.settlement.calls.meterAndSettle(world.community, period, [item]));
    const before = await world.provider.getTransactionCount(wallet.address);
    await ticks(3);
    expect(await state(reading)).to.include({ state: "settled" });
    expect(await world.provider.getTransactionCount(wallet.address)).to.equal(before);
  });

  it("corrects an estimate with a late reading, in the order of the periods, until the correction window ends", async () => {
    const home = world.home(5);
    const period = asPeriod((await world.period()) + 1n);
    const next = asPeriod(period + 1n);
    const entry = { offset: asSlotOffset(1n), side: "sell", tick: asTick(20n), lots: asLots(10n) } as const;
    const strip = await world.sign(home, world.strip(home, period, wallet.address, [entry]));
    await world.send(world.wattbook.market.calls.post(world.community, period, [strip]));
    await catchUp(home, period);
    await world.advanceTo(periodEnd(world.terms, period));
    await world.send(world.wattbook.market.calls.clear(world.community, slotsOf(world.terms, period)));
    await bench.relayer.tick();

    await world.advanceTo(estimatesFrom(world.terms, next));
    const logs = await world.wattbook.logs(world.community);
    const records = (await logs.journals(period)).get(home.member) ?? [];
    const { settleEstimated } = world.wattbook.settlement.calls;
    await world.send(settleEstimated(world.community, period, [{ member: home.member, records }]));
    await bench.relayer.tick();
    const late = await world.reading(home, period, wh(0, 70));
    const second = await world.reading(home, next, wh(11), endRegisters(late.reading));
    expect((await bench.reading(late)).status).to.equal(202);
    expect((await bench.reading(second)).status).to.equal(202);
    await world.send(settleEstimated(world.community, next, [{ member: home.member, records: [] }]));
    const { free: before } = await world.wattbook.escrow.account(world.community, home.member);
    await ticks(6);
    expect(await state(late)).to.include({ state: "corrected", reason: null });
    expect(await state(second)).to.include({ state: "corrected", reason: null });
    const { free: after } = await world.wattbook.escrow.account(world.community, home.member);
    expect(after === before, "the true-up is paid").to.equal(false);
    const meter = await world.wattbook.settlement.meter(world.community, home.member);
    expect(meter).to.include({ nextPeriod: next + 1n, gap: false, importRegister: 44n, exportRegister: 280n });
    expect((await bench.reading(late)).status).to.equal(200);
    const twin = await world.reading(home, period, wh(1));
    expect((await bench.reading(twin)).body).to.include({ reason: "AlreadyMetered" });
  });

  it("refuses a correction out of turn, or once the period is final", async () => {
    const home = world.home(5);
    const {
      nextPeriod,
      importRegister: imported,
      exportRegister: exported,
    } = await world.wattbook.settlement.meter(world.community, home.member);
    const later = asPeriod(nextPeriod + 1n);
    await world.advanceTo(estimatesFrom(world.terms, later));
    const { settleEstimated } = world.wattbook.settlement.calls;
    for (const each of [nextPeriod, later]) {
      await world.send(settleEstimated(world.community, each, [{ member: home.member, records: [] }]));
    }
    await bench.relayer.tick();
    const registers = { imported, exported };
    const skips = await world.reading(home, later, wh(1), registers);
    expect((await bench.reading(skips)).body).to.include({ code: "READING_REFUSED", reason: "EarlierMissing" });
    const jumps = await world.reading(home, nextPeriod, wh(1), { ...registers, imported: asWh(imported + 1n) });
    expect((await bench.reading(jumps)).body).to.include({ code: "READING_REFUSED", reason: "RegisterGap" });
    await world.advanceTo(correctionsUntil(world.terms, nextPeriod));
    await bench.relayer.tick();
    const over = await bench.reading(await world.reading(home, nextPeriod, wh(1), registers));
    expect(over.status).to.equal(422);
    expect(over.body).to.include({ code: "READING_REFUSED", reason: "CorrectionOver" });
  });

  /** Reads the periods before one as empty, so that its reading is the next. */
  async function catchUp(home: ReturnType<CommunityWorld["home"]>, period: Period): Promise<void> {
    const { settlement } = world.wattbook;
    const { nextPeriod } = await settlement.meter(world.community, home.member);
    for (let each = nextPeriod; each < period; each = asPeriod(each + 1n)) {
      await world.advanceTo(periodEnd(world.terms, each));
      const reading = await world.reading(home, each, wh(0));
      await world.send(settlement.calls.meterAndSettle(world.community, each, [{ ...reading, records: [] }]));
    }
  }
});
