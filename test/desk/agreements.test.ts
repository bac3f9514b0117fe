import { expect } from "chai";
import { deployDesk, TERMS_HASH } from "../helpers/desk.ts";
import { connect, deployMarket, flatValues, key, NEVER, type Connection } from "../helpers/market.ts";
import { hourly, metered, Registers, Skip, valuesAt } from "../helpers/settling.ts";

describe("A member agreement (N4)", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function world() {
    const m = await deployMarket(connection, { terms: hourly });
    const home = await m.addHome();
    const other = await m.addHome();
    const d = await deployDesk(connection, m);
    return { m, d, home, other };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);

  it("is kept with both signatures, whoever sends it, and counts from its period on", async function () {
    const { m, d, home, other } = await fixture();
    const from = (await m.periodNow()) + 2;
    await expect(d.agree(home, { fromPeriod: from }))
      .to.emit(d.desk, "AgreementKept")
      .withArgs(m.community, home.member, home.owner.address, TERMS_HASH, from, 1);
    const kept = await d.desk.agreementOf(m.community, home.member);
    expect([...kept]).to.deep.equal([TERMS_HASH, home.owner.address, BigInt(from), 2n ** 32n - 1n, 1n]);
    const agreed = async (member: number, period: number) => await d.desk.isAgreed(m.community, member, period);
    expect(await agreed(home.member, from - 1)).to.equal(false);
    expect(await agreed(home.member, from)).to.equal(true);
    expect(await agreed(home.member, 2 ** 32 - 2)).to.equal(true);
    expect(await agreed(other.member, from)).to.equal(false);
    expect(await d.desk.agreementDigest(m.community, d.agreement(home))).to.match(/^0x[0-9a-f]{64}$/);
  });

  it("is refused without both signatures, after its deadline, and for nobody", async function () {
    const { m, d, home, other } = await fixture();
    const paper = d.agreement(home);
    const of = async (signer: Parameters<typeof d.sign>[1], fields = paper) =>
      await d.sign("MembershipAgreement", signer, fields);
    const keep = async (mine: string, theirs: string, fields = paper) =>
      await d.desk.keepAgreement(m.community, fields, mine, theirs);
    await expect(keep(await of(other.owner), await of(m.coordinator)))
      .to.be.revertedWithCustomError(d.desk, "ConsentInvalid")
      .withArgs(home.owner.address);
    await expect(keep(await of(home.owner), await of(m.stranger)))
      .to.be.revertedWithCustomError(d.desk, "ConsentInvalid")
      .withArgs(m.coordinator.address);
    // Signed for another community, nothing counts.
    const elsewhere = await d.sign("MembershipAgreement", home.owner, { ...paper, community: m.community + 1 });
    await expect(keep(elsewhere, await of(m.coordinator))).to.be.revertedWithCustomError(d.desk, "ConsentInvalid");
    const late = { ...paper, deadline: m.periodStart(await m.periodNow()) };
    await expect(keep(await of(home.owner, late), await of(m.coordinator, late), late))
      .to.be.revertedWithCustomError(d.desk, "ConsentExpired")
      .withArgs(late.deadline);
    const blank = { ...paper, termsHash: `0x${"00".repeat(32)}` };
    await expect(keep(await of(home.owner, blank), await of(m.coordinator, blank), blank))
      .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
      .withArgs("termsHash", 0);
    for (const nobody of [3, 99]) {
      const forNobody = { ...paper, member: nobody };
      await expect(keep(await of(m.supplier, forNobody), await of(m.coordinator, forNobody), forNobody))
        .to.be.revertedWithCustomError(d.desk, "UnknownMember")
        .withArgs(m.community, nobody);
    }
    await expect(d.desk.keepAgreement(m.community + 1, paper, "0x", "0x"))
      .to.be.revertedWithCustomError(m.registry, "UnknownCommunity")
      .withArgs(m.community + 1);
  });

  it("is taken up to the second of its deadline", async function () {
    const { d, home } = await fixture();
    const { time } = connection.networkHelpers;
    const deadline = (await time.latest()) + 50;
    await time.setNextBlockTimestamp(deadline);
    await expect(d.agree(home, { deadline })).to.emit(d.desk, "AgreementKept");
    await time.setNextBlockTimestamp(deadline + 1);
    await expect(d.agree(home, { sequence: 2, deadline }))
      .to.be.revertedWithCustomError(d.desk, "ConsentExpired")
      .withArgs(deadline);
  });

  it("is replaced by later ones alone, and ended by either side from the next period on", async function () {
    const { m, d, home } = await fixture();
    const owner = home.owner.connect(connection.ethers.provider);
    const end = async (by: Parameters<typeof d.desk.connect>[0]) =>
      await d.desk.connect(by).endAgreement(m.community, home.member);
    await expect(end(m.coordinator))
      .to.be.revertedWithCustomError(d.desk, "NoAgreement")
      .withArgs(m.community, home.member);
    const furthest = 65_536;
    await expect(d.agree(home, { sequence: furthest + 1 }))
      .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
      .withArgs("sequence", furthest + 1);
    await d.agree(home, { sequence: 4 });
    for (const sequence of [1, 4]) {
      await expect(d.agree(home, { sequence }))
        .to.be.revertedWithCustomError(d.desk, "OldSequence")
        .withArgs(sequence, 4);
    }
    await expect(end(m.stranger))
      .to.be.revertedWithCustomError(d.desk, "NotOwnerOrCoordinator")
      .withArgs(m.community, home.member, m.stranger.address);
    const now = await m.periodNow();
    await expect(end(owner))
      .to.emit(d.desk, "AgreementEnded")
      .withArgs(m.community, home.member, now + 1);
    expect(await d.desk.isAgreed(m.community, home.member, now)).to.equal(true);
    expect(await d.desk.isAgreed(m.community, home.member, now + 1)).to.equal(false);
    await expect(end(m.coordinator)).to.be.revertedWithCustomError(d.desk, "NoAgreement");
    await d.agree(home, { sequence: 5 });
    await end(m.coordinator);
    await expect(d.agree(home, { sequence: 5 })).to.be.revertedWithCustomError(d.desk, "OldSequence");
  });

  it("does not count for a new owner", async function () {
    const { m, d, home } = await fixture();
    await d.agree(home);
    const owner = home.owner.connect(connection.ethers.provider);
    await m.registry.connect(owner).transferOwnership(m.community, home.member, m.stranger.address);
    expect(await d.desk.isAgreed(m.community, home.member, 9)).to.equal(true);
    await m.registry.connect(m.stranger).acceptOwnership(m.community, home.member);
    expect(await d.desk.isAgreed(m.community, home.member, 9)).to.equal(false);
  });

  it("takes wallets that are contracts", async function () {
    const { m, d } = await fixture();
    const wallet = await connection.ethers.deployContract("MockWallet", [key(70).address]);
    const home = await m.addHome();
    const owner = home.owner.connect(connection.ethers.provider);
    await m.registry.connect(owner).transferOwnership(m.community, home.member, wallet);
    const accept = m.registry.interface.encodeFunctionData("acceptOwnership", [m.community, home.member]);
    await wallet.execute(m.registry, accept);
    await d.agree({ ...home, owner: key(70) });
    expect(await d.desk.isAgreed(m.community, home.member, 9)).to.equal(true);
  });

  it("has no say in who is settled: the registry has, and settlement refuses non-members (N4)", async function () {
    const { m, d, home, other } = await fixture();
    await d.agree(home);
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period + 1));
    const registers = new Registers(m);
    const values = valuesAt({ 1: [250, 0] });
    const items = [];
    for (const member of [home, other]) {
      items.push(await metered(m, member, period, await registers.read(member, period, values)));
    }
    // Somebody who signs a reading without being enrolled; a service member, which has an account and no meter.
    const outside = { member: 99, owner: key(71), trading: key(72), meter: key(73) };
    for (const member of [99, 3]) {
      const stranger = { ...outside, member };
      const reading = await m.signReading({ home: stranger, period, values: flatValues(4, 250, 0) });
      items.push({ member, reading, records: [] });
    }
    const settled = await m.settlement.meterAndSettle(m.community, period, items);
    for (const member of [99, 3]) {
      await expect(settled).to.emit(m.settlement, "ItemSkipped").withArgs(m.community, member, period, Skip.NoMeter);
    }
    expect(await m.escrow.journals(m.community, period)).to.deep.equal([2n, 2n]);
    const { imported } = await m.settlement.ledger(m.community, period * 4 + 1);
    expect(imported).to.equal(500n);
    expect(d.agreement(home).deadline).to.equal(NEVER);
  });
});
