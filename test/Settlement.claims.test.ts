import { expect } from "chai";
import { connect, encodeValues, type Connection } from "./helpers/market.ts";
import { asTraded, balanceOf, claimOf, supplyOf, tradedDay, type Counted } from "./helpers/claims.ts";
import { correct, estimate, hours, settleMetered, type Hour } from "./helpers/hours.ts";
import { Act, answer, deployHostile, packed, traded, unpacked } from "./helpers/modules.ts";
import { HOUR, State, expectSolvent, goBehind, stateOf, valuesAt, type Values } from "./helpers/settling.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});
const { hour } = hours(() => connection);

type Role = "seller" | "buyer" | "idle";
const ROLES: readonly Role[] = ["seller", "buyer", "idle"];

/** A settled day, three hours after its end: final. */
async function finalDay(counted: Counted = asTraded) {
  const w = await hour();
  await tradedDay(w, counted);
  await goBehind(w.m, w.period, 3 * HOUR);
  return w;
}
const claim = async (w: Hour, role: Role, values: Values | undefined, to?: string) => {
  const owner = w[role].owner.connect(w.provider);
  const item = await claimOf(w, w[role], values);
  return await w.m.settlement.connect(owner).claim(w.m.community, w.period, item, to ?? owner.address);
};

describe("Rule 10: a Wh counts once", function () {
  /** Deliveries in slot 1 and slot 2, and the tokens of the two buyers. */
  const cases: readonly (readonly [number, number, bigint, bigint])[] = [
    [1000, 70, 670n, 400n],
    [700, 70, 420n + 70n, 280n],
    [701, 69, 420n + 69n, 280n],
    [999, 0, 599n, 399n],
    [1, 1, 0n + 1n, 0n],
    [2, 0, 1n, 0n],
    [0, 0, 0n, 0n],
    [1500, 100, 670n, 400n],
    [1001, 71, 670n, 400n],
  ];
  for (const [first, second, forBuyer, forIdle] of cases) {
    it(`shares out ${first} of 1,000 Wh delivered, and ${second} of 70, rounded down`, async function () {
      const delivered = valuesAt({ 1: [0, first], 2: [0, second] });
      const w = await finalDay({ ...asTraded, seller: delivered });
      const { m, period } = w;
      await expect(claim(w, "buyer", asTraded.buyer))
        .to.emit(m.settlement, "Claimed")
        .withArgs(m.community, w.buyer.member, period, w.buyer.owner.address, forBuyer, 0n);
      await claim(w, "idle", asTraded.idle);
      await claim(w, "seller", delivered);
      expect(await balanceOf(w, w.buyer.owner.address, 0, 0)).to.equal(forBuyer);
      expect(await balanceOf(w, w.idle.owner.address, 0, 0)).to.equal(forIdle);
      // What was exported beyond what was sold carries the seller's zone and source.
      const unsold = BigInt(Math.max(0, first - 1000) + Math.max(0, second - 70));
      expect(await supplyOf(w, 7, 1)).to.equal(unsold);
      expect(await supplyOf(w, 0, 0)).to.be.lte(BigInt(Math.min(first, 1000) + Math.min(second, 70)));
    });
  }

  it("gives nothing for what an estimated seller may have delivered, and counts it when its reading comes late", async function () {
    for (const late of [false, true]) {
      const w = await hour();
      const { m, period, seller, registers } = w;
      await tradedDay(w, { buyer: asTraded.buyer, idle: asTraded.idle });
      if (late) {
        await correct(w, seller, period, await registers.read(seller, period, asTraded.seller));
      }
      await goBehind(m, period, 3 * HOUR);
      await claim(w, "buyer", asTraded.buyer);
      await claim(w, "seller", late ? asTraded.seller : undefined);
      expect(await supplyOf(w, 0, 0)).to.equal(late ? 670n : 0n);
    }
  });

  it("lets a buyer without a reading claim what was delivered", async function () {
    const w = await finalDay({ seller: asTraded.seller, idle: asTraded.idle });
    await claim(w, "buyer", undefined);
    expect(await balanceOf(w, w.buyer.owner.address, 0, 0)).to.equal(670n);
  });

  it("gives a member that did not trade the tokens of what it fed in", async function () {
    const w = await hour();
    const { m, idle, period } = w;
    const values = valuesAt({ 0: [10, 5], 3: [0, 40] });
    await m.goTo(m.periodStart(period + 1));
    await settleMetered(w, idle, period, await w.registers.read(idle, period, values));
    await goBehind(m, period, 3 * HOUR);
    await claim(w, "idle", values);
    expect(await balanceOf(w, idle.owner.address, 7, 1)).to.equal(45n);
    expect(await supplyOf(w, 0, 0)).to.equal(0n);
  });

  it("stays within what was delivered when another module makes up purchases", async function () {
    const w = await hour();
    const { m, period, idle, seller, buyer, registers } = w;
    const crook = await m.addHome();
    await m.goTo(m.periodStart(period + 1));
    for (const home of [seller, buyer, idle]) {
      await settleMetered(w, home, period, await registers.read(home, period, valuesAt({})));
    }
    const { hostile, append } = await deployHostile(connection.ethers, m, [crook]);
    const next = { ...w, period: period + 1 };
    await append(crook, next.period, { buyWh: 10_000n, reserve: 1_000_000n });
    await hostile.set(crook.member, Act.Answer, answer({ position: [0n, traded(9_000n, 0n), 0n, 0n] }));
    await tradedDay(next, asTraded);
    await settleMetered(next, crook, next.period, await registers.read(crook, next.period, valuesAt({})));
    await goBehind(m, next.period, 3 * HOUR);
    for (const role of ROLES) await claim(next, role, asTraded[role]);
    await claim({ ...next, buyer: crook }, "buyer", valuesAt({}));
    // 1,000 Wh delivered on 10,000 Wh bought: a tenth each.
    expect(await balanceOf(next, buyer.owner.address, 0, 0)).to.equal(60n + 70n);
    expect(await balanceOf(next, crook.owner.address, 0, 0)).to.equal(900n);
    expect(await supplyOf(next, 0, 0)).to.be.lte(1070n);
  });
});

