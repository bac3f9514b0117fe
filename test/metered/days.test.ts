import { expect } from "chai";
import { supplyBytes } from "../helpers/desk.ts";
import { at } from "../helpers/lists.ts";
import { connect, flatTariff, type Connection, type HomeKeys } from "../helpers/market.ts";
import { deployMetered, type OrderInput } from "../helpers/metered.ts";
import { dueOf, expectSolvent, freeOf, goBehind, HOUR, Registers, valuesAt, type Values } from "../helpers/settling.ts";
import { itemsOf, ShareSkip } from "../helpers/sharing.ts";

const FUNDS = 100_000_000n;
const FEE = 2_000n;
const SUPPLIER = 3;
const IMPORT = 300;
const EXPORT = 50;

/** What a day costs with a supplier alone: the closed form. */
const retail = (values: Values) =>
  values.reduce((sum, [drawn, fed]) => {
    const net = drawn - fed;
    return sum + BigInt(net > 0 ? net * IMPORT : net * EXPORT);
  }, 0n);

describe("Days of a metered auction", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  type Limits = Pick<OrderInput, "buyTick" | "sellTick">;
  /** Everybody buys up to 200 base units and sells from 100. */
  const BOTH = [0, 1, 2].map((): Limits => ({ buyTick: 20, sellTick: 10 }));

  /** Three homes that joined a period; its readings can come. The supplier has `supplied`. */
  async function community(limits: readonly Limits[] = BOTH, supplied = 1_000_000_000n) {
    const m = await deployMetered(connection);
    if (supplied > 0n) await m.fund(SUPPLIER, supplied);
    const homes: HomeKeys[] = [];
    for (let i = 0; i < 3; i++) homes.push(await m.addHome());
    const orders = await Promise.all(homes.map(async (home, i) => await m.signOrder({ home, ...at(limits, i) })));
    await m.metered.keepOrders(m.community, orders);
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

  /** Settles a period and returns what each home was billed, without its settlement fee, and what slot 1 came to. */
  async function bills(days: readonly Values[], limits?: readonly Limits[], supplied?: bigint) {
    const w = await community(limits, supplied);
    const { m, homes, period, registers } = w;
    const items = await itemsOf(
      m,
      registers,
      period,
      homes.map((home, i) => [home, at(days, i)] as const),
    );
    await goBehind(m, period, HOUR);
    await m.metered.meterAndSettle(m.community, period, items);
    await expectSolvent(m);
    const billed: bigint[] = [];
    for (const home of homes) {
      billed.push(FUNDS - FEE - (await freeOf(m, home.member)) + (await dueOf(m, home.member)));
    }
    const { wh, price } = at(await m.clearedOf(period), 1);
    return { ...w, billed, wh, price };
  }

  it("without any supply everybody pays the retailer", async function () {
    const day = [valuesAt({ 1: [300, 0] }), valuesAt({ 1: [1_100, 0], 2: [7, 0] }), valuesAt({})];
    const { billed, wh } = await bills(day);
    expect(wh).to.equal(0n);
    expect(billed).to.deep.equal(day.map(retail));
  });

  it("without any demand everybody gets what the retailer pays", async function () {
    const day = [valuesAt({ 1: [0, 300] }), valuesAt({ 1: [0, 1_100], 2: [0, 7] }), valuesAt({})];
    const { billed, wh } = await bills(day);
    expect(wh).to.equal(0n);
    expect(billed).to.deep.equal(day.map(retail));
  });

  it("of buyers who offer less than sellers want leaves everybody with the retailer", async function () {
    const day = [valuesAt({ 1: [500, 0] }), valuesAt({ 1: [0, 500] }), valuesAt({})];
    const { billed, wh } = await bills(day, [{ buyTick: 9 }, { sellTick: 10 }, {}]);
    expect(wh).to.equal(0n);
    expect(billed).to.deep.equal(day.map(retail));
    // A tick more is a trade, at the only price that both accept.
    const met = await bills(day, [{ buyTick: 10 }, { sellTick: 10 }, {}]);
    expect([met.wh, met.price]).to.deep.equal([500n, 100n]);
    expect(met.billed).to.deep.equal([500n * 100n, -500n * 100n, 0n]);
  });

  it("a ratio of exactly 1 leaves nothing for the grid, and a Wh beside it only that Wh", async function () {
    const limits = [{ buyTick: 20 }, { buyTick: 20 }, { sellTick: 10 }];
    const day = (supply: number) => [
      valuesAt({ 1: [400, 0] }),
      valuesAt({ 1: [600, 0] }),
      valuesAt({ 1: [0, supply] }),
    ];
    const exact = await bills(day(1_000), limits);
    expect(exact.wh).to.equal(1_000n);
    expect(exact.billed).to.deep.equal([400n * exact.price, 600n * exact.price, -1_000n * exact.price]);
    const long = await bills(day(1_001), limits);
    expect(long.wh).to.equal(1_000n);
    expect(at(long.billed, 2)).to.equal(-1_000n * long.price - BigInt(EXPORT));
    const short = await bills(day(999), limits);
    expect(short.wh).to.equal(999n);
    expect(at(short.billed, 0) + at(short.billed, 1)).to.equal(999n * short.price + BigInt(IMPORT));
  });

  it("with a supplier without funds peers are paid in full, and the supplier owes the rest", async function () {
    // 4,000 Wh to spare: 1,000 are traded, the supplier should pay for 3,000.
    const day = [valuesAt({ 1: [1_000, 0] }), valuesAt({}), valuesAt({ 1: [0, 4_000] })];
    const { m, homes, billed, wh, price } = await bills(day, BOTH, 0n);
    expect(wh).to.equal(1_000n);
    const [paid, owed] = [1_000n * price, 3_000n * BigInt(EXPORT)];
    const seller = at(homes, 2).member;
    expect(billed).to.deep.equal([paid, 0n, -paid - owed]);
    expect([await dueOf(m, seller), await freeOf(m, seller)]).to.deep.equal([-owed, FUNDS - FEE + paid]);
    // Its next income goes to whom it owes.
    await m.fund(SUPPLIER, owed);
    await m.escrow.claimDue(m.community, seller);
    expect([await dueOf(m, seller), await freeOf(m, seller)]).to.deep.equal([0n, FUNDS - FEE + paid + owed]);
    await expectSolvent(m);
  });

  it("has no tariff with feed-in above retail", async function () {
    const m = await deployMetered(connection);
    const tariff = flatTariff(m.terms.slotsPerPeriod, 0, [{ importPrice: 300, exportPrice: 301 }]);
    const from = (await m.periodNow()) + 10;
    await expect(m.registry.connect(m.coordinator).publishTariff(m.community, from, tariff))
      .to.be.revertedWithCustomError(m.registry, "TariffPrice")
      .withArgs(0, 300, 301);
  });

  it("holds a seller to its budget in the slots whose export price is above its limit", async function () {
    const m = await deployMetered(connection);
    await m.fund(SUPPLIER, 1_000_000_000n);
    const period = (await m.periodNow()) + 10;
    const prices = [
      [300, 20],
      [300, 90],
      [300, 50],
      [300, 0],
    ] as const;
    await m.registry.connect(m.coordinator).publishTariff(m.community, period, supplyBytes(prices));
    await m.goTo(m.periodStart(period - 2));
    const [seller, buyer] = [await m.addHome(), await m.addHome()];
    await m.goTo(m.periodStart(period - 1));
    // What is sold at 40 base units loses 50 in slot 1 and 10 in slot 2, and nothing in the others.
    await m.metered.keepOrders(m.community, [
      await m.signOrder({ home: seller, sellTick: 4, budget: 400n * 50n + 100n * 10n }),
      await m.signOrder({ home: buyer, buyTick: 20 }),
    ]);
    await m.join(period, [seller, buyer]);
    const registers = new Registers(m);
    await m.goTo(m.periodStart(period));
    const quiet = [seller, buyer].map((home) => [home, valuesAt({})] as const);
    await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
    await m.goTo(m.periodStart(period + 1));
    const items = await itemsOf(m, registers, period, [
      [seller, prices.map(() => [0, 400] as const)],
      [buyer, prices.map(() => [500, 0] as const)],
    ]);
    await goBehind(m, period, HOUR);
    const call = m.metered.meterAndSettle(m.community, period, items);
    await expect(call).to.emit(m.metered, "BudgetReached").withArgs(m.community, seller.member, period, 300n);
    await expect(call).not.to.emit(m.settlement, "RecordsVoided");
    const traded = (await m.clearedOf(period)).map(({ wh }) => wh);
    expect(traded).to.deep.equal([400n, 400n, 100n, 400n]);
    await expectSolvent(m);
  });

  it("takes a member that was enrolled within a period from the next one on", async function () {
    const { m, homes, period } = await community();
    const now = period + 1;
    const late = await m.addHome();
    await m.metered.keepOrders(m.community, [await m.signOrder({ home: late, buyTick: 20 })]);
    await expect(m.join(now + 1, [...homes, late]))
      .to.emit(m.metered, "Skipped")
      .withArgs(m.community, late.member, now + 1, ShareSkip.NotActive);
    expect((await m.metered.roundOf(m.community, now + 1)).joined).to.equal(3n);
    await m.goTo(m.periodStart(now + 1));
    await m.join(now + 2, [...homes, late]);
    expect((await m.metered.roundOf(m.community, now + 2)).joined).to.equal(4n);
  });
});
