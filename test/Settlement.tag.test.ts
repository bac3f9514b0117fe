import { expect } from "chai";
import { connect, deployMarket, encodeValues, flatValues, type Connection, type HomeKeys } from "./helpers/market.ts";
import { keysOf, membership } from "./helpers/membership.ts";
import { Registers, State, buy, evidence, expectSolvent, metered, missing, post, sell } from "./helpers/settling.ts";

const LENGTH = 300;
/** Periods after which the 20-bit tag of a journal comes round again: almost ten years of five minutes. */
const TURN = 2 ** 20;

describe("Rule 11: a journal of 2^20 periods ago does not show through", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** A ring of 16 entries, so that the new word lies where the old one does. Buyer and seller left in between. */
  async function world() {
    const terms = {
      slotDuration: LENGTH,
      slotsPerPeriod: 1,
      gateClosure: 60,
      horizon: 2,
      readingDeadline: LENGTH,
      correctionWindow: 2 * LENGTH,
      claimWindow: 12 * LENGTH,
      tariffNotice: 1,
    };
    const m = await deployMarket(connection, { terms });
    await m.fund(3, 1_000_000_000n);
    const seller = await m.addHome();
    const buyer = await m.addHome();
    const registers = new Registers(m);
    const read = async (home: HomeKeys, period: number, imported: number, exported: number) => {
      const reading = await registers.read(home, period, flatValues(1, imported, exported));
      return await m.settlement.meterAndSettle(m.community, period, [await metered(m, home, period, reading)]);
    };
    const old = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(old));
    await post(m, old + 1, [
      [seller, [sell(0, 10, 100)]],
      [buyer, [buy(0, 30, 100)]],
    ]);
    await m.registry.connect(m.coordinator).unbindMeter(m.community, buyer.member);
    await m.goTo(m.periodStart(old + 2));
    await m.clearPeriod(old + 1);
    await read(seller, old, 0, 0);
    await read(seller, old + 1, 0, 1000);
    for (const period of [old, old + 1, old + 2]) {
      await m.goTo(m.periodStart(period + 1));
      await read(buyer, period, period === old + 1 ? 1000 : 0, 0);
    }
    await m.registry.releaseMeter(m.community, buyer.member);
    const proof = await evidence(m, buyer, old + 1);
    await m.goTo(m.periodStart(old + TURN));
    return { m, buyer, registers, read, proof, period: old + 1 + TURN };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);

  /** The buyer returns, for the period that lies a turn behind its last trade. */
  async function comeBack() {
    const w = await fixture();
    const buyer = { ...w.buyer, meter: keysOf(1).meter };
    await membership(w.m).bind(buyer.member, buyer);
    w.registers.set(buyer, 0n, 0n);
    await w.m.goTo(w.m.periodStart(w.period));
    return { ...w, buyer };
  }

  it("in the journal of a member that returns", async function () {
    const { m, buyer, period } = await comeBack();
    expect([...(await m.escrow.journal(m.community, buyer.member, period))]).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
  });

  it("in its orders", async function () {
    const { m, buyer, period, read } = await comeBack();
    // Orders come in from the member's first period on, for the next one: the first slot's gate is closed by then.
    const next = period + 1;
    await post(m, next, [[buyer, [buy(0, 30, 100)]]]);
    expect((await m.escrow.journal(m.community, buyer.member, next)).records).to.equal(1n);
    expect([...(await m.escrow.journals(m.community, next))]).to.deep.equal([1n, 0n]);
    await m.goTo(m.periodStart(next + 1));
    await m.clearPeriod(next);
    await read(buyer, period, 0, 0);
    await read(buyer, next, 0, 0);
    expect([...(await m.escrow.journals(m.community, next))]).to.deep.equal([1n, 1n]);
    await expectSolvent(m);
  });

  it("in its readings", async function () {
    const { m, buyer, period, read } = await comeBack();
    await m.goTo(m.periodStart(period + 1));
    await expect(read(buyer, period, 100, 0)).not.to.emit(m.settlement, "ItemSkipped");
    expect((await m.settlement.meterState(m.community, buyer.member)).nextPeriod).to.equal(BigInt(period + 1));
  });

  it("in readings that are settled later", async function () {
    const { m, buyer, period, registers } = await comeBack();
    await m.goTo(m.periodStart(period + 1));
    const reading = await registers.read(buyer, period, flatValues(1, 100, 0));
    const item = { member: buyer.member, reading, records: [] };
    await expect(m.settlement.meter(m.community, period, [item])).not.to.emit(m.settlement, "ItemSkipped");
    expect((await m.escrow.journal(m.community, buyer.member, period)).state).to.equal(State.Metered);
  });

  it("in its estimates", async function () {
    const { m, buyer, period } = await comeBack();
    await m.goTo(m.periodStart(period + 2));
    const item = await missing(m, buyer, period);
    await expect(m.settlement.settleEstimated(m.community, period, [item])).not.to.emit(m.settlement, "ItemSkipped");
  });

  it("in claims: nobody gets energy of a period in which it was not there", async function () {
    const { m, buyer, proof, period, read } = await fixture();
    const homes = [await m.addHome(), await m.addHome()] as const;
    await m.goTo(m.periodStart(period));
    await post(m, period, [
      [homes[0], [sell(0, 10, 100)]],
      [homes[1], [buy(0, 30, 100)]],
    ]);
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    await read(homes[0], period, 0, 1000);
    await read(homes[1], period, 1000, 0);
    await m.goTo(m.periodStart(period + 3));
    const item = { member: buyer.member, ...proof, values: encodeValues([[1000, 0]]), gapLeg: 0n };
    const owner = buyer.owner.connect(connection.ethers.provider);
    await expect(m.settlement.connect(owner).claim(m.community, period, item, owner))
      .to.be.revertedWithCustomError(m.settlement, "NotClaimable")
      .withArgs(m.community, buyer.member, period);
  });
});