describe("Rule 10: energy that another module sold and nobody bought", function () {
  it("makes nobody's tokens for bought energy more than the Wh it bought", async function () {
    const w = await hour();
    const { m, period, idle, seller, buyer, registers } = w;
    const crook = await m.addHome();
    await m.goTo(m.periodStart(period + 1));
    for (const home of [seller, buyer, idle]) {
      await settleMetered(w, home, period, await registers.read(home, period, valuesAt({})));
    }
    const { hostile, append } = await deployHostile(connection.ethers, m, [crook]);
    const next = { ...w, period: period + 1 };
    await append(crook, next.period, { sellWh: 10_000n, reserve: 3_000_000n });
    await hostile.set(crook.member, Act.Answer, answer({ position: [0n, traded(0n, 3_000n), 0n, 0n] }));
    await tradedDay(next, asTraded);
    const fed = valuesAt({ 1: [0, 2000] });
    await settleMetered(next, crook, next.period, await registers.read(crook, next.period, fed));
    await goBehind(m, next.period, 3 * HOUR);
    for (const role of ROLES) await claim(next, role, asTraded[role]);
    await claim({ ...next, buyer: crook }, "buyer", fed);
    // 3,000 Wh delivered of 4,000 Wh sold, and 1,000 Wh bought: three quarters of what each bought.
    expect(await balanceOf(next, buyer.owner.address, 0, 0)).to.equal(450n + 70n);
    expect(await balanceOf(next, idle.owner.address, 0, 0)).to.equal(300n);
    expect(await supplyOf(next, 7, 1)).to.equal(0n);
  });
});

