import { expect } from "chai";
import { anyValue } from "@nomicfoundation/hardhat-ethers-chai-matchers/withArgs";
import { connect, type Connection, type Entry } from "./helpers/market.ts";
import { at } from "./helpers/lists.ts";
import { hours, settleBoth, settleMetered, trade, type Hour } from "./helpers/hours.ts";
import {
  books,
  buy,
  dueOf,
  evidence,
  expectSolvent,
  freeOf,
  metered,
  post,
  sell,
  valuesAt,
  type Values,
} from "./helpers/settling.ts";
import { DSO, FUNDS, SUPPLIER, SUPPLIER_FUNDS } from "./helpers/worlds.ts";
import { tradeOf, unpacked } from "./helpers/modules.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

/** Money, and what is owed: a debt is the creditor's. */
async function wealth({ m }: Hour) {
  const { accounts, fees } = await books(m);
  const dues = accounts.reduce((sum, { due }) => sum + due, 0n);
  const own = accounts.map(({ member, free, reserved, fund, due }) => ({
    member,
    amount: free + reserved + fund - due + (member === SUPPLIER ? dues : 0n),
  }));
  return { own, fees };
}

describe("Rule 3: money balances, to the base unit", function () {
  /** [seller's reading, buyer's reading, seller's grid leg, buyer's grid leg] */
  const cases: readonly (readonly [string, Values, Values, bigint, bigint])[] = [
    ["everything is as traded", valuesAt({ 1: [0, 1000] }), valuesAt({ 1: [1000, 0] }), 0n, 0n],
    ["the seller delivers nothing", valuesAt({}), valuesAt({ 1: [1000, 0] }), 300_000n, 0n],
    ["the seller delivers too much", valuesAt({ 1: [0, 1500] }), valuesAt({ 1: [1000, 0] }), -40_000n, 0n],
    ["the buyer takes nothing", valuesAt({ 1: [0, 1000] }), valuesAt({}), 0n, -80_000n],
    ["the buyer takes more", valuesAt({ 1: [0, 1000] }), valuesAt({ 1: [1001, 0] }), 0n, 300n],
    ["neither is there", valuesAt({}), valuesAt({}), 300_000n, -80_000n],
    ["both are on the wrong side", valuesAt({ 1: [700, 0] }), valuesAt({ 1: [0, 600] }), 510_000n, -128_000n],
    ["it was delivered in another slot", valuesAt({ 2: [0, 1000] }), valuesAt({ 0: [1000, 0] }), 220_000n, 220_000n],
  ];
  for (const [what, sold, bought, sellerLeg, buyerLeg] of cases) {
    it(`when ${what}`, async function () {
      const w = await hour();
      const { m, seller, buyer, period } = w;
      const before = await wealth(w);
      await trade(w);
      await settleBoth(w, sold, bought);
      const after = await wealth(w);
      const changes = after.own.map(({ member, amount }, index) => [
        member,
        amount - (before.own[index]?.amount ?? 0n),
      ]);
      expect(new Map(changes as [number, bigint][])).to.deep.equal(
        new Map([
          [0, 0n],
          [DSO, 40_000n],
          [2, 0n],
          [SUPPLIER, sellerLeg + buyerLeg],
          [seller.member, 140_000n - 2_000n - sellerLeg],
          [buyer.member, -180_000n - 2_000n - buyerLeg],
          [6, 0n],
        ]),
      );
      expect(after.fees - before.fees).to.equal(4_000n);
      expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
      await expectSolvent(m);
    });
  }

  it("in every batch on the way, in any order", async function () {
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      const w = await hour();
      const { m, seller, buyer, period, registers } = w;
      await trade(w);
      const items = [
        await metered(m, seller, period, await registers.read(seller, period, valuesAt({ 1: [0, 900] }))),
        await metered(m, buyer, period, await registers.read(buyer, period, valuesAt({ 1: [1000, 0] }))),
      ];
      const [first, second] = order.map((index) => items.slice(index, index + 1));
      await m.settlement.meterAndSettle(m.community, period, first ?? []);
      // Half settled: what the buyer paid waits in the pot, or what the seller got is missing there.
      expect((await m.escrow.pot(m.community, 0, period)).amount).to.equal(order[0] === 0 ? -140_000n : 140_000n);
      await expectSolvent(m);
      await m.settlement.meterAndSettle(m.community, period, second ?? []);
      expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
      await expectSolvent(m);
    }
  });

  it("pays the settlement fee to whoever settles, once per member with records", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period, registers } = w;
    await trade(w);
    const item = async (home: typeof seller) =>
      await metered(m, home, period, await registers.read(home, period, valuesAt({})));
    await m.settlement.connect(m.stranger).meterAndSettle(m.community, period, [await item(seller), await item(idle)]);
    await m.settlement.connect(m.dso).meterAndSettle(m.community, period, [await item(buyer)]);
    expect(await m.escrow.fees(m.euro, m.stranger.address)).to.equal(2_000n);
    expect(await m.escrow.fees(m.euro, m.dso.address)).to.equal(2_000n);
    await m.escrow.connect(m.stranger).withdrawFees(m.euro, m.coordinator.address);
    expect(await m.euro.balanceOf(m.coordinator)).to.equal(2_000n);
    expect(await m.escrow.fees(m.euro, m.stranger.address)).to.equal(0n);
    await expectSolvent(m);
  });

  it("names every part of a leg in its event", async function () {
    const w = await hour();
    const { m, buyer, period, registers } = w;
    await trade(w);
    const reading = await registers.read(buyer, period, valuesAt({ 1: [1100, 0] }));
    await expect(settleMetered(w, buyer, period, reading))
      .to.emit(m.escrow, "Settled")
      .withArgs(m.community, buyer.member, period, 140_000n, 0n, 40_000n, 2_000n, 30_000n, 0n);
  });
});

