import { expect } from "chai";
import { at } from "../helpers/lists.ts";
import { connect, deployMarket, type Connection, type HomeKeys } from "../helpers/market.ts";
import { membership } from "../helpers/membership.ts";
import { deployMetered } from "../helpers/metered.ts";
import {
  Registers,
  Skip,
  State,
  expectSolvent,
  freeOf,
  goBehind,
  hourly,
  HOUR,
  journalOf,
  stateOf,
  valuesAt,
  type Values,
} from "../helpers/settling.ts";
import { itemsOf, settleItems, ShareSkip } from "../helpers/sharing.ts";
import { freshWrites } from "../helpers/writes.ts";

const FUNDS = 100_000_000n;
const FEE = 2_000n;

describe("The metered auction refuses what is wrong and goes on", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function world() {
    const m = await deployMetered(connection);
    await m.fund(3, 1_000_000_000n);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < 4; i++) homes.push(await m.addHome());
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    const registers = new Registers(m);
    return { m, homes, period, registers };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);

  /** One sells 1,000 Wh of slot 2 from tick 10 on; two want 800 Wh each, up to tick 20 and 15; the fourth is a plain customer. */
  async function metered() {
    const w = await world();
    const { m, homes, period, registers } = w;
    const limits = [{ sellTick: 10 }, { buyTick: 20 }, { buyTick: 15 }];
    const orders = await Promise.all(limits.map(async (of, i) => await m.signOrder({ home: at(homes, i), ...of })));
    await m.metered.keepOrders(m.community, orders);
    await m.join(period, homes.slice(0, 3));
    await m.goTo(m.periodStart(period));
    const day = async (of: number, values: readonly Values[]) =>
      await itemsOf(
        m,
        registers,
        of,
        homes.map((home, i) => [home, at(values, i)] as const),
      );
    await m.settlement.meterAndSettle(
      m.community,
      period - 1,
      await day(
        period - 1,
        homes.map(() => valuesAt({})),
      ),
    );
    await m.goTo(m.periodStart(period + 1));
    const items = await day(period, [
      valuesAt({ 2: [0, 1_000] }),
      valuesAt({ 2: [800, 0] }),
      valuesAt({ 2: [800, 0] }),
      valuesAt({ 2: [500, 0] }),
    ]);
    return { ...w, items };
  }
  const day = async () => await connection.networkHelpers.loadFixture(metered);

  /** 1,000 Wh at 150 base units: the first buyer takes its 800, the second one the rest; what is missing costs 300. */
  const BILLS = [-1_000n * 150n, 800n * 150n, 200n * 150n + 600n * 300n, 500n * 300n];
  async function expectBills({ m, homes }: Awaited<ReturnType<typeof metered>>) {
    for (const [i, home] of homes.entries()) {
      const fee = i < 3 ? FEE : 0n;
      expect(FUNDS - fee - (await freeOf(m, home.member)), String(i)).to.equal(BILLS[i]);
    }
    await expectSolvent(m);
  }

  describe("an announcement", function () {
    it("is the coordinator's, of an open community of which it is the first module", async function () {
      const { m } = await fixture();
      const now = await m.periodNow();
      await expect(m.metered.connect(m.stranger).announce(m.community, now + 9, 0))
        .to.be.revertedWithCustomError(m.metered, "NotCoordinator")
        .withArgs(m.community, m.stranger.address);
      await expect(m.metered.connect(m.coordinator).announce(m.community, now + 9, 2 * HOUR + 1))
        .to.be.revertedWithCustomError(m.metered, "DelayTooLong")
        .withArgs(2 * HOUR + 1, 2 * HOUR);
      await expect(m.metered.connect(m.coordinator).announce(m.community, now + 3, HOUR))
        .to.emit(m.metered, "AuctionAnnounced")
        .withArgs(m.community, now + 3, HOUR);
      const other = await deployMarket(connection, { terms: hourly });
      const { registry, escrow, settlement } = other;
      const module = await connection.ethers.deployContract("MeteredAuction", [registry, escrow, settlement]);
      await expect(
        module.connect(other.coordinator).announce(other.community, (await other.periodNow()) + 1, 0),
      ).to.be.revertedWithCustomError(module, "NotFirstModule");
    });
  });

  describe("a community", function () {
    const open = async (tickCount: number, slotsPerPeriod: number) =>
      await deployMetered(connection, {
        terms: {
          ...{ tickCount, slotsPerPeriod, slotDuration: 300, readingDeadline: 12 * HOUR },
          ...{ correctionWindow: 24 * HOUR, claimWindow: 36 * HOUR },
        },
      });

    it("has no more ticks and slots than a chunk is settled with", async function () {
      await open(128, 96);
      await expect(open(128, 144)).to.be.rejectedWith("TotalsTooLarge(9216, 6144)");
      await open(64, 144);
    });
  });

  describe("a standing order", function () {
    it("has limits that are ticks of the community, or none", async function () {
      const { m, homes } = await fixture();
      const now = await m.periodNow();
      const home = at(homes, 0);
      for (const wrong of [{ buyTick: 32 }, { sellTick: 32 }, { buyTick: 5, sellTick: 254 }]) {
        await expect(m.metered.keepOrders(m.community, [await m.signOrder({ home, ...wrong })]))
          .to.emit(m.metered, "Skipped")
          .withArgs(m.community, home.member, now, ShareSkip.OffGrid);
      }
      const call = m.metered.keepOrders(m.community, [
        await m.signOrder({ home, buyTick: 31, sellTick: 0 }),
        await m.signOrder({ home: at(homes, 1) }),
      ]);
      await expect(call).to.emit(m.metered, "OrderKept");
      const kept = await m.metered.orderOf(m.community, home.member);
      expect([kept & 0xffffffffffffn, (kept >> 176n) & 0xffffn]).to.deep.equal([10_000_000n, 31n << 8n]);
      expect((await m.metered.orderOf(m.community, at(homes, 1).member)) >> 176n).to.equal(0xffffn);
    });

    it("is signed by the trading key or sent by it or the owner, and replaced by later ones alone", async function () {
      const { m, homes } = await fixture();
      const [home, other] = [at(homes, 0), at(homes, 1)];
      const { provider } = connection.ethers;
      const now = await m.periodNow();
      const good = await m.signOrder({ home: other, buyTick: 3, sequence: 5 });
      const forged = await m.signOrder({ home, buyTick: 3, signer: other.trading });
      const raised = { ...good, buyTick: 31 };
      for (const [order, of, reason] of [
        [forged, home, ShareSkip.BadSignature],
        [raised, other, ShareSkip.BadSignature],
      ] as const) {
        await expect(m.metered.keepOrders(m.community, [order]))
          .to.emit(m.metered, "Skipped")
          .withArgs(m.community, of.member, now, reason);
      }
      await m.metered.keepOrders(m.community, [good]);
      await expect(m.metered.keepOrders(m.community, [good]))
        .to.emit(m.metered, "Skipped")
        .withArgs(m.community, other.member, now, ShareSkip.OldSequence);
      for (const [sequence, sender] of [home.trading, home.owner].entries()) {
        const own = { ...forged, sequence: sequence + 1 };
        await expect(m.metered.connect(sender.connect(provider)).keepOrders(m.community, [own])).to.emit(
          m.metered,
          "OrderKept",
        );
      }
    });

    it("stands in the record with which its member joins", async function () {
      const { m, homes, period } = await day();
      const [record] = await m.recordsOf(at(homes, 1).member, period);
      expect(record?.payload).to.equal(`0x${(10_000_000).toString(16).padStart(12, "0")}14ff`);
    });
  });

  describe("a reading", function () {
    it("that settlement refuses is not counted, and the others are", async function () {
      const { m, period, items } = await day();
      const forged = { ...at(items, 1), reading: { ...at(items, 1).reading, r: at(items, 2).reading.r } };
      const call = m.metered.meter(m.community, period, [at(items, 0), forged, at(items, 2), at(items, 3)], []);
      await expect(call)
        .to.emit(m.settlement, "ItemSkipped")
        .withArgs(m.community, forged.member, period, Skip.BadSignature);
      await expect(call)
        .to.emit(m.metered, "Skipped")
        .withArgs(m.community, forged.member, period, ShareSkip.NotMetered);
      expect(await m.metered.roundOf(m.community, period)).to.deep.equal([3n, 2n, 1n]);
    });

    it("counts once, whoever handed it to settlement, behind the latest totals alone", async function () {
      const { m, period, items } = await day();
      await m.settlement.meter(m.community, period, items.slice(0, 2));
      expect(await m.metered.totalsHash(m.community, period)).to.equal(0n);
      await expect(m.metered.count(m.community, period, settleItems(items.slice(0, 1)), [0n]))
        .to.be.revertedWithCustomError(m.metered, "TotalsMismatch")
        .withArgs(m.community, period, 0n);
      await m.metered.count(m.community, period, settleItems(items.slice(0, 1)), []);
      const hash = await m.metered.totalsHash(m.community, period);
      for (const stale of [[], [...(await m.totalsOf(period)), 0n]]) {
        await expect(m.metered.meter(m.community, period, items.slice(1), stale))
          .to.be.revertedWithCustomError(m.metered, "TotalsMismatch")
          .withArgs(m.community, period, hash);
      }
      await expect(m.metered.meter(m.community, period, items, await m.totalsOf(period)))
        .to.emit(m.metered, "Skipped")
        .withArgs(m.community, at(items, 0).member, period, ShareSkip.AlreadyCounted);
      expect(await m.metered.roundOf(m.community, period)).to.deep.equal([3n, 3n, 2n]);
    });

    it("comes too late at the reading deadline: its member is a plain customer", async function () {
      const { m, homes, period, items } = await day();
      await m.metered.meter(m.community, period, items.slice(0, 2), []);
      const frozen = await m.totalsOf(period);
      await goBehind(m, period, 2 * HOUR);
      await expect(m.metered.meter(m.community, period, items, frozen)).to.be.revertedWithCustomError(
        m.metered,
        "TotalsFrozen",
      );
      await m.settlement.meterAndSettle(m.community, period, items.slice(2));
      await m.metered.settle(m.community, period, settleItems(items.slice(0, 2)), [], frozen, 0);
      const paid = await Promise.all(homes.map(async (home) => FUNDS - (await freeOf(m, home.member))));
      // 1,000 Wh offered and 800 wanted: the price is the seller's limit, and 200 Wh are left for its supplier.
      expect(paid).to.deep.equal([FEE - 800n * 100n - 200n * 50n, FEE + 800n * 100n, FEE + 800n * 300n, 500n * 300n]);
      await expectSolvent(m);
    });

    it("counts in calls of bounded size", async function () {
      const { m, period } = await day();
      const many = Array.from({ length: 257 }, () => ({ member: 0, values: "0x", gapLeg: 0n, records: [] }));
      await expect(m.metered.count(m.community, period, many, []))
        .to.be.revertedWithCustomError(m.metered, "ChunkTooLarge")
        .withArgs(257, 256);
    });

    it("that is corrected later on changes the grid leg alone", async function () {
      const { m, homes, period, items } = await day();
      await m.metered.meter(m.community, period, items.slice(0, 2), []);
      const frozen = await m.totalsOf(period);
      await goBehind(m, period, 2 * HOUR);
      await m.metered.settle(m.community, period, settleItems(items.slice(0, 2)), [], frozen, 0);
      const [late, reader] = [at(items, 2), at(homes, 2)];
      await m.settlement.settleEstimated(m.community, period, [{ member: late.member, records: late.records }]);
      const before = await freeOf(m, reader.member);
      const [seller, buyer] = [await freeOf(m, at(homes, 0).member), await freeOf(m, at(homes, 1).member)];
      const { member, reading } = late;
      const journal = await journalOf(m, reader, period);
      await m.settlement.correct(m.community, period, [{ member, reading, journal, position: `0x${"00".repeat(32)}` }]);
      // Four slots of 250 Wh were estimated; its 800 Wh stay its supplier's.
      expect((await freeOf(m, reader.member)) - before).to.equal((4n * 250n - 800n) * 300n);
      expect([await freeOf(m, at(homes, 0).member), await freeOf(m, at(homes, 1).member)]).to.deep.equal([
        seller,
        buyer,
      ]);
      const { bought, sold, imported } = await m.settlement.ledger(m.community, period * 4 + 2);
      expect([bought, sold, imported]).to.deep.equal([800n, 800n, 1_600n]);
      await expectSolvent(m);
    });
  });

  describe("a settlement", function () {
    it("gives each its part in one call", async function () {
      const w = await day();
      await goBehind(w.m, w.period, HOUR);
      await w.m.metered.meterAndSettle(w.m.community, w.period, w.items);
      expect((await w.m.clearedOf(w.period))[2]).to.deep.equal({ marginalTick: 15n, price: 150n, wh: 1_000n });
      await expectBills(w);
    });

    it("gives each its part in two passes, in chunks and in any order", async function () {
      const w = await day();
      const { m, period, items } = w;
      await m.metered.meter(m.community, period, items.slice(0, 1), []);
      const start = await m.totalsOf(period);
      await m.metered.meter(m.community, period, items.slice(1), start);
      const frozen = await m.totalsOf(period);
      await goBehind(m, period, HOUR);
      const settling = settleItems(items);
      await m.metered.settle(m.community, period, settling.slice(1), start, frozen, 1);
      await m.metered.settle(m.community, period, settling.slice(0, 1), [], frozen, 0);
      await m.metered.settle(m.community, period, settling.slice(0, 1), [], frozen, 0); // skipped by settlement, harmless
      await expectBills(w);
    });

    it("waits for the totals and the delay", async function () {
      const { m, period, items } = await day();
      await m.metered.meter(m.community, period, items.slice(0, 2), []);
      const frozen = await m.totalsOf(period);
      const settling = settleItems(items.slice(0, 2));
      const settle = async () => await m.metered.settle(m.community, period, settling, [], frozen, 0);
      await goBehind(m, period, HOUR);
      await expect(settle()).to.be.revertedWithCustomError(m.metered, "TotalsOpen");
      await expect(m.metered.meterAndSettle(m.community, period, items.slice(2))).to.be.revertedWithCustomError(
        m.metered,
        "NotEverybody",
      );
      const early = await day();
      await expect(early.m.metered.meterAndSettle(m.community, period, items)).to.be.revertedWithCustomError(
        m.metered,
        "SettlementDelayed",
      );
    });

    it("of a chunk needs the chunk as it was counted, and the totals", async function () {
      const { m, period, items } = await day();
      await m.metered.meter(m.community, period, items.slice(0, 1), []);
      const start = await m.totalsOf(period);
      await m.metered.meter(m.community, period, items.slice(1), start);
      const frozen = await m.totalsOf(period);
      await goBehind(m, period, HOUR);
      const [first, rest] = [settleItems(items.slice(0, 1)), settleItems(items.slice(1))];
      const refused = async (
        of: typeof rest,
        begin: readonly bigint[],
        totals: readonly bigint[],
        chunk: number,
        error = "ChunkMismatch",
      ) => {
        await expect(
          m.metered.settle(m.community, period, of, [...begin], [...totals], chunk),
        ).to.be.revertedWithCustomError(m.metered, error);
      };
      await refused(rest, [], frozen, 1);
      await refused(rest, start.slice(1), frozen, 1);
      await refused(rest, [(1n << 256n) - 1n], frozen, 1);
      await refused(rest, start, frozen, 0);
      await refused(rest, start, frozen, 2);
      await refused(rest, start, start, 1, "TotalsMismatch");
      await refused(rest, start, [], 1, "TotalsMismatch");
      await refused([...rest].reverse(), start, frozen, 1);
      await refused(rest.slice(1), start, frozen, 1);
      await refused([...rest, ...first], start, frozen, 1);
      const longer = rest.map((item) => ({ ...item, values: `${item.values}00` }));
      await refused(longer, start, frozen, 1, "BadLength");
      const dearer = rest.map((item) => ({
        ...item,
        records: item.records.map((record) => ({ ...record, payload: `${record.payload.slice(0, 14)}1fff` })),
      }));
      await refused(dearer, start, frozen, 1);
      await m.metered.settle(m.community, period, rest, start, frozen, 1);
      await m.metered.settle(m.community, period, first, [], frozen, 0);
      await expectSolvent(m);
    });

    it("in one call reverts where a reading is refused or a limit is another one", async function () {
      const { m, period, items } = await day();
      await goBehind(m, period, HOUR);
      const [one, two, three] = [at(items, 0), at(items, 1), at(items, 2)];
      const forged = { ...two, reading: { ...two.reading, r: three.reading.r } };
      const [record] = two.records;
      if (!record) throw new Error("no record");
      const dearer = { ...two, records: [{ ...record, payload: `${record.payload.slice(0, 14)}1fff` }] };
      for (const wrong of [
        [one, forged, three],
        [one, dearer, three],
        [one, two, three, one],
      ]) {
        await expect(m.metered.meterAndSettle(m.community, period, wrong)).to.be.revertedWithCustomError(
          m.metered,
          "NotEverybody",
        );
      }
    });

    it("does not go around it, however late", async function () {
      const { m, period, items, homes } = await day();
      await m.metered.meter(m.community, period, items, []);
      await goBehind(m, period, 20 * HOUR);
      const settling = settleItems(items.slice(0, 3));
      await expect(m.settlement.settle(m.community, period, settling))
        .to.emit(m.settlement, "ItemSkipped")
        .withArgs(m.community, at(homes, 0).member, period, Skip.NotReady);
      await m.metered.settle(m.community, period, settling, [], await m.totalsOf(period), 0);
      for (const home of homes.slice(0, 3)) expect(await stateOf(m, home, period)).to.equal(State.Settled);
      await expectSolvent(m);
    });

    it("keeps a buyer to its budget and names what lies beyond, and a seller below the export price", async function () {
      const m = await deployMetered(connection);
      await m.fund(3, 1_000_000_000n);
      const [seller, buyer] = [await m.addHome(), await m.addHome()];
      const period = (await m.periodNow()) + 2;
      await m.goTo(m.periodStart(period - 1));
      await m.metered.keepOrders(m.community, [
        await m.signOrder({ home: seller, sellTick: 2, budget: 30_000n - 1n }), // 30 base units below the export price
        await m.signOrder({ home: buyer, buyTick: 20, budget: 100_000n }),
      ]);
      await m.join(period, [seller, buyer]);
      const registers = new Registers(m);
      await m.goTo(m.periodStart(period));
      const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
      await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
      await m.goTo(m.periodStart(period + 1));
      const items = await itemsOf(m, registers, period, [
        [seller, valuesAt({ 1: [0, 600], 2: [0, 400] })],
        [buyer, valuesAt({ 1: [400, 0], 2: [200, 0] })],
      ]);
      await goBehind(m, period, HOUR);
      const call = m.metered.meterAndSettle(m.community, period, items);
      await expect(call).to.emit(m.metered, "BudgetReached").withArgs(m.community, buyer.member, period, 100n);
      await expect(call).to.emit(m.metered, "BudgetReached").withArgs(m.community, seller.member, period, 1n);
      await expect(call).not.to.emit(m.settlement, "RecordsVoided");
      // 400 and 100 Wh at the seller's limit of 20; the rest at the retailer's 50 and 300.
      expect(FUNDS - FEE - (await freeOf(m, seller.member))).to.equal(-500n * 20n - 500n * 50n);
      expect(FUNDS - FEE - (await freeOf(m, buyer.member))).to.equal(500n * 20n + 100n * 300n);
      await expectSolvent(m);
    });
  });

  it("gives a member its part whose caps were raised after it joined", async function () {
    const { m, homes, period, registers } = await fixture();
    const [seller, buyer] = [at(homes, 0), at(homes, 1)];
    const { changeCaps } = membership(m);
    for (const home of [seller, buyer]) await changeCaps(home.member, home.owner, 1, 0);
    await m.goTo(m.periodStart(period));
    const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    await m.metered.keepOrders(m.community, [
      await m.signOrder({ home: seller, sellTick: 10 }),
      await m.signOrder({ home: buyer, buyTick: 10 }),
    ]);
    await m.join(period + 1, [seller, buyer]);
    for (const home of [seller, buyer]) await changeCaps(home.member, home.owner, 400, 400);
    await m.goTo(m.periodStart(period + 1));
    await m.settlement.meterAndSettle(m.community, period, await itemsOf(m, registers, period, quiet));
    await m.goTo(m.periodStart(period + 2));
    const items = await itemsOf(m, registers, period + 1, [
      [seller, valuesAt({ 1: [0, 4_000] })],
      [buyer, valuesAt({ 1: [4_000, 0] })],
    ]);
    await goBehind(m, period + 1, HOUR);
    await expect(m.metered.meterAndSettle(m.community, period + 1, items)).not.to.emit(m.settlement, "RecordsVoided");
    const { bought, sold } = await m.settlement.ledger(m.community, (period + 1) * 4 + 1);
    expect([bought, sold]).to.deep.equal([4_000n, 4_000n]);
    expect(FUNDS - (await freeOf(m, seller.member))).to.equal(FEE - 4_000n * 100n);
    expect(FUNDS - (await freeOf(m, buyer.member))).to.equal(FEE + 4_000n * 100n);
    await expectSolvent(m);
  });

  it("runs past several wraps of its rings, and writes no new word of its own", async function () {
    this.timeout(240_000);
    const m = await deployMetered(connection, {}, 0);
    await m.fund(3, 1_000_000_000n);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < 3; i++) homes.push(await m.addHome());
    let period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const limits = [{ sellTick: 8 }, { buyTick: 12, sellTick: 9 }, { buyTick: 12 }];
    const signed = await Promise.all(homes.map(async (home, i) => await m.signOrder({ home, ...at(limits, i) })));
    await m.metered.keepOrders(m.community, signed);
    const registers = new Registers(m);
    const fresh: number[] = [];
    for (let round = 0; round < 20; round++, period++) {
      await m.join(period + 1, homes);
      await m.goTo(m.periodStart(period + 1));
      const values = homes.map(
        (home, i) => [home, valuesAt({ 1: i === 0 ? [0, 900] : [100 * i + round, 0] })] as const,
      );
      const items = await itemsOf(m, registers, period, values);
      if (round === 0) {
        await m.settlement.meterAndSettle(m.community, period, items);
        continue;
      }
      const first = await m.metered.meter(m.community, period, items.slice(0, 2), []);
      const start = await m.totalsOf(period);
      const second = await m.metered.meter(m.community, period, items.slice(2), start);
      const frozen = await m.totalsOf(period);
      const written = await Promise.all([freshWrites(connection, first), freshWrites(connection, second)]);
      fresh.push(written.reduce((sum, { fresh: words }) => sum + words, 0));
      await m.metered.settle(m.community, period, settleItems(items.slice(2)), start, frozen, 1);
      await m.metered.settle(m.community, period, settleItems(items.slice(0, 2)), [], frozen, 0);
      const { bought, sold } = await m.settlement.ledger(m.community, period * 4 + 1);
      expect([bought, sold]).to.deep.equal([BigInt(300 + 2 * round), BigInt(300 + 2 * round)]);
    }
    const ring = fresh.findIndex((words) => words === 0);
    expect(ring, "rounds until the rings are warm").to.be.within(1, 12);
    expect(fresh.slice(ring).every((words) => words === 0)).to.equal(true);
    await expectSolvent(m);
  });
});
