import { expect } from "chai";
import { supplyBytes } from "../helpers/desk.ts";
import { at } from "../helpers/lists.ts";
import { connect, flatTariff, type Connection, type HomeKeys } from "../helpers/market.ts";
import { dueOf, expectSolvent, freeOf, goBehind, HOUR, Registers, valuesAt, type Values } from "../helpers/settling.ts";
import { deploySharing, itemsOf, Rule, ShareSkip, TABLE_TARIFF, type SchemeInput } from "../helpers/sharing.ts";

const FUNDS = 100_000_000n;
const FEE = 2_000n;
const SUPPLIER = 3;
const [{ importPrice: IMPORT, exportPrice: EXPORT }] = TABLE_TARIFF.classes as [(typeof TABLE_TARIFF.classes)[0]];
const RULES = {
  "supply-demand ratio": { rule: Rule.SupplyDemandRatio },
  "supply-demand ratio with a compensating price": { rule: Rule.SupplyDemandRatio, compensation: 30 },
  "mid-market rate": { rule: Rule.MidMarketRate },
  "bill sharing": { rule: Rule.BillSharing },
  "feed-in only": { rule: Rule.FeedInOnly },
} satisfies Record<string, SchemeInput>;

/** What a slot costs with a supplier alone: the closed form. */
const retail = (values: Values) =>
  values.reduce((sum, [drawn, fed]) => {
    const net = drawn - fed;
    return sum + BigInt(net > 0 ? net * IMPORT : net * EXPORT);
  }, 0n);

