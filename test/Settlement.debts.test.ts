import { expect } from "chai";
import { connect, type Connection, postArguments } from "./helpers/market.ts";
import { estimate, hours, settleBoth, settleMetered, trade, type Hour } from "./helpers/hours.ts";
import { HOUR, buy, dueOf, expectSolvent, freeOf, goBehind, post, sell, valuesAt } from "./helpers/settling.ts";
import { DSO, FUNDS, SUPPLIER, SUPPLIER_FUNDS } from "./helpers/worlds.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

describe("A member that cannot pay owes its supplier", function () {
  /** The buyer has nothing but a debt of 300,000 from a period that it did not trade in. */
  async function indebted() {
    const w = await hour();
    const { m, buyer, period } = w;
    const owner = buyer.owner.connect(w.provider);
    await m.escrow.connect(owner).withdraw(m.community, buyer.member, owner.address, FUNDS);
    await goBehind(m, period, HOUR);
    await estimate(w, period, buyer);
    expect(await dueOf(m, buyer.member)).to.equal(300_000n);
    return w;
  }

  it("which blocks its orders above the credit line, and nothing else", async function () {
    const w = await indebted();
    const { m, buyer, seller } = w;
    const period = await m.periodNow();
    await m.escrow.connect(m.supplier).setCreditLine(m.community, buyer.member, 299_999n);
    const strip = await m.signStrip({ home: buyer, period: period + 1, entries: [buy(1, 30, 1)], maxReserve: 0n });
    const inDebt = 9;
    await expect(m.auction.post(...postArguments(m.community, period + 1, [strip])))
      .to.emit(m.auction, "StripSkipped")
      .withArgs(m.community, buyer.member, period + 1, 0, inDebt);
    await expect(m.auction.connect(buyer.trading.connect(w.provider)).place(m.community, period + 1, strip))
      .to.be.revertedWithCustomError(m.auction, "StripRefused")
      .withArgs(inDebt);
    await post(m, period + 1, [[seller, [sell(1, 10, 1)]]]);
    // Exactly at the line it may trade.
    await m.escrow.connect(m.supplier).setCreditLine(m.community, buyer.member, 300_000n);
    await m.fund(buyer.member, 20_300_000n);
    expect(await dueOf(m, buyer.member)).to.equal(0n);
    await post(m, period + 1, [[buyer, [buy(1, 30, 1)]]]);
    expect((await m.escrow.journal(m.community, buyer.member, period + 1)).records).to.equal(1n);
  });

  it("and spends what comes in beyond the debt", async function () {
    const w = await indebted();
    const { m, buyer } = w;
    const period = (await m.periodNow()) + 1;
    await m.escrow.connect(m.supplier).setCreditLine(m.community, buyer.member, 300_000n);
    // Money that comes in pays the debt first, so a poor member trades with what comes in beyond it.
    await m.fund(buyer.member, 100_000n);
    expect(await dueOf(m, buyer.member)).to.equal(200_000n);
    expect(await freeOf(m, buyer.member)).to.equal(0n);
    await m.fund(buyer.member, 230_000n);
    expect([await dueOf(m, buyer.member), await freeOf(m, buyer.member)]).to.deep.equal([0n, 30_000n]);
    const strip = await m.signStrip({ home: buyer, period, entries: [buy(1, 10, 1)], maxReserve: 30_000n });
    await m.auction.post(...postArguments(m.community, period, [strip]));
    expect((await m.escrow.journal(m.community, buyer.member, period)).records).to.equal(1n);
    await expectSolvent(m);
  });

  it("and a deposit, whoever makes it, pays the debt first", async function () {
    const w = await indebted();
    const { m, buyer } = w;
    const before = await freeOf(m, SUPPLIER);
    await m.fund(buyer.member, 299_999n);
    expect([await dueOf(m, buyer.member), await freeOf(m, buyer.member)]).to.deep.equal([1n, 0n]);
    await m.fund(buyer.member, 11n);
    expect([await dueOf(m, buyer.member), await freeOf(m, buyer.member)]).to.deep.equal([0n, 10n]);
    expect((await freeOf(m, SUPPLIER)) - before).to.equal(300_000n);
    await expectSolvent(m);
  });

  it("within its credit line it keeps its free balance and is billed off chain", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    await m.escrow.connect(m.supplier).setCreditLine(m.community, idle.member, 250_000n);
    await goBehind(m, period, HOUR);
    await estimate(w, period, idle);
    expect([await dueOf(m, idle.member), await freeOf(m, idle.member)]).to.deep.equal([250_000n, FUNDS - 50_000n]);
    await expect(m.escrow.connect(m.supplier).markPaid(m.community, idle.member, 250_001n))
      .to.be.revertedWithCustomError(m.escrow, "MoreThanDebt")
      .withArgs(250_001n, 250_000n);
    await expect(m.escrow.connect(idle.owner.connect(w.provider)).markPaid(m.community, idle.member, 1n))
      .to.be.revertedWithCustomError(m.escrow, "NotSupplier")
      .withArgs(m.community, idle.member, idle.owner.address);
    await m.escrow.connect(m.supplier).markPaid(m.community, idle.member, 249_000n);
    expect(await dueOf(m, idle.member)).to.equal(1_000n);
    await expectSolvent(m);
  });

  it("and its next export is netted with the debt before any money moves", async function () {
    const w = await indebted();
    const { m, buyer, period, registers } = w;
    registers.set(buyer, 1000n, 0n);
    await m.goTo(m.periodStart(period + 2));
    const funds = await freeOf(m, SUPPLIER);
    // 2,000 Wh at 80: 160,000 of the 300,000.
    const reading = await registers.read(buyer, period + 1, valuesAt({ 0: [0, 2000] }), { closesGap: true });
    await settleMetered(w, buyer, period + 1, reading);
    expect([await dueOf(m, buyer.member), await freeOf(m, buyer.member)]).to.deep.equal([140_000n, 0n]);
    await m.goTo(m.periodStart(period + 3));
    await settleMetered(w, buyer, period + 2, await registers.read(buyer, period + 2, valuesAt({ 0: [0, 2000] })));
    expect([await dueOf(m, buyer.member), await freeOf(m, buyer.member)]).to.deep.equal([0n, 20_000n]);
    expect(funds - (await freeOf(m, SUPPLIER))).to.equal(20_000n);
    await expectSolvent(m);
  });
});

