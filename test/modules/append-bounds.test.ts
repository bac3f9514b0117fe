import { expect } from "chai";
import { connect, deployMarket, type Connection } from "../helpers/market.ts";
import { Act, answer, deployHostile, packHead } from "../helpers/modules.ts";
import { Registers, State, hourly, metered, stateOf, valuesAt } from "../helpers/settling.ts";

describe("Rule 1: a module cannot open a journal that nobody can settle", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function market() {
    const m = await deployMarket(connection, { terms: hourly });
    await m.fund(3, 1_000_000_000n);
    const member = await m.addHome();
    const { hostile, index, append } = await deployHostile(connection.ethers, m, [member]);
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    return { m, member, hostile, index, append, period };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(market);

  it("for an account without a meter, though it enabled the module", async function () {
    const { m, member, append, period } = await fixture();
    const supplier = 3;
    await expect(append({ ...member, member: supplier }, period, {}))
      .to.be.revertedWithCustomError(m.escrow, "NotActive")
      .withArgs(m.community, supplier);
    expect([...(await m.escrow.journals(m.community, period))]).to.deep.equal([0n, 0n]);
  });

  it("for a member whose meter is not read yet", async function () {
    const { m, append, period, index } = await fixture();
    const late = await m.addHome();
    const owner = late.owner.connect(connection.ethers.provider);
    await m.escrow.connect(owner).enableModule(m.community, late.member, index, true);
    await expect(append(late, period, {}))
      .to.be.revertedWithCustomError(m.escrow, "NotActive")
      .withArgs(m.community, late.member);
    await m.goTo(m.periodStart(period + 1));
    await append(late, period + 1, {});
  });

  it("for a member above its credit line, until it has paid", async function () {
    const { m, member, append, period } = await fixture();
    const { escrow, community } = m;
    const supplier = escrow.connect(m.supplier);
    await supplier.setCreditLine(community, member.member, 300n);
    await m.goTo(m.periodStart(period + 1));
    const registers = new Registers(m);
    const reading = await registers.read(member, period, valuesAt({ 0: [1, 0] }));
    await m.settlement.meterAndSettle(community, period, [await metered(m, member, period, reading)]);
    expect((await escrow.debt(community, member.member)).due).to.equal(300n);
    await append(member, period + 1, {});
    await supplier.setCreditLine(community, member.member, 299n);
    await expect(append(member, period + 1, {}))
      .to.be.revertedWithCustomError(escrow, "InDebt")
      .withArgs(community, member.member);
    await supplier.markPaid(community, member.member, 1n);
    await append(member, period + 1, {});
  });

  it("for a member whose meter leaves, nor for one who stopped trading", async function () {
    const { m, member, append, period } = await fixture();
    const owner = member.owner.connect(connection.ethers.provider);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    await m.registry.connect(owner).unbindMeter(m.community, member.member);
    await append(member, period + 2, {});
    await m.goTo(m.periodStart(period + 1));
    await expect(append(member, period + 3, {}))
      .to.be.revertedWithCustomError(m.escrow, "NotActive")
      .withArgs(m.community, member.member);
    await snapshot.restore();
    await m.registry.connect(owner).setTrading(m.community, member.member, false);
    await expect(append(member, period, {}))
      .to.be.revertedWithCustomError(m.escrow, "NotActive")
      .withArgs(m.community, member.member);
  });

  it("with a payload that no call can hold", async function () {
    const { m, member, hostile, append, period } = await fixture();
    const { community } = m;
    for (const [entries, size] of [
      [0, 65],
      [1, 81],
      [2048, 32_833],
      [1, 65_535],
    ] as const) {
      await expect(hostile.appendBulky(community, member.member, period, packHead({ entries }), size))
        .to.be.revertedWithCustomError(m.escrow, "PayloadTooLong")
        .withArgs(size);
    }
    await hostile.appendBulky(community, member.member, period, packHead({ entries: 2048 }), 32_832);
    for (let record = 1; record < 255; record++) {
      await append(member, period, { entries: 0 }, `0x${"ff".repeat(64)}`);
    }
    await hostile.set(member.member, Act.Answer, answer());
    await m.goTo(m.periodStart(period + 1));
    const reading = await new Registers(m).read(member, period, valuesAt({}));
    const items = [await metered(m, member, period, reading)];
    const receipt = await (await m.settlement.meterAndSettle(community, period, items)).wait();
    expect(receipt?.gasUsed).to.be.lt(2n ** 23n);
    expect(await stateOf(m, member, period)).to.equal(State.Settled);
  });
});
