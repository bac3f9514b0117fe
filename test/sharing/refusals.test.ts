import { expect } from "chai";
import type { EnergySharing } from "../../types/ethers-contracts/index.ts";
import { at } from "../helpers/lists.ts";
import { connect, deployMarket, type Connection, type HomeKeys } from "../helpers/market.ts";
import { membership } from "../helpers/membership.ts";
import { deployHostile } from "../helpers/modules.ts";
import { freshWrites } from "../helpers/writes.ts";
import {
  Registers,
  Skip,
  expectSolvent,
  freeOf,
  goBehind,
  hourly,
  HOUR,
  missing,
  stateOf,
  State,
  valuesAt,
  type Values,
} from "../helpers/settling.ts";
import { deploySharing, itemsOf, Rule, settleItems, ShareSkip } from "../helpers/sharing.ts";

const FUNDS = 100_000_000n;
/** Periods of the ring of an hourly community, see `hourly`. */
const RING = 9;
const FEE = 2_000n;

describe("Energy sharing refuses what is wrong and goes on", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function world() {
    const m = await deploySharing(connection);
    await m.fund(3, 1_000_000_000n);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < 4; i++) homes.push(await m.addHome());
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    const registers = new Registers(m);
    return { m, homes, period, registers };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);

  const budgetsOf = async ({ m, homes }: Awaited<ReturnType<typeof world>>) =>
    await Promise.all(homes.map(async (home) => await m.signBudget({ home })));

  /** Three homes share a period: one gives 1,000 Wh in slot 2, two take 800 Wh each; the fourth is a plain customer. */
  async function metered() {
    const w = await world();
    const { m, homes, period, registers } = w;
    await m.sharing.keepBudgets(m.community, (await budgetsOf(w)).slice(0, 3));
    await m.join(period, homes.slice(0, 3));
    await m.goTo(m.periodStart(period));
    const day = async (of: number, values: readonly Values[]) =>
      await itemsOf(
        m,
        registers,
        of,
        homes.map((home, i) => [home, at(values, i)] as const),
      );
    const quiet = homes.map(() => valuesAt({}));
    await m.settlement.meterAndSettle(m.community, period - 1, await day(period - 1, quiet));
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

  it("has forgotten a ring of periods later whom it counted: without readings nobody is held up", async function () {
    const { m, homes, period, items } = await day();
    await m.sharing.meter(m.community, period, items);
    await goBehind(m, period, HOUR);
    await m.sharing.settle(m.community, period, settleItems(items), [], 0);
    // The same place of the ring, and of the flags in it.
    const later = period + RING;
    await m.goTo(m.periodStart(later - 1));
    await m.join(later, homes.slice(0, 3));
    await goBehind(m, later, 2 * HOUR);
    for (let each = period + 1; each <= later; each++) {
      const estimates = await Promise.all(homes.slice(0, 3).map(async (home) => await missing(m, home, each)));
      await m.settlement.settleEstimated(m.community, each, estimates);
    }
    for (const home of homes.slice(0, 3)) expect(await stateOf(m, home, later)).to.equal(State.Estimated);
    await expectSolvent(m);
  });

  describe("a scheme", function () {
    it("is announced by the coordinator, ahead of joining, one at a time", async function () {
      const { m } = await fixture();
      const { sharing, community, coordinator, stranger } = m;
      const now = await m.periodNow();
      const announce = async (from: number, rule: number, delay = 0) =>
        await sharing.connect(coordinator).announce(community, from, rule, 10, delay);
      await expect(sharing.connect(stranger).announce(community, now + 9, 2, 0, 0))
        .to.be.revertedWithCustomError(sharing, "NotCoordinator")
        .withArgs(community, stranger.address);
      await expect(announce(now + 9, Rule.Unset)).to.be.revertedWithCustomError(sharing, "NoRule");
      await expect(announce(now + 2, 2))
        .to.be.revertedWithCustomError(sharing, "SchemeTooEarly")
        .withArgs(now + 2, now + 3);
      await expect(announce(now + 3, 2, 2 * HOUR + 1))
        .to.be.revertedWithCustomError(sharing, "DelayTooLong")
        .withArgs(2 * HOUR + 1, 2 * HOUR);
      await expect(announce(now + 3, Rule.MidMarketRate, 2 * HOUR))
        .to.emit(sharing, "SchemeAnnounced")
        .withArgs(community, now + 3, Rule.MidMarketRate, 10, 2 * HOUR);
      const ruleFor = async (period: number) => Number(await sharing.schemeFor(community, period)) & 0xff;
      expect([await ruleFor(now + 2), await ruleFor(now + 3)]).to.deep.equal([
        Rule.SupplyDemandRatio,
        Rule.MidMarketRate,
      ]);
      // Nobody can have joined beyond the horizon of two periods: what was announced for there is replaced, whatever it was.
      await announce(2 ** 32 - 1, Rule.BillSharing);
      expect([await ruleFor(now + 9), await ruleFor(2 ** 32 - 1)]).to.deep.equal([
        Rule.SupplyDemandRatio,
        Rule.BillSharing,
      ]);
      await announce(now + 3, Rule.MidMarketRate);
      expect([await ruleFor(now + 2), await ruleFor(now + 3)]).to.deep.equal([
        Rule.SupplyDemandRatio,
        Rule.MidMarketRate,
      ]);
      await m.goTo(m.periodStart(now + 1));
      await expect(announce(now + 5, 3))
        .to.be.revertedWithCustomError(sharing, "SchemePending")
        .withArgs(community, now + 3);
    });

    it("that is the first one can be announced again too, and sooner", async function () {
      const m = await deployMarket(connection, { terms: hourly, first: ({ sharing }) => Promise.resolve(sharing) });
      const { sharing, community, coordinator } = m;
      const now = await m.periodNow();
      const announce = async (from: number, rule: number) =>
        await sharing.connect(coordinator).announce(community, from, rule, 0, 0);
      await announce(now + 1_000, Rule.MidMarketRate);
      await announce(now + 1, Rule.FeedInOnly);
      expect(Number(await sharing.schemeFor(community, now + 1)) & 0xff).to.equal(Rule.FeedInOnly);
    });

    it("stays that of the period that somebody joined", async function () {
      const { m, homes, period } = await fixture();
      await m.sharing.keepBudgets(
        m.community,
        await Promise.all(homes.map(async (home) => await m.signBudget({ home }))),
      );
      const next = period + 1; // the last one that is open
      await m.join(next, homes);
      await m.sharing.connect(m.coordinator).announce(m.community, next + 1, Rule.FeedInOnly, 0, 0);
      await m.goTo(m.periodStart(next + 1));
      await m.sharing.connect(m.coordinator).announce(m.community, next + 4, Rule.BillSharing, 0, 0);
      expect(Number(await m.sharing.schemeFor(m.community, next)) & 0xff).to.equal(Rule.FeedInOnly); // forgotten
      expect((await m.sharing.roundOf(m.community, next)).joined).to.equal(4n); // but not by the round
    });

    it("needs an open community of which it is the first module", async function () {
      const { ethers } = connection;
      const open = await deployMarket(connection, { terms: hourly });
      const sharing = await ethers.deployContract("EnergySharing", [open.registry, open.escrow, open.settlement]);
      const now = await open.periodNow();
      await expect(sharing.connect(open.coordinator).announce(open.community, now + 1, 1, 0, 0))
        .to.be.revertedWithCustomError(sharing, "NotFirstModule")
        .withArgs(open.community);
      await expect(
        deploySharing(connection, {}, { terms: { gateClosure: HOUR, revealWindow: HOUR, bond: 1_000 } }),
      ).to.be.rejectedWith("SealedCommunity");
    });
  });

  describe("a budget", function () {
    it("is signed by the trading key or sent by it or the owner, and replaced by later ones alone", async function () {
      const { m, homes } = await fixture();
      const { sharing, community } = m;
      const [home, other] = [at(homes, 0), at(homes, 1)];
      const { provider } = connection.ethers;
      const forged = await m.signBudget({ home, signer: other.trading });
      const good = await m.signBudget({ home: other, sequence: 5 });
      const now = await m.periodNow();
      await expect(sharing.keepBudgets(community, [forged, good]))
        .to.emit(sharing, "Skipped")
        .withArgs(community, home.member, now, ShareSkip.BadSignature)
        .and.to.emit(sharing, "BudgetKept");
      await expect(sharing.keepBudgets(community, [good]))
        .to.emit(sharing, "Skipped")
        .withArgs(community, other.member, now, ShareSkip.OldSequence);
      for (const [sequence, sender] of [home.trading, home.owner].entries()) {
        const own = { ...forged, sequence: sequence + 1 };
        await expect(sharing.connect(sender.connect(provider)).keepBudgets(community, [own])).to.emit(
          sharing,
          "BudgetKept",
        );
      }
      const nobody = { ...forged, member: 99 };
      await expect(sharing.keepBudgets(community, [nobody])).to.emit(sharing, "Skipped");
    });

    it("is of its member's epoch, in which sequences start anew: a lost trading key cannot use them up", async function () {
      const { m, homes } = await fixture();
      const { sharing, community, escrow } = m;
      const home = at(homes, 0);
      const now = await m.periodNow();
      const last = 2 ** 32 - 1;
      const keep = async (of: { epoch?: number; sequence?: number }) =>
        sharing.keepBudgets(community, [await m.signBudget({ home, ...of })]);
      await expect(keep({ epoch: 1, sequence: last }))
        .to.emit(sharing, "Skipped")
        .withArgs(community, home.member, now, ShareSkip.EpochMismatch);
      await expect(keep({ sequence: last })).to.emit(sharing, "BudgetKept");
      await escrow.connect(home.owner.connect(connection.ethers.provider)).bumpEpoch(community, home.member);
      await expect(keep({ sequence: last }))
        .to.emit(sharing, "Skipped")
        .withArgs(community, home.member, now, ShareSkip.EpochMismatch);
      for (const [sequence, reason] of [
        [0, ShareSkip.OldSequence],
        [1, null],
        [1, ShareSkip.OldSequence],
      ] as const) {
        const kept = expect(keep({ epoch: 1, sequence }));
        if (reason === null) await kept.to.emit(sharing, "BudgetKept");
        else await kept.to.emit(sharing, "Skipped").withArgs(community, home.member, now, reason);
      }
      expect((await sharing.budgetOf(community, home.member)) >> 112n).to.equal((1n << 32n) | 1n);
    });

    it("names why a member cannot join, and lets the others", async function () {
      const { m, homes, period } = await fixture();
      const { sharing, community, escrow } = m;
      const { provider } = connection.ethers;
      const [voided, off, stopped, fine] = homes as [HomeKeys, HomeKeys, HomeKeys, HomeKeys];
      const poor = await m.addHome({ deposit: 1_999n });
      const late = await m.addHome();
      await m.goTo(m.periodStart(period));
      const all = [voided, off, stopped, fine, poor];
      await sharing.keepBudgets(community, await Promise.all(all.map(async (home) => await m.signBudget({ home }))));
      await sharing.keepBudgets(community, [await m.signBudget({ home: late, firstPeriod: period + 2 })]);
      await escrow.connect(voided.owner.connect(provider)).bumpEpoch(community, voided.member);
      await escrow.connect(off.owner.connect(provider)).enableModule(community, off.member, 0, false);
      await m.registry.connect(stopped.owner.connect(provider)).setTrading(community, stopped.member, false);
      const next = period + 1;
      const call = m.join(next, [...all, late]);
      for (const [home, reason] of [
        [voided, ShareSkip.EpochMismatch],
        [off, ShareSkip.ModuleOff],
        [stopped, ShareSkip.NotActive],
        [poor, ShareSkip.NoFunds],
        [late, ShareSkip.NoBudget],
      ] as const) {
        await expect(call).to.emit(sharing, "Skipped").withArgs(community, home.member, next, reason);
      }
      expect((await sharing.roundOf(community, next)).joined).to.equal(1n);
      await expect(m.join(next, [fine]))
        .to.emit(sharing, "Skipped")
        .withArgs(community, fine.member, next, ShareSkip.AlreadyJoined);
    });

    it("does not count while its member owes more than its credit line", async function () {
      const { m, homes, period, registers } = await fixture();
      const home = await m.addHome({ deposit: 0n });
      const others = homes.map((each) => [each, valuesAt({})] as const);
      await m.goTo(m.periodStart(period));
      await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, others));
      await m.goTo(m.periodStart(period + 1));
      const items = await itemsOf(m, registers, period, [[home, valuesAt({ 0: [700, 0] })]]);
      await m.settlement.meterAndSettle(m.community, period, items);
      await m.sharing.keepBudgets(m.community, [await m.signBudget({ home })]);
      await expect(m.join(period + 2, [home]))
        .to.emit(m.sharing, "Skipped")
        .withArgs(m.community, home.member, period + 2, ShareSkip.InDebt);
    });

    it("waits for the ring and for a scheme", async function () {
      const { m, homes, period } = await fixture();
      await m.sharing.keepBudgets(
        m.community,
        await Promise.all(homes.map(async (home) => await m.signBudget({ home }))),
      );
      await m.join(period, homes);
      const ring = Number(((await m.registry.terms(m.community)) >> 96n) & 0xffn);
      await m.goTo(m.periodStart(period + ring - 1)); // and nobody settles the period
      await expect(m.join(period + ring, homes))
        .to.be.revertedWithCustomError(m.sharing, "RingBusy")
        .withArgs(m.community, period + ring);

      let bare: EnergySharing | undefined;
      const other = await deployMarket(connection, {
        terms: hourly,
        first: async ({ registry, escrow, settlement }) => {
          bare = await connection.ethers.deployContract("EnergySharing", [registry, escrow, settlement]);
          return bare;
        },
      });
      if (!bare) throw new Error("no module");
      const next = (await other.periodNow()) + 1;
      await expect(bare.join(other.community, next, [])).to.be.revertedWithCustomError(bare, "NoScheme");
    });

    it("reserves what there is, and its settlement fee", async function () {
      const { m, homes, period } = await fixture();
      const home = at(homes, 0);
      await m.sharing.keepBudgets(m.community, [await m.signBudget({ home, budget: FUNDS })]);
      await m.join(period, [home]);
      expect(await freeOf(m, home.member)).to.equal(0n);
      expect((await m.escrow.pot(m.community, 0, period)).outstanding).to.equal(FUNDS);
      // Who has the fee and nothing else can give.
      const [just, short] = [await m.addHome({ deposit: FEE }), await m.addHome({ deposit: FEE - 1n })];
      await m.goTo(m.periodStart(period));
      await m.sharing.keepBudgets(m.community, [
        await m.signBudget({ home: just }),
        await m.signBudget({ home: short }),
      ]);
      await expect(m.join(period + 1, [just, short]))
        .to.emit(m.sharing, "Skipped")
        .withArgs(m.community, short.member, period + 1, ShareSkip.NoFunds);
      expect((await m.sharing.roundOf(m.community, period + 1)).joined).to.equal(1n);
      expect(await freeOf(m, just.member)).to.equal(0n);
    });

    it("counts for a member that traded elsewhere before it joined", async function () {
      const { m, homes, period, registers } = await fixture();
      const [seller, buyer] = [at(homes, 0), at(homes, 1)];
      await m.sharing.keepBudgets(m.community, (await budgetsOf({ m, homes, period, registers })).slice(0, 2));
      const { append } = await deployHostile(connection.ethers, m, [seller, buyer]);
      // What another module says of slots, and a payload as long as a budget, are its own.
      for (const home of [seller, buyer]) await append(home, period, { entries: 1 }, `0x${"ff".repeat(6)}`, 7);
      await m.join(period, [seller, buyer]);
      expect((await m.sharing.roundOf(m.community, period)).joined).to.equal(2n);
      await m.goTo(m.periodStart(period));
      const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
      await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
      await m.goTo(m.periodStart(period + 1));
      const items = await itemsOf(m, registers, period, [
        [seller, valuesAt({ 1: [0, 2_000] })],
        [buyer, valuesAt({ 1: [800, 0] })],
      ]);
      await goBehind(m, period, HOUR);
      await m.sharing.meterAndSettle(m.community, period, items);
      expect(FUNDS - FEE - (await freeOf(m, buyer.member))).to.equal(800n * 50n);
      const { bought, sold } = await m.settlement.ledger(m.community, period * 4 + 1);
      expect([bought, sold]).to.deep.equal([800n, 800n]);
      await expectSolvent(m);
    });

    it("joins only periods to come, in ascending order, where a scheme is known, not during a pause", async function () {
      const { m, homes, period } = await fixture();
      const { sharing, community } = m;
      await sharing.keepBudgets(community, await Promise.all(homes.map(async (home) => await m.signBudget({ home }))));
      const members = homes.map(({ member }) => member);
      for (const wrong of [period - 1, period + 2]) {
        await expect(sharing.join(community, wrong, members)).to.be.revertedWithCustomError(sharing, "PeriodNotOpen");
      }
      await expect(sharing.join(community, period, [...members].reverse())).to.be.revertedWithCustomError(
        sharing,
        "NotAscending",
      );
      await expect(sharing.join(community, period, [at(members, 0), at(members, 0)])).to.be.revertedWithCustomError(
        sharing,
        "NotAscending",
      );
      await m.registry.connect(m.coordinator).pause(community);
      await expect(sharing.join(community, period, members)).to.be.revertedWithCustomError(sharing, "TradingPaused");
    });
  });

  describe("a reading", function () {
    it("that settlement refuses is not counted, and the others are", async function () {
      const { m, period, items } = await day();
      const forged = { ...at(items, 1), reading: { ...at(items, 1).reading, r: at(items, 2).reading.r } };
      const call = m.sharing.meter(m.community, period, [at(items, 0), forged, at(items, 2), at(items, 3)]);
      await expect(call)
        .to.emit(m.settlement, "ItemSkipped")
        .withArgs(m.community, forged.member, period, Skip.BadSignature);
      await expect(call)
        .to.emit(m.sharing, "Skipped")
        .withArgs(m.community, forged.member, period, ShareSkip.NotMetered);
      expect(await m.sharing.roundOf(m.community, period)).to.deep.equal([3n, 2n, 1n]);
    });

    it("counts once, whoever handed it to settlement", async function () {
      const { m, period, items } = await day();
      await m.settlement.meter(m.community, period, items.slice(0, 2));
      await m.sharing.count(m.community, period, settleItems(items.slice(0, 1)));
      const call = m.sharing.meter(m.community, period, items);
      await expect(call)
        .to.emit(m.sharing, "Skipped")
        .withArgs(m.community, at(items, 0).member, period, ShareSkip.AlreadyCounted);
      expect(await m.sharing.roundOf(m.community, period)).to.deep.equal([3n, 3n, 2n]);
      const other = settleItems(items.slice(0, 1)).map((item) => ({ ...item, values: at(items, 1).reading.values }));
      await expect(m.sharing.count(m.community, period, other))
        .to.emit(m.sharing, "Skipped")
        .withArgs(m.community, at(items, 0).member, period, ShareSkip.NotMetered);
    });

    it("comes too late at the reading deadline: its member is a plain customer", async function () {
      const { m, homes, period, items } = await day();
      await m.sharing.meter(m.community, period, items.slice(0, 2));
      await goBehind(m, period, 2 * HOUR);
      await expect(m.sharing.meter(m.community, period, items)).to.be.revertedWithCustomError(
        m.sharing,
        "TotalsFrozen",
      );
      await m.settlement.meterAndSettle(m.community, period, items.slice(2));
      await m.sharing.settle(m.community, period, settleItems(items.slice(0, 2)), [], 0);
      const paid = await Promise.all(homes.map(async (home) => FUNDS - (await freeOf(m, home.member))));
      // 1,000 Wh given and 800 taken: a price of 50 for all of them; the two others pay 200 to their supplier.
      expect(paid).to.deep.equal([
        2_000n - 800n * 50n - 200n * 50n,
        2_000n + 800n * 50n,
        2_000n + 800n * 200n,
        500n * 200n,
      ]);
      await expectSolvent(m);
    });

    it("counts where somebody joined, in calls of bounded size", async function () {
      const { m, period } = await fixture();
      await expect(m.sharing.count(m.community, period, [])).to.be.revertedWithCustomError(m.sharing, "NobodyJoined");
      const many = Array.from({ length: 257 }, () => ({ member: 0, values: "0x", gapLeg: 0n, records: [] }));
      await expect(m.sharing.count(m.community, period, many))
        .to.be.revertedWithCustomError(m.sharing, "ChunkTooLarge")
        .withArgs(257, 256);
      await expect(m.sharing.count(m.community, period, many.slice(1))).to.be.revertedWithCustomError(
        m.sharing,
        "NobodyJoined",
      );
    });

    it("counts no chunk that nobody could settle: not with members who traded much elsewhere", async function () {
      const m = await deploySharing(connection);
      const homes: HomeKeys[] = [];
      for (let i = 0; i < 6; i++) homes.push(await m.addHome());
      const registers = new Registers(m);
      const budgets = await Promise.all(homes.map(async (home) => await m.signBudget({ home })));
      await m.sharing.keepBudgets(m.community, budgets);
      const period = (await m.periodNow()) + 2;
      await m.goTo(m.periodStart(period - 1));
      const { append } = await deployHostile(connection.ethers, m, homes);
      await m.join(period, homes);
      // As many entries as a journal holds.
      const entries = 2_047;
      for (const home of homes) await append(home, period, { entries });
      await m.goTo(m.periodStart(period + 1));
      const day = async (of: number) =>
        await itemsOf(
          m,
          registers,
          of,
          homes.map((home) => [home, valuesAt({})] as const),
        );
      await m.settlement.meterAndSettle(m.community, period - 1, await day(period - 1));
      const items = await day(period);
      const each = 20_000 + 4 * 1_400 + 40_000 + 1_100 * entries;
      await expect(m.sharing.meter(m.community, period, items))
        .to.be.revertedWithCustomError(m.sharing, "ChunkTooDear")
        .withArgs(6 * each, 11_000_000);
      // Four of them fit; and a single member always does.
      await m.sharing.meter(m.community, period, items.slice(0, 4));
      const start = [...(await m.sharing.totals(m.community, period))];
      await m.sharing.meter(m.community, period, items.slice(4, 5));
      const last = [...(await m.sharing.totals(m.community, period))];
      await m.sharing.meter(m.community, period, items.slice(5));
      await goBehind(m, period, HOUR);
      const settling = settleItems(items);
      await m.sharing.settle(m.community, period, settling.slice(0, 4), [], 0);
      await m.sharing.settle(m.community, period, settling.slice(4, 5), start, 1);
      await m.sharing.settle(m.community, period, settling.slice(5), last, 2);
      for (const home of homes) expect(await stateOf(m, home, period)).to.equal(State.Settled);
    });

    it("counts a member alone, however much it traded elsewhere: nobody is locked out for good", async function () {
      const { m, homes, period, registers } = await fixture();
      const [busy, other] = [at(homes, 0), at(homes, 1)];
      await m.sharing.keepBudgets(m.community, (await budgetsOf({ m, homes, period, registers })).slice(0, 2));
      const { append } = await deployHostile(connection.ethers, m, [busy]);
      await m.join(period, [busy, other]);
      const [records, entries] = [250, 2_000];
      await append(busy, period, { entries: entries - records + 1 });
      for (let i = 1; i < records; i++) await append(busy, period, { entries: 1 });
      await m.goTo(m.periodStart(period));
      const day = async (of: number) =>
        await itemsOf(
          m,
          registers,
          of,
          [busy, other].map((home) => [home, valuesAt({ 1: [5, 0] })] as const),
        );
      await m.settlement.meterAndSettle(m.community, period - 1, await day(period - 1));
      await m.goTo(m.periodStart(period + 1));
      const items = await day(period);
      const alone = 20_000 + 4 * 1_400 + 40_000 * records + 1_100 * entries;
      expect(alone).to.be.greaterThan(11_000_000);
      await expect(m.sharing.meter(m.community, period, items))
        .to.be.revertedWithCustomError(m.sharing, "ChunkTooDear")
        .withArgs(alone + 20_000 + 4 * 1_400, 11_000_000);
      await expect(m.sharing.meter(m.community, period, items.slice(0, 1))).to.emit(m.sharing, "Counted");
      await m.sharing.meter(m.community, period, items.slice(1));
      expect(await m.sharing.roundOf(m.community, period)).to.deep.equal([2n, 2n, 2n]);
    });

    it("of nobody: everybody is estimated", async function () {
      const { m, homes, period, items } = await day();
      await goBehind(m, period, 2 * HOUR);
      const estimates = items.map(({ member, records }) => ({ member, records }));
      await m.settlement.settleEstimated(m.community, period, estimates);
      for (const home of homes) expect(await stateOf(m, home, period)).to.equal(State.Estimated);
      await expectSolvent(m);
    });
  });

  describe("a settlement", function () {
    it("waits for the totals and the delay (N7)", async function () {
      const { m, period, items } = await day();
      await m.sharing.meter(m.community, period, items.slice(0, 2));
      const settling = settleItems(items.slice(0, 2));
      const settle = async () => await m.sharing.settle(m.community, period, settling, [], 0);
      await goBehind(m, period, HOUR);
      await expect(settle()).to.be.revertedWithCustomError(m.sharing, "TotalsOpen");
      await expect(m.sharing.meterAndSettle(m.community, period, items.slice(2))).to.be.revertedWithCustomError(
        m.sharing,
        "NotEverybody",
      );
      const early = await day();
      await early.m.sharing.meter(m.community, period, items);
      await expect(early.m.sharing.settle(m.community, period, settleItems(items), [], 0))
        .to.be.revertedWithCustomError(m.sharing, "SettlementDelayed")
        .withArgs(m.community, period, m.periodStart(period + 1) + HOUR);
      await expect(early.m.sharing.meterAndSettle(m.community, period, items)).to.be.revertedWithCustomError(
        m.sharing,
        "SettlementDelayed",
      );
    });

    it("of a chunk needs the chunk as it was counted", async function () {
      const { m, period, items } = await day();
      await m.sharing.meter(m.community, period, items.slice(0, 1));
      const start = [...(await m.sharing.totals(m.community, period))];
      await m.sharing.meter(m.community, period, items.slice(1));
      await goBehind(m, period, HOUR);
      const settling = settleItems(items);
      const [first, rest] = [settling.slice(0, 1), settling.slice(1)];
      const refused = async (of: typeof settling, begin: bigint[], chunk: number, error = "ChunkMismatch") => {
        await expect(m.sharing.settle(m.community, period, of, begin, chunk)).to.be.revertedWithCustomError(
          m.sharing,
          error,
        );
      };
      await refused(rest, [], 1);
      await refused(rest, start, 0);
      await refused(rest, start, 2);
      await refused([...rest].reverse(), start, 1);
      await refused(rest.slice(1), start, 1);
      await refused(rest, start.slice(1), 1, "BadLength");
      await refused(
        rest.map((item) => ({ ...item, values: `${item.values}00` })),
        start,
        1,
        "BadLength",
      );
      const richer = rest.map((item) => ({
        ...item,
        records: item.records.map((record) => ({ ...record, head: record.head + (1n << 96n) })),
      }));
      await refused(richer, start, 1);
      await m.sharing.settle(m.community, period, rest, start, 1);
      await m.sharing.settle(m.community, period, first, [], 0);
      await m.sharing.settle(m.community, period, first, [], 0); // skipped by settlement, harmless
      await expectSolvent(m);
    });

    it("does not go around it while totals are open: nobody leaves them by settling first", async function () {
      const { m, period, items, homes } = await day();
      await goBehind(m, period, HOUR);
      await m.settlement.meter(m.community, period, items.slice(0, 1));
      await expect(m.settlement.settle(m.community, period, settleItems(items.slice(0, 1))))
        .to.emit(m.settlement, "ItemSkipped")
        .withArgs(m.community, at(homes, 0).member, period, Skip.NotReady);
      expect(await stateOf(m, at(homes, 0), period)).to.equal(State.Metered);
    });

    it("does not go around it, however late", async function () {
      const { m, period, items, homes } = await day();
      await m.sharing.meter(m.community, period, items);
      await goBehind(m, period, 20 * HOUR);
      const settling = settleItems(items.slice(0, 3));
      await expect(m.settlement.settle(m.community, period, settling))
        .to.emit(m.settlement, "ItemSkipped")
        .withArgs(m.community, at(homes, 0).member, period, Skip.NotReady);
      await m.sharing.settle(m.community, period, settling, [], 0);
      for (const home of homes.slice(0, 3)) expect(await stateOf(m, home, period)).to.equal(State.Settled);
      await expectSolvent(m);
    });

    it("in one call reverts where a reading is refused", async function () {
      const { m, period, items } = await day();
      await goBehind(m, period, HOUR);
      const forged = { ...at(items, 1), reading: { ...at(items, 1).reading, r: at(items, 2).reading.r } };
      await expect(
        m.sharing.meterAndSettle(m.community, period, [at(items, 0), forged, at(items, 2)]),
      ).to.be.revertedWithCustomError(m.sharing, "NotEverybody");
      const twice = [...items.slice(0, 3), at(items, 0)];
      await expect(m.sharing.meterAndSettle(m.community, period, twice)).to.be.revertedWithCustomError(
        m.sharing,
        "NotEverybody",
      );
      // Nor does it count anybody again: of three, one is in the totals already.
      await m.sharing.meter(m.community, period, items.slice(0, 1));
      for (const [rest, found] of [
        [items.slice(1, 3), 3],
        [items.slice(0, 3), 4],
      ] as const) {
        await expect(m.sharing.meterAndSettle(m.community, period, rest))
          .to.be.revertedWithCustomError(m.sharing, "NotEverybody")
          .withArgs(found, 3);
      }
    });

    it("in one call comes too late at the reading deadline: nobody chooses whether the others share", async function () {
      const { m, period, items } = await day();
      await goBehind(m, period, 2 * HOUR);
      await expect(m.sharing.meterAndSettle(m.community, period, items)).to.be.revertedWithCustomError(
        m.sharing,
        "TotalsFrozen",
      );
      await m.settlement.meterAndSettle(m.community, period, items);
      const { bought, sold } = await m.settlement.ledger(m.community, period * 4 + 2);
      expect([bought, sold]).to.deep.equal([0n, 0n]);
      await expectSolvent(m);
    });

    it("pays whoever called it", async function () {
      const { m, period, items } = await day();
      await goBehind(m, period, HOUR);
      await m.sharing.connect(m.stranger).meterAndSettle(m.community, period, items);
      expect(await m.escrow.fees(m.euro, m.stranger)).to.equal(6_000n);
      expect(await m.escrow.fees(m.euro, m.sharing)).to.equal(0n);
    });
  });

  it("names what a member takes beyond its budget, and leaves it at the retailer's price", async function () {
    const w = await fixture();
    const { m, homes, period, registers } = w;
    const [seller, buyer] = [at(homes, 0), at(homes, 1)];
    await m.sharing.keepBudgets(m.community, [
      await m.signBudget({ home: seller, budget: 0n }),
      await m.signBudget({ home: buyer, budget: 100_000n }), // 500 Wh at 200
    ]);
    await m.join(period, [seller, buyer]);
    await m.goTo(m.periodStart(period));
    const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    await m.goTo(m.periodStart(period + 1));
    const items = await itemsOf(m, registers, period, [
      [seller, valuesAt({ 1: [0, 2_000] })],
      [buyer, valuesAt({ 1: [800, 0], 3: [50, 0] })],
    ]);
    await goBehind(m, period, HOUR);
    await expect(m.sharing.meterAndSettle(m.community, period, items))
      .to.emit(m.sharing, "BudgetReached")
      .withArgs(m.community, buyer.member, period, 350n);
    expect(FUNDS - (await freeOf(m, buyer.member))).to.equal(2_000n + 500n * 50n + 350n * 200n);
    await expectSolvent(m);
  });

  it("lets a seller of bill sharing lose no more than its budget", async function () {
    const m = await deploySharing(connection, { rule: Rule.BillSharing });
    await m.fund(3, 1_000_000_000n);
    const [seller, buyer] = [await m.addHome(), await m.addHome()];
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    await m.sharing.keepBudgets(m.community, [
      await m.signBudget({ home: seller, budget: 30_049n }), // 600 Wh at 50
      await m.signBudget({ home: buyer }),
    ]);
    await m.join(period, [seller, buyer]);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period));
    const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    await m.goTo(m.periodStart(period + 1));
    const items = await itemsOf(m, registers, period, [
      [seller, valuesAt({ 1: [0, 1_000] })],
      [buyer, valuesAt({ 1: [2_000, 0] })],
    ]);
    await goBehind(m, period, HOUR);
    const call = m.sharing.meterAndSettle(m.community, period, items);
    await expect(call).to.emit(m.sharing, "BudgetReached").withArgs(m.community, seller.member, period, 400n);
    await expect(call).not.to.emit(m.settlement, "RecordsVoided");
    expect(FUNDS - (await freeOf(m, seller.member))).to.equal(2_000n - 400n * 50n);
    expect(FUNDS - (await freeOf(m, buyer.member))).to.equal(2_000n + 1_400n * 200n);
    await expectSolvent(m);
  });

  /** Readings may be as large as the largest caps so far, whatever a member's caps were when it joined. */
  for (const [name, buyCap, sellCap] of [
    ["lowered before it joined", 1, 0],
    ["raised behind it", 400, 400],
  ] as const) {
    it(`gives a member its part whose caps were ${name}`, async function () {
      const w = await fixture();
      const { m, homes, period, registers } = w;
      const [seller, buyer] = [at(homes, 0), at(homes, 1)];
      const { changeCaps } = membership(m);
      for (const home of [seller, buyer]) await changeCaps(home.member, home.owner, 1, 0);
      await m.goTo(m.periodStart(period));
      const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
      await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
      await m.sharing.keepBudgets(m.community, (await budgetsOf(w)).slice(0, 2));
      await m.join(period + 1, [seller, buyer]);
      for (const home of [seller, buyer]) await changeCaps(home.member, home.owner, buyCap, sellCap);
      await m.goTo(m.periodStart(period + 1));
      await m.settlement.meterAndSettle(m.community, period, await itemsOf(m, registers, period, quiet));
      await m.goTo(m.periodStart(period + 2));
      const items = await itemsOf(m, registers, period + 1, [
        [seller, valuesAt({ 1: [0, 4_000] })],
        [buyer, valuesAt({ 1: [4_000, 0] })],
      ]);
      await goBehind(m, period + 1, HOUR);
      const call = m.sharing.meterAndSettle(m.community, period + 1, items);
      await expect(call).not.to.emit(m.settlement, "RecordsVoided");
      const { bought, sold } = await m.settlement.ledger(m.community, (period + 1) * 4 + 1);
      expect([bought, sold]).to.deep.equal([4_000n, 4_000n]);
      expect(FUNDS - (await freeOf(m, seller.member))).to.equal(2_000n - 4_000n * 50n);
      expect(FUNDS - (await freeOf(m, buyer.member))).to.equal(2_000n + 4_000n * 50n);
      await expectSolvent(m);
    });
  }

  it("runs past several wraps of its rings, and writes no new word of its own", async function () {
    this.timeout(120_000);
    const m = await deploySharing(connection, { settlementDelay: 0 });
    await m.fund(3, 1_000_000_000n);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < 3; i++) homes.push(await m.addHome());
    let period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    await m.sharing.keepBudgets(
      m.community,
      await Promise.all(homes.map(async (home) => await m.signBudget({ home }))),
    );
    const registers = new Registers(m);
    const fresh: number[] = [];
    for (let round = 0; round < 24; round++, period++) {
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
      const first = await m.sharing.meter(m.community, period, items.slice(0, 2));
      const start = [...(await m.sharing.totals(m.community, period))];
      const second = await m.sharing.meter(m.community, period, items.slice(2));
      const written = await Promise.all([freshWrites(connection, first), freshWrites(connection, second)]);
      fresh.push(written.reduce((sum, { fresh: words }) => sum + words, 0));
      await m.sharing.settle(m.community, period, settleItems(items.slice(2)), start, 1);
      await m.sharing.settle(m.community, period, settleItems(items.slice(0, 2)), [], 0);
      const { bought, sold } = await m.settlement.ledger(m.community, period * 4 + 1);
      expect([bought, sold]).to.deep.equal([bought, bought]);
      expect(bought).to.equal(BigInt(Math.min(900, 300 + 2 * round)));
    }
    const ring = fresh.findIndex((words) => words === 0);
    expect(ring, "rounds until the rings are warm").to.be.within(1, 12);
    expect(fresh.slice(ring).every((words) => words === 0)).to.equal(true);
    await expectSolvent(m);
  });
});
