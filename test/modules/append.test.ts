import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { connect, deployMarket, flatTariff, type Connection } from "../helpers/market.ts";
import { keysOf, membership } from "../helpers/membership.ts";
import { Act, answer, deployHostile, packHead, packRecord } from "../helpers/modules.ts";
import {
  Registers,
  State,
  buy,
  expectSolvent,
  hourly,
  metered,
  post,
  sell,
  stateOf,
  valuesAt,
} from "../helpers/settling.ts";

describe("Rule 1: a module appends only for members who enabled it, in open periods, from free balance", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function market() {
    const m = await deployMarket(connection, { terms: hourly });
    await m.fund(3, 1_000_000_000n);
    const outsider = await m.addHome({ deposit: 50_000_000n });
    const member = await m.addHome({ deposit: 50_000_000n });
    const { hostile, index, append } = await deployHostile(connection.ethers, m, [member]);
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    return { m, outsider, member, hostile, index, append, period };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(market);

  it("refuses a past period and one beyond the horizon", async function () {
    const { m, member, append, period } = await fixture();
    for (const closed of [period - 1, period - 9, period + 3, 0, 2 ** 32 - 1]) {
      await expect(append(member, closed, { reserve: 1n }))
        .to.be.revertedWithCustomError(m.escrow, "PeriodNotOpen")
        .withArgs(m.community, closed);
    }
    for (const open of [period, period + 1, period + 2]) await append(member, open, { reserve: 1n });
    await expectSolvent(m);
  });

  it("accepts a record in the last second of a period and refuses it in the next", async function () {
    const { m, member, append, period } = await fixture();
    const { time } = connection.networkHelpers;
    await time.setNextBlockTimestamp(m.periodStart(period + 1) - 1);
    await append(member, period, { reserve: 1n });
    await time.setNextBlockTimestamp(m.periodStart(period + 1));
    await expect(append(member, period, { reserve: 1n }))
      .to.be.revertedWithCustomError(m.escrow, "PeriodNotOpen")
      .withArgs(m.community, period);
  });

  it("refuses members who did not enable it or do not exist", async function () {
    const { m, outsider, append, period, index } = await fixture();
    await expect(append(outsider, period, { reserve: 1n }))
      .to.be.revertedWithCustomError(m.escrow, "ModuleNotEnabled")
      .withArgs(m.community, outsider.member, index);
    await expect(append({ ...outsider, member: 99 }, period, { reserve: 1n }))
      .to.be.revertedWithCustomError(m.escrow, "ModuleNotEnabled")
      .withArgs(m.community, 99, index);
    await expectSolvent(m);
  });

  it("refuses a member who switched the module off", async function () {
    const { m, member, append, period, index } = await fixture();
    await append(member, period, { reserve: 1n });
    const owner = member.owner.connect(connection.ethers.provider);
    await m.escrow.connect(owner).enableModule(m.community, member.member, index, false);
    await expect(append(member, period, { reserve: 1n }))
      .to.be.revertedWithCustomError(m.escrow, "ModuleNotEnabled")
      .withArgs(m.community, member.member, index);
  });

  it("refuses to speak for another module, or for none", async function () {
    const { m, member, append, hostile, period } = await fixture();
    for (const module of [0, 2, 15, 255]) {
      await expect(append(member, period, { module, reserve: 1n }))
        .to.be.revertedWithCustomError(m.escrow, "NotModule")
        .withArgs(m.community, module, await hostile.getAddress());
    }
  });

  it("refuses a caller who is no module", async function () {
    const { m, member, period } = await fixture();
    const record = packRecord({ member: member.member, head: packHead({}) });
    await expect(m.escrow.connect(m.stranger).append(m.community, period, 1, ZeroAddress, record))
      .to.be.revertedWithCustomError(m.escrow, "NotModule")
      .withArgs(m.community, 1, m.stranger.address);
  });

  it("refuses to reserve a unit more than is free", async function () {
    const { m, member, append, period } = await fixture();
    await expect(append(member, period, { reserve: 49_998_001n }))
      .to.be.revertedWithCustomError(m.escrow, "InsufficientFree")
      .withArgs(50_000_001n, 50_000_000n);
    await append(member, period, { reserve: 49_998_000n });
    await expect(append(member, period, { reserve: 1n }))
      .to.be.revertedWithCustomError(m.escrow, "InsufficientFree")
      .withArgs(1n, 0n);
    await expectSolvent(m);
  });

  it("cannot move the frontier of the order book", async function () {
    const { m, member, append, period } = await fixture();
    for (const frontier of [4, 255]) {
      await append(member, period, {}, "0x", frontier);
      expect((await m.escrow.journal(m.community, member.member, period)).frontier).to.equal(0n);
    }
    await post(m, period, [[member, [buy(1, 30, 1)]]]);
    await append(member, period, {}, "0x", 1);
    expect((await m.escrow.journal(m.community, member.member, period)).frontier).to.equal(2n);
  });

  it("cannot move the frontier back where it is the first module itself", async function () {
    const { m, hostile, period } = await fixture();
    const { registry, escrow, euro, coordinator, dso, feeCollector, supplier } = m;
    const services = { coordinator, dso, feeCollector };
    await registry.createCommunity(
      { ...m.terms, settlementFee: 0, paymentToken: euro, ...services },
      [supplier],
      [{ supplier: 0, defaultLoadWh: 250 }],
      [hostile],
      flatTariff(m.terms.slotsPerPeriod, 40, [{ importPrice: 300, exportPrice: 80 }]),
    );
    const community = m.community + 1;
    const { enrol, bind } = membership({ ...m, community });
    const member = await enrol(keysOf(0));
    await bind(member, keysOf(0));
    await m.goTo(m.periodStart(period + 1));
    const append = async (frontier: number) =>
      await hostile.append(community, member, period + 1, packHead({ module: 0 }), "0x", frontier, 0, ZeroAddress);
    for (const [frontier, earlier] of [
      [2, 1],
      [2, 0],
      [255, 254],
    ] as const) {
      await append(frontier);
      await expect(append(earlier)).to.be.revertedWithCustomError(escrow, "FrontierBack").withArgs(frontier, earlier);
      expect((await escrow.journal(community, member, period + 1)).frontier).to.equal(BigInt(frontier));
    }
  });

  it("fills the journal of its own members only, up to its bounds", async function () {
    const { m, member, append, period, outsider } = await fixture();
    await append(member, period, { entries: 2048 });
    await expect(append(member, period, { entries: 1 }))
      .to.be.revertedWithCustomError(m.escrow, "JournalFull")
      .withArgs(m.community, member.member, period);
    for (let record = 1; record < 255; record++) await append(member, period, { entries: 0 });
    await expect(append(member, period, { entries: 0 }))
      .to.be.revertedWithCustomError(m.escrow, "JournalFull")
      .withArgs(m.community, member.member, period);
    await post(m, period, [[outsider, [sell(2, 3, 4)]]]);
    expect((await m.escrow.journal(m.community, outsider.member, period)).records).to.equal(1n);
  });

  it("settles a journal with 255 records and 2,048 entries under 2^23 gas, even when the module burns all it gets", async function () {
    const { m, member, append, hostile, period } = await fixture();
    await append(member, period, { entries: 2048, reserve: 100n });
    for (let record = 1; record < 255; record++) await append(member, period, { entries: 0, reserve: 1n });
    await hostile.set(member.member, Act.BurnGas, answer());
    await m.goTo(m.periodStart(period + 1));
    const reading = await new Registers(m).read(member, period, valuesAt({ 0: [10, 0] }));
    const sent = await m.settlement.meterAndSettle(m.community, period, [await metered(m, member, period, reading)]);
    const receipt = await sent.wait();
    expect(receipt?.gasUsed).to.be.lt(2n ** 23n);
    expect(await stateOf(m, member, period)).to.equal(State.Settled);
    await expectSolvent(m);
  });
});