describe("A supplier that has run dry owes its members", function () {
  /** The seller fed in 2,000 Wh at 80, and the supplier had 60,000. */
  async function dry() {
    const w = await hour();
    const { m, seller, period, registers } = w;
    await m.escrow.connect(m.supplier).withdraw(m.community, SUPPLIER, m.supplier.address, SUPPLIER_FUNDS - 60_000n);
    await m.goTo(m.periodStart(period + 1));
    await settleMetered(w, seller, period, await registers.read(seller, period, valuesAt({ 0: [0, 2000] })));
    return w;
  }
  const fundOf = async ({ m }: Hour) => [...(await m.escrow.dueFund(m.community, SUPPLIER))];

  it("what its free balance did not cover", async function () {
    const w = await dry();
    const { m, seller } = w;
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 60_000n);
    expect(await dueOf(m, seller.member)).to.equal(-100_000n);
    expect(await fundOf(w)).to.deep.equal([0n, 100_000n]);
    expect(await m.escrow.claimDue.staticCall(m.community, seller.member)).to.equal(0n);
    await expectSolvent(m);
  });

  it("and its next credits fill the due fund before anything becomes free; members pull from it", async function () {
    const w = await dry();
    const { m, seller, idle, period, registers } = w;
    await settleMetered(w, idle, period, await registers.read(idle, period, valuesAt({ 0: [200, 0] })));
    expect(await fundOf(w)).to.deep.equal([60_000n, 100_000n]);
    expect(await freeOf(m, SUPPLIER)).to.equal(0n);
    await expect(m.escrow.connect(m.stranger).claimDue(m.community, seller.member))
      .to.emit(m.escrow, "DebtReduced")
      .withArgs(m.community, seller.member, 60_000n, -40_000n);
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 120_000n);
    await m.fund(SUPPLIER, 50_000n);
    expect(await fundOf(w)).to.deep.equal([40_000n, 40_000n]);
    expect(await freeOf(m, SUPPLIER)).to.equal(10_000n);
    await m.escrow.claimDue(m.community, seller.member);
    expect([await dueOf(m, seller.member), await freeOf(m, seller.member)]).to.deep.equal([0n, FUNDS + 160_000n]);
    expect(await fundOf(w)).to.deep.equal([0n, 0n]);
    await expectSolvent(m);
  });

  it("which its creditor may mark as paid, and nobody else", async function () {
    const w = await dry();
    const { m, seller } = w;
    await expect(m.escrow.connect(m.supplier).markPaid(m.community, seller.member, 1n))
      .to.be.revertedWithCustomError(m.escrow, "NotOwner")
      .withArgs(m.community, seller.member, m.supplier.address);
    const owner = seller.owner.connect(w.provider);
    await expect(m.escrow.connect(owner).markPaid(m.community, seller.member, 100_001n))
      .to.be.revertedWithCustomError(m.escrow, "MoreThanDebt")
      .withArgs(100_001n, -100_000n);
    await m.fund(SUPPLIER, 30_000n);
    await m.escrow.connect(owner).markPaid(m.community, seller.member, 90_000n);
    // 10,000 are still owed; what the fund held beyond became free.
    expect(await fundOf(w)).to.deep.equal([10_000n, 10_000n]);
    expect(await freeOf(m, SUPPLIER)).to.equal(20_000n);
    await expectSolvent(m);
  });

  it("and nets it with what they owe next", async function () {
    const w = await dry();
    const { m, seller, period, registers } = w;
    await m.fund(SUPPLIER, 70_000n);
    await m.goTo(m.periodStart(period + 2));
    // 400 Wh at 300 against a claim of 100,000: the claim is gone, the fund is free, 20,000 are paid.
    await settleMetered(w, seller, period + 1, await registers.read(seller, period + 1, valuesAt({ 1: [400, 0] })));
    expect(await dueOf(m, seller.member)).to.equal(0n);
    expect(await fundOf(w)).to.deep.equal([0n, 0n]);
    expect(await freeOf(m, SUPPLIER)).to.equal(90_000n);
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 60_000n - 20_000n);
    await expectSolvent(m);
  });

  it("and never delays what peers pay", async function () {
    const w = await hour();
    const { m, seller, buyer } = w;
    await m.escrow.connect(m.supplier).withdraw(m.community, SUPPLIER, m.supplier.address, SUPPLIER_FUNDS);
    await trade(w);
    await settleBoth(w, valuesAt({ 1: [0, 1600] }), valuesAt({ 1: [900, 0] }));
    expect(await freeOf(m, seller.member)).to.equal(FUNDS + 138_000n);
    expect(await freeOf(m, buyer.member)).to.equal(FUNDS - 182_000n);
    expect(await freeOf(m, DSO)).to.equal(40_000n);
    expect([await dueOf(m, seller.member), await dueOf(m, buyer.member)]).to.deep.equal([-48_000n, -8_000n]);
    await expectSolvent(m);
  });
});