describe("Rule 4: peers are never exposed; what is unsecured is a member's own import", function () {
  it("pays the seller in full when the buyer has withdrawn all that was free", async function () {
    const w = await hour();
    const { m, seller, buyer, period } = w;
    await trade(w);
    await m.escrow
      .connect(buyer.owner.connect(w.provider))
      .withdraw(m.community, buyer.member, buyer.owner.address, await freeOf(m, buyer.member));
    await settleBoth(w, valuesAt({ 1: [0, 1000] }), valuesAt({ 1: [1500, 0] }));
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 138_000n);
    // Reserved 220,000 and the fee; 180,000 went to the peer and the network, 40,000 to the grid leg of 150,000.
    expect(await freeOf(m, buyer.member)).to.equal(0n);
    expect(await dueOf(m, buyer.member)).to.equal(110_000n);
    expect(await freeOf(m, SUPPLIER)).to.equal(SUPPLIER_FUNDS + 40_000n);
    expect((await m.escrow.journals(m.community, period)).settled).to.equal(2n);
    await expectSolvent(m);
  });

  it("covers a seller that delivers nothing out of its reserve and its receipts", async function () {
    const w = await hour();
    const { m, seller } = w;
    await trade(w);
    await m.escrow
      .connect(seller.owner.connect(w.provider))
      .withdraw(m.community, seller.member, seller.owner.address, await freeOf(m, seller.member));
    await settleBoth(w, valuesAt({}), valuesAt({ 1: [1000, 0] }));
    expect(await dueOf(m, seller.member)).to.equal(0n);
    // Reserved 300 - 100 per Wh, sold at 140, replaced at 300.
    expect(await freeOf(m, seller.member)).to.equal(40_000n);
  });

  it("charges a buyer never more than its limit, and pays a seller never less, whatever the others order", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period, registers } = w;
    const entries = {
      seller: [sell(1, 5, 40), sell(1, 12, 40), sell(2, 20, 100)],
      buyer: [buy(1, 9, 50), buy(1, 14, 30), buy(2, 19, 10), buy(2, 22, 33)],
      idle: [buy(1, 13, 25), sell(2, 18, 40)],
    };
    await post(m, period, [
      [seller, entries.seller],
      [buyer, entries.buyer],
      [idle, entries.idle],
    ]);
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    const price = (tick: number) => BigInt(60 + 4 * tick);
    const volume = (own: readonly Entry[], slot: number, side: string, clears: (limit: bigint) => boolean) =>
      own
        .filter((entry) => entry.slot === slot && entry.side === side && clears(price(entry.tick)))
        .reduce((sum, { lots }) => sum + BigInt(lots) * 10n, 0n);
    for (const [home, own] of [
      [seller, entries.seller],
      [buyer, entries.buyer],
      [idle, entries.idle],
    ] as const) {
      const { position } = await evidence(m, home, period);
      let pays = 0n;
      let gets = 0n;
      let energy = 0n;
      for (const slot of [1, 2]) {
        const { bought, sold } = tradeOf(at(unpacked(position), slot));
        const cleared = (await m.resultAt(period * 4 + slot)).price;
        // Only orders whose limit allows the price are filled.
        expect(bought).to.be.lte(volume(own, slot, "buy", (limit) => limit >= cleared));
        expect(sold).to.be.lte(volume(own, slot, "sell", (limit) => limit <= cleared));
        pays += bought * cleared;
        gets += sold * cleared;
        energy += bought;
      }
      const reading = await registers.read(home, period, valuesAt({}));
      await expect(settleMetered(w, home, period, reading))
        .to.emit(m.escrow, "Settled")
        .withArgs(m.community, home.member, period, pays, gets, energy * 40n, 2_000n, anyValue, 0n);
    }
    expect([...(await m.escrow.pot(m.community, 0, period))]).to.deep.equal([0n, 0n]);
    await expectSolvent(m);
  });
});