describe("A claim", function () {
  it("is made once", async function () {
    const w = await finalDay();
    await claim(w, "buyer", asTraded.buyer);
    expect(await stateOf(w.m, w.buyer, w.period)).to.equal(State.Claimed);
    await expect(claim(w, "buyer", asTraded.buyer))
      .to.be.revertedWithCustomError(w.m.settlement, "NotClaimable")
      .withArgs(w.m.community, w.buyer.member, w.period);
    expect(await supplyOf(w, 0, 0)).to.equal(670n);
  });

  it("is its owner's alone", async function () {
    const w = await finalDay();
    const { m, buyer, period } = w;
    const item = await claimOf(w, buyer, asTraded.buyer);
    for (const signer of [m.coordinator, m.supplier, m.stranger, buyer.trading, buyer.meter, w.seller.owner]) {
      const caller = signer.connect(w.provider);
      const sender = await caller.getAddress();
      await connection.networkHelpers.setBalance(sender, 10n ** 20n);
      await expect(m.settlement.connect(caller).claim(m.community, period, item, sender))
        .to.be.revertedWithCustomError(m.settlement, "NotOwner")
        .withArgs(m.community, buyer.member, sender);
    }
  });

  it("waits for the second in which the correction window is over", async function () {
    const w = await hour();
    await tradedDay(w, asTraded);
    const item = await claimOf(w, w.buyer, asTraded.buyer);
    const owner = w.buyer.owner.connect(w.provider);
    const send = async () => await w.m.settlement.connect(owner).claim(w.m.community, w.period, item, owner.address);
    await w.exactly(w.period, 3 * HOUR - 1);
    await expect(send()).to.be.revertedWithCustomError(w.m.settlement, "NotFinal").withArgs(w.m.community, w.period);
    await w.exactly(w.period, 3 * HOUR);
    await send();
    expect(await supplyOf(w, 0, 0)).to.equal(670n);
  });

  it("comes too late in the second in which the claim window ends", async function () {
    const w = await finalDay();
    const item = await claimOf(w, w.buyer, asTraded.buyer);
    const owner = w.buyer.owner.connect(w.provider);
    const send = async () => await w.m.settlement.connect(owner).claim(w.m.community, w.period, item, owner.address);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    await w.exactly(w.period, 5 * HOUR - 1);
    await send();
    await snapshot.restore();
    await w.exactly(w.period, 5 * HOUR);
    await expect(send())
      .to.be.revertedWithCustomError(w.m.settlement, "ClaimWindowOver")
      .withArgs(w.m.community, w.period);
  });

  it("waits until every journal of the period is settled", async function () {
    const w = await hour();
    const { m, seller, buyer, idle, period } = w;
    await tradedDay(w, { ...asTraded });
    // A fourth home whose meter was read, but which nobody settled.
    const values = valuesAt({ 0: [1, 0] });
    const next = { ...w, period: period + 1 };
    await m.goTo(m.periodStart(period + 2));
    for (const home of [seller, buyer]) {
      await settleMetered(next, home, period + 1, await w.registers.read(home, period + 1, values));
    }
    const reading = await w.registers.read(idle, period + 1, values);
    await m.settlement.meter(m.community, period + 1, [{ member: idle.member, reading, records: [] }]);
    await goBehind(m, period + 1, 3 * HOUR);
    await expect(claim(next, "seller", values))
      .to.be.revertedWithCustomError(m.settlement, "NotFinal")
      .withArgs(m.community, period + 1);
    const item = { member: idle.member, values: encodeValues(values), gapLeg: 0n, records: [] };
    await m.settlement.settle(m.community, period + 1, [item]);
    await claim(next, "seller", values);
    expect(await stateOf(m, seller, period + 1)).to.equal(State.Claimed);
  });

  it("needs a period that was settled at all", async function () {
    const w = await hour();
    await goBehind(w.m, w.period, 3 * HOUR);
    await expect(claim(w, "idle", valuesAt({})))
      .to.be.revertedWithCustomError(w.m.settlement, "NotFinal")
      .withArgs(w.m.community, w.period);
    await estimate(w, w.period, w.buyer);
    await expect(claim(w, "idle", valuesAt({})))
      .to.be.revertedWithCustomError(w.m.settlement, "NotClaimable")
      .withArgs(w.m.community, w.idle.member, w.period);
  });

  it("needs the evidence to the last bit", async function () {
    const w = await finalDay();
    const { m, buyer, period } = w;
    const owner = buyer.owner.connect(w.provider);
    const item = await claimOf(w, buyer, asTraded.buyer);
    const more = packed(unpacked(item.position).map((wh, slot) => (slot === 1 ? wh + traded(1n, 0n) : wh)));
    const wrong = [
      { ...item, position: more },
      { ...item, position: item.position.slice(0, -16) },
      { ...item, position: `${item.position}${"00".repeat(8)}` },
      { ...item, position: "0x" },
      { ...item, values: encodeValues(valuesAt({ 1: [600, 9], 2: [70, 0] })) },
      { ...item, values: `${item.values}00` },
      { ...item, journal: item.journal + 1n },
      { ...item, gapLeg: 1n },
      { ...item, gapLeg: -1n },
    ];
    for (const bad of wrong) {
      await expect(m.settlement.connect(owner).claim(m.community, period, bad, owner.address))
        .to.be.revertedWithCustomError(m.settlement, "EvidenceMismatch")
        .withArgs(m.community, buyer.member, period);
    }
    // A reading is no estimate, and the other way round.
    await expect(m.settlement.connect(owner).claim(m.community, period, { ...item, values: "0x" }, owner.address))
      .to.be.revertedWithCustomError(m.settlement, "NotClaimable")
      .withArgs(m.community, buyer.member, period);
    await m.settlement.connect(owner).claim(m.community, period, item, owner.address);
    expect(await supplyOf(w, 0, 0)).to.equal(670n);
  });

  it("may go to any address but zero", async function () {
    const w = await finalDay();
    await expect(claim(w, "buyer", asTraded.buyer, `0x${"0".repeat(40)}`))
      .to.be.revertedWithCustomError(w.m.energyToken, "ERC1155InvalidReceiver")
      .withArgs(`0x${"0".repeat(40)}`);
    await claim(w, "buyer", asTraded.buyer, w.m.stranger.address);
    expect(await balanceOf(w, w.m.stranger.address, 0, 0)).to.equal(670n);
    await expectSolvent(w.m);
  });

  it("is the new owner's after a handover", async function () {
    const w = await finalDay();
    const { m, buyer, seller } = w;
    await m.registry
      .connect(buyer.owner.connect(w.provider))
      .transferOwnership(m.community, buyer.member, seller.owner.address);
    await m.registry.connect(seller.owner.connect(w.provider)).acceptOwnership(m.community, buyer.member);
    await expect(claim(w, "buyer", asTraded.buyer))
      .to.be.revertedWithCustomError(m.settlement, "NotOwner")
      .withArgs(m.community, buyer.member, buyer.owner.address);
    await claim({ ...w, buyer: { ...buyer, owner: seller.owner } }, "buyer", asTraded.buyer);
    expect(await balanceOf(w, seller.owner.address, 0, 0)).to.equal(670n);
  });
});