describe("Days of a community that shares", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** Three homes that joined a period; its readings can come. The supplier has `supplied`. */
  async function community(scheme: SchemeInput, supplied = 1_000_000_000n, networkFee = 0) {
    const m = await deploySharing(connection, scheme, {
      tariff: { ...TABLE_TARIFF, networkFee },
      terms: { maxNetworkFee: IMPORT + 1 },
    });
    if (supplied > 0n) await m.fund(SUPPLIER, supplied);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < 3; i++) homes.push(await m.addHome({ buyCap: 1_100, sellCap: 1_100 }));
    const budgets = await Promise.all(homes.map(async (home) => await m.signBudget({ home })));
    await m.sharing.keepBudgets(m.community, budgets);
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    await m.join(period, homes);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period));
    const quiet = homes.map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    await m.goTo(m.periodStart(period + 1));
    return { m, homes, period, registers };
  }

  /** Settles a period and returns what each home was billed, without its settlement fee. */
  async function bills(scheme: SchemeInput, days: readonly Values[], supplied?: bigint, networkFee?: number) {
    const w = await community(scheme, supplied, networkFee);
    const { m, homes, period, registers } = w;
    const read = homes.map((home, i) => [home, at(days, i)] as const);
    const items = await itemsOf(m, registers, period, read);
    await goBehind(m, period, HOUR);
    await m.sharing.meterAndSettle(m.community, period, items);
    await expectSolvent(m);
    const billed: bigint[] = [];
    for (const home of homes) {
      billed.push(FUNDS - FEE - (await freeOf(m, home.member)) + (await dueOf(m, home.member)));
    }
    return { ...w, billed };
  }

  const taking = [valuesAt({ 1: [300, 0] }), valuesAt({ 1: [1_100, 0], 2: [7, 0] }), valuesAt({})];
  const giving = [valuesAt({ 1: [0, 300] }), valuesAt({ 1: [0, 1_100], 2: [0, 7] }), valuesAt({})];
  for (const [name, scheme] of Object.entries(RULES)) {
    it(`without any supply everybody pays the retailer: ${name}`, async function () {
      const { billed } = await bills(scheme, taking);
      expect(billed).to.deep.equal(taking.map(retail));
    });

    it(`without any demand everybody gets what the retailer pays: ${name}`, async function () {
      const { billed } = await bills(scheme, giving);
      expect(billed).to.deep.equal(giving.map(retail));
    });
  }

  /** Row r = 1 of the published table, base units per kWh, of both sides; then 1 Wh less and 1 Wh more of 10,000. */
  const ONE = { SDR: 50n, COMPENSATED: 80n, MMR: 125n, SHARED: 0n };
  for (const [name, scheme, price] of [
    ["supply-demand ratio", RULES["supply-demand ratio"], ONE.SDR],
    ["with a compensating price", RULES["supply-demand ratio with a compensating price"], ONE.COMPENSATED],
    ["mid-market rate", RULES["mid-market rate"], ONE.MMR],
    ["bill sharing", RULES["bill sharing"], ONE.SHARED],
  ] as const) {
    it(`a ratio of exactly 1 leaves nothing for the grid, and no jump beside it: ${name}`, async function () {
      const demand = [valuesAt({ 1: [4_000, 0] }), valuesAt({ 1: [6_000, 0] })];
      const day = (supply: number) => [...demand, valuesAt({ 1: [0, supply] })];
      const exact = (await bills(scheme, day(10_000))).billed;
      expect(exact).to.deep.equal([4_000n * price, 6_000n * price, -10_000n * price]);
      for (const beside of [9_999, 10_001]) {
        const near = (await bills(scheme, day(beside))).billed;
        for (const [i, bill] of near.entries()) {
          // A Wh at the dearest price, and what that moves of the price of all.
          const moved = bill - at(exact, i);
          expect(moved < 1_000n && moved > -1_000n, `${String(beside)}: ${String(moved)}`).to.equal(true);
        }
      }
    });
  }

  it("with a network fee above the import price, or that leaves less than the export price, shares nothing", async function () {
    const day = [valuesAt({ 1: [1_000, 0] }), valuesAt({}), valuesAt({ 1: [0, 4_000] })];
    for (const networkFee of [IMPORT + 1, IMPORT, IMPORT - EXPORT + 1]) {
      const { billed } = await bills(RULES["mid-market rate"], day, undefined, networkFee);
      expect(billed, String(networkFee)).to.deep.equal(day.map(retail));
    }
    // One that leaves as much is the border: a shared Wh costs its buyer what the retailer's does, and brings its seller no more.
    const { billed } = await bills(RULES["mid-market rate"], day, undefined, IMPORT - EXPORT);
    expect(billed).to.deep.equal(day.map(retail));
  });

  it("with feed-in only is the closed form of the baseline (G3, N8)", async function () {
    const day = [
      valuesAt({ 0: [310, 0], 1: [0, 900], 2: [55, 60] }),
      valuesAt({ 0: [17, 0], 1: [400, 0], 3: [1, 0] }),
      valuesAt({ 0: [0, 1], 1: [800, 300], 3: [0, 2_000] }),
    ];
    const { billed } = await bills(RULES["feed-in only"], day);
    expect(billed).to.deep.equal(day.map(retail));
  });

  it("with a supplier without funds peers are paid in full, and the supplier owes the rest", async function () {
    // 4,000 Wh to spare: 1,000 are shared at 0.125 EUR/kWh, the supplier should pay for 3,000.
    const day = [valuesAt({ 1: [1_000, 0] }), valuesAt({}), valuesAt({ 1: [0, 4_000] })];
    const { m, homes, billed } = await bills(RULES["mid-market rate"], day, 0n);
    const owed = 3_000n * BigInt(EXPORT);
    const seller = at(homes, 2);
    expect(billed).to.deep.equal([125_000n, 0n, -125_000n - owed]);
    expect(await dueOf(m, seller.member)).to.equal(-owed);
    expect(await freeOf(m, seller.member)).to.equal(FUNDS - FEE + 125_000n);
    // Its next income goes to whom it owes.
    await m.fund(SUPPLIER, owed);
    await m.escrow.claimDue(m.community, seller.member);
    expect([await dueOf(m, seller.member), await freeOf(m, seller.member)]).to.deep.equal([
      0n,
      FUNDS - FEE + 125_000n + owed,
    ]);
    await expectSolvent(m);
  });

  it("has no tariff that pays more for export than for import", async function () {
    const m = await deploySharing(connection);
    const tariff = flatTariff(m.terms.slotsPerPeriod, 0, [{ importPrice: 200, exportPrice: 201 }]);
    const from = (await m.periodNow()) + 10;
    await expect(m.registry.connect(m.coordinator).publishTariff(m.community, from, tariff))
      .to.be.revertedWithCustomError(m.registry, "TariffPrice")
      .withArgs(0, 200, 201);
  });

  it("has prices of its own in every slot, which a budget is held to", async function () {
    const m = await deploySharing(connection, RULES["mid-market rate"]);
    await m.fund(SUPPLIER, 1_000_000_000n);
    const period = (await m.periodNow()) + 10;
    const prices = [
      [100, 20],
      [300, 60],
      [200, 0],
      [150, 10],
    ] as const;
    await m.registry.connect(m.coordinator).publishTariff(m.community, period, supplyBytes(prices));
    await m.goTo(m.periodStart(period - 2));
    const [seller, buyer] = [await m.addHome(), await m.addHome()];
    await m.goTo(m.periodStart(period - 1));
    // Enough at what the last slot costs, but not at what the others do.
    await m.sharing.keepBudgets(m.community, [
      await m.signBudget({ home: seller, budget: 0n }),
      await m.signBudget({ home: buyer, budget: 1_600n * 150n }),
    ]);
    await m.join(period, [seller, buyer]);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period));
    const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    await m.goTo(m.periodStart(period + 1));
    const items = await itemsOf(m, registers, period, [
      [seller, prices.map(() => [0, 500] as const)],
      [buyer, prices.map(() => [400, 0] as const)],
    ]);
    await goBehind(m, period, HOUR);
    // 400 Wh at 100, 300 and 200 base units at most are the budget: those of the last slot stay at the retailer.
    await expect(m.sharing.meterAndSettle(m.community, period, items))
      .to.emit(m.sharing, "BudgetReached")
      .withArgs(m.community, buyer.member, period, 400n);
    const inside = 400n * (60n + 180n + 100n);
    expect(FUNDS - FEE - (await freeOf(m, buyer.member))).to.equal(inside + 400n * 150n);
    const outside = 100n * (20n + 60n + 0n) + 500n * 10n;
    expect(FUNDS - FEE - (await freeOf(m, seller.member))).to.equal(-inside - outside);
    await expectSolvent(m);
  });

  it("takes a member that was enrolled within a period from the next one on", async function () {
    const { m, homes, period } = await community(RULES["mid-market rate"]);
    const now = period + 1;
    const late = await m.addHome();
    await m.sharing.keepBudgets(m.community, [await m.signBudget({ home: late })]);
    await expect(m.join(now + 1, [...homes, late]))
      .to.emit(m.sharing, "Skipped")
      .withArgs(m.community, late.member, now + 1, ShareSkip.NotActive);
    expect((await m.sharing.roundOf(m.community, now + 1)).joined).to.equal(3n);
    await m.goTo(m.periodStart(now + 1));
    await m.join(now + 2, [...homes, late]);
    expect((await m.sharing.roundOf(m.community, now + 2)).joined).to.equal(4n);
  });

  it("names a member that is not enrolled yet, and lets the others join", async function () {
    const { m, homes, period } = await community(RULES["mid-market rate"]);
    const nobody = at(homes, 2).member + 1;
    const members = [...homes.map(({ member }) => member), nobody];
    await expect(m.sharing.join(m.community, period + 2, members))
      .to.emit(m.sharing, "Skipped")
      .withArgs(m.community, nobody, period + 2, ShareSkip.NoBudget);
    expect((await m.sharing.roundOf(m.community, period + 2)).joined).to.equal(3n);
  });
});
