import { expect } from "chai";
import { connect, deployMarket, type Connection, type HomeKeys } from "../helpers/market.ts";
import { plugIn } from "../helpers/modules.ts";
import {
  HOUR,
  Registers,
  Skip,
  buy,
  dueOf,
  expectSolvent,
  freeOf,
  goBehind,
  hourly,
  metered,
  missing,
  post,
  sell,
  valuesAt,
} from "../helpers/settling.ts";

const FUNDS = 100_000_000n;

describe("A second market module plugs in without touching settlement", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** A community that has run for a while; then its coordinator adds bilateral trades. */
  async function market() {
    const { ethers } = connection;
    const m = await deployMarket(connection, { terms: hourly });
    await m.fund(3, 1_000_000_000n);
    const seller = await m.addHome();
    const buyer = await m.addHome();
    const third = await m.addHome();
    const toy = await ethers.deployContract("ToyBilateral", [m.registry, m.escrow]);
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    return { m, seller, buyer, third, toy, period };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(market);
  type World = Awaited<ReturnType<typeof market>>;

  async function agree({ m, toy, period }: World, seller: HomeKeys, buyer: HomeKeys, wh: number, price: number) {
    const { provider } = connection.ethers;
    const trade = { community: m.community, period, seller: seller.member, buyer: buyer.member, offset: 1, wh, price };
    const id = await toy.connect(seller.owner.connect(provider)).offer.staticCall(trade);
    await toy.connect(seller.owner.connect(provider)).offer(trade);
    await toy.connect(buyer.owner.connect(provider)).accept(id);
  }

  /** 1,000 Wh in the order book at 140 and 500 Wh between the two at 120, in the same slot. */
  async function tradeBoth(w: World) {
    const { m, seller, buyer, toy, period } = w;
    await plugIn(m, toy, [seller, buyer]);
    await post(m, period, [
      [seller, [sell(1, 10, 100)]],
      [buyer, [buy(1, 30, 100)]],
    ]);
    await agree(w, seller, buyer, 500, 120);
    await m.goTo(m.periodStart(period + 1));
  }

  it("lets a member enable it only after its supplier did", async function () {
    const { m, seller, toy } = await fixture();
    await m.registry.connect(m.coordinator).addModule(m.community, toy);
    const owner = seller.owner.connect(connection.ethers.provider);
    await expect(m.escrow.connect(owner).enableModule(m.community, seller.member, 1, true))
      .to.be.revertedWithCustomError(m.escrow, "SupplierRefusesModule")
      .withArgs(3, 1);
    await m.escrow.connect(m.supplier).enableModule(m.community, 3, 1, true);
    await m.escrow.connect(owner).enableModule(m.community, seller.member, 1, true);
    expect((await m.escrow.account(m.community, seller.member)).modules).to.equal(3n);
  });

  it("nets the trades of both modules against one meter", async function () {
    const w = await fixture();
    const { m, seller, buyer, period } = w;
    await tradeBoth(w);
    await m.clearPeriod(period);
    const registers = new Registers(m);
    await m.settlement.meterAndSettle(m.community, period, [
      // 1,600 Wh exported, 1,500 sold: 100 Wh are fed in at 80.
      await metered(m, seller, period, await registers.read(seller, period, valuesAt({ 1: [0, 1600] }))),
      // 1,700 Wh imported, 1,500 bought: 200 Wh at 300.
      await metered(m, buyer, period, await registers.read(buyer, period, valuesAt({ 1: [1700, 0] }))),
    ]);
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 140_000n + 60_000n + 8_000n - 2_000n);
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - 180_000n - 80_000n - 60_000n - 2_000n);
    expect(await freeOf(m, 1)).to.equal(1500n * 40n);
    const ledger = await m.settlement.ledger(m.community, period * 4 + 1);
    expect([...ledger]).to.deep.equal([1500n, 1500n, 1500n, 1700n, 1600n]);
    for (const module of [0, 1]) {
      expect([...(await m.escrow.pot(m.community, module, period))]).to.deep.equal([0n, 0n]);
    }
    await expectSolvent(m);
  });

  it("bills a seller that delivers to neither buyer at retail, as far as both reserves cover", async function () {
    const w = await fixture();
    const { m, seller, buyer, period } = w;
    await tradeBoth(w);
    await m.clearPeriod(period);
    // Everything that is not reserved leaves: the reserves alone must do.
    const owner = seller.owner.connect(connection.ethers.provider);
    await m.escrow.connect(owner).withdraw(m.community, seller.member, owner.address, await freeOf(m, seller.member));
    const registers = new Registers(m);
    await m.settlement.meterAndSettle(m.community, period, [
      await metered(m, seller, period, await registers.read(seller, period, valuesAt({}))),
      await metered(m, buyer, period, await registers.read(buyer, period, valuesAt({ 1: [1500, 0] }))),
    ]);
    expect(await dueOf(m, seller.member)).to.equal(0n);
    // Reserved: 1,000 Wh at 300 - 100 and 500 Wh at 300 - 120; received 200,000; paid 1,500 Wh at 300.
    expect(await freeOf(m, seller.member)).to.equal(200_000n + 90_000n + 200_000n - 450_000n);
    await expectSolvent(m);
  });

  it("estimates what was bought in both modules where it exceeds the default load", async function () {
    const w = await fixture();
    const { m, seller, buyer, period } = w;
    await tradeBoth(w);
    await m.clearPeriod(period);
    await goBehind(m, period, HOUR);
    await m.settlement.settleEstimated(m.community, period, [
      await missing(m, buyer, period),
      await missing(m, seller, period),
    ]);
    const slots = [0, 1, 2, 3].map((slot) => period * 4 + slot);
    const imported = await Promise.all(
      slots.map(async (slot) => (await m.settlement.ledger(m.community, slot)).imported),
    );
    expect(imported).to.deep.equal([500n, 1750n, 500n, 500n]);
    await expectSolvent(m);
  });

  it("waits until the module is ready, member by member", async function () {
    const w = await fixture();
    const { m, seller, buyer, toy, period } = w;
    await plugIn(m, toy, [seller, buyer]);
    await agree(w, seller, buyer, 500, 120);
    const bystander = await m.addHome();
    await toy.hold(period, true);
    await goBehind(m, period, HOUR);
    const items = [await missing(m, seller, period), await missing(m, buyer, period)];
    const held = m.settlement.settleEstimated(m.community, period, items);
    for (const home of [seller, buyer]) {
      await expect(held).to.emit(m.settlement, "ItemSkipped").withArgs(m.community, home.member, period, Skip.NotReady);
    }
    await expectSolvent(m);
    await toy.hold(period, false);
    await m.settlement.settleEstimated(m.community, period, items);
    expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([2n, 2n]);
    expect(await freeOf(m, bystander.member)).to.equal(FUNDS);
    await expectSolvent(m);
  });

  it("leaves the pot of the order book alone while the other module makes a member wait", async function () {
    const w = await fixture();
    const { m, seller, buyer, third, toy, period } = w;
    await tradeBoth(w);
    await toy.hold(period, true);
    await m.clearPeriod(period);
    await goBehind(m, period, HOUR);
    const before = await m.escrow.pot(m.community, 0, period);
    const others = [await missing(m, third, period)];
    const items = [await missing(m, buyer, period), await missing(m, seller, period)];
    // The third member settles in the same call, so that the pots are written.
    await m.settlement.settleEstimated(m.community, period, [...items, ...others]);
    expect((await m.escrow.journals(m.community, period)).settled).to.equal(1n);
    expect(await m.escrow.pot(m.community, 0, period)).to.deep.equal(before);
    await expectSolvent(m);
    await toy.hold(period, false);
    await m.settlement.settleEstimated(m.community, period, items);
    expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
    await expectSolvent(m);
  });

  it("pays peers in either order of settlement", async function () {
    const results = [];
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const w = await fixture();
      const { m, seller, buyer, period } = w;
      await tradeBoth(w);
      await m.clearPeriod(period);
      const registers = new Registers(m);
      const items = [
        await metered(m, seller, period, await registers.read(seller, period, valuesAt({ 1: [0, 1500] }))),
        await metered(m, buyer, period, await registers.read(buyer, period, valuesAt({ 1: [1500, 0] }))),
      ];
      for (const index of order) {
        await m.settlement.meterAndSettle(m.community, period, items.slice(index, index + 1));
        await expectSolvent(m);
      }
      results.push([await freeOf(m, seller.member), await freeOf(m, buyer.member)]);
    }
    expect(results[0]).to.deep.equal(results[1]);
  });
});