describe("Energy tokens", function () {
  it("are gone for good when retired, with their purpose on record", async function () {
    const w = await finalDay();
    const { m, buyer, period } = w;
    await claim(w, "buyer", asTraded.buyer);
    const owner = buyer.owner.connect(w.provider);
    const id = await m.energyToken.idOf(m.community, period, 0, 0);
    await expect(m.energyToken.connect(owner).retire(id, 600n, m.stranger.address, "warm water"))
      .to.emit(m.energyToken, "Retired")
      .withArgs(owner.address, id, 600n, m.stranger.address, "warm water");
    expect(await supplyOf(w, 0, 0)).to.equal(70n);
    await expect(m.energyToken.connect(owner).retire(id, 71n, owner.address, ""))
      .to.be.revertedWithCustomError(m.energyToken, "ERC1155InsufficientBalance")
      .withArgs(owner.address, 70n, 71n, id);
    await expect(m.energyToken.connect(m.stranger).retire(id, 1n, owner.address, ""))
      .to.be.revertedWithCustomError(m.energyToken, "ERC1155InsufficientBalance")
      .withArgs(m.stranger.address, 0n, 1n, id);
  });

  it("are minted by settlement alone", async function () {
    const w = await hour();
    await expect(w.m.energyToken.connect(w.m.coordinator).mint(w.m.coordinator.address, [1n], [1n]))
      .to.be.revertedWithCustomError(w.m.energyToken, "NotSettlement")
      .withArgs(w.m.coordinator.address);
  });
});
