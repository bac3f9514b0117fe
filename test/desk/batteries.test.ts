import { expect } from "chai";
import { Breach, deployDesk, dispatcherKey } from "../helpers/desk.ts";
import { connect, deployMarket, type Connection } from "../helpers/market.ts";
import { hourly } from "../helpers/settling.ts";

/** How far a sequence may rise at once. */
const STEP = 65_536;

describe("A battery mandate", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function world() {
    const m = await deployMarket(connection, { terms: hourly });
    const home = await m.addHome();
    const other = await m.addHome();
    return { m, d: await deployDesk(connection, m), home, other };
  }
  const fixture = async () => await connection.networkHelpers.loadFixture(world);
  type World = Awaited<ReturnType<typeof world>>;

  const revoke = async ({ m, d, home }: World, through: number, by = home.owner) =>
    await d.desk.connect(by.connect(connection.ethers.provider)).revokeMandate(m.community, home.member, through);

  it("is kept as its owner signed it, in one word", async function () {
    const { m, d, home } = await fixture();
    const word = [3_000n, 5_000n << 32n, 200n << 64n, 900n << 80n, 7n << 96n, 70n << 136n, 1n << 176n];
    const later = (await connection.networkHelpers.time.latest()) + 99;
    const packed = word.reduce((sum, field) => sum + field, 0n) + (BigInt(later - 70) << 136n);
    await expect(d.entrust(home, { validFrom: 7, validUntil: later }))
      .to.emit(d.desk, "MandateKept")
      .withArgs(m.community, home.member, dispatcherKey.address, packed);
    const kept = await d.desk.mandateOf(m.community, home.member);
    expect([...kept]).to.deep.equal([packed, dispatcherKey.address, 0n, 0n, home.owner.address]);
    expect(await d.desk.mandateDigest(m.community, d.mandate(home))).to.match(/^0x[0-9a-f]{64}$/);
  });

  it("is refused unless its member's owner signed it, in time, with limits that make sense", async function () {
    const { m, d, home, other } = await fixture();
    const paper = d.mandate(home);
    const forged = await d.sign("BatteryMandate", other.owner, paper);
    await expect(d.desk.keepMandate(m.community, paper, forged))
      .to.be.revertedWithCustomError(d.desk, "ConsentInvalid")
      .withArgs(home.owner.address);
    const now = await connection.networkHelpers.time.latest();
    await expect(d.entrust(home, { validUntil: now }))
      .to.be.revertedWithCustomError(d.desk, "ConsentExpired")
      .withArgs(now);
    for (const [fields, parameter, value] of [
      [{ maxSocPermille: 1_001 }, "maxSocPermille", 1_001],
      [{ minSocPermille: 901 }, "minSocPermille", 901],
      [{ validFrom: 9, validUntil: 9 }, "validUntil", 9],
      [{ dispatcher: `0x${"00".repeat(20)}` }, "dispatcher", 0],
    ] as const) {
      await expect(d.entrust(home, fields))
        .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
        .withArgs(parameter, value);
    }
    const nobody = { ...paper, member: 99 };
    await expect(d.desk.keepMandate(m.community, nobody, forged))
      .to.be.revertedWithCustomError(d.desk, "UnknownMember")
      .withArgs(m.community, 99);
  });

  it("is replaced by later ones, and revoked by its owner at once with those that nobody has sent", async function () {
    const w = await fixture();
    const { m, d, home, other } = w;
    await d.entrust(home, { sequence: 2 });
    await expect(d.entrust(home, { sequence: 2 }))
      .to.be.revertedWithCustomError(d.desk, "OldSequence")
      .withArgs(2, 2);
    for (const by of [other.owner, home.trading]) {
      await expect(revoke(w, 2, by))
        .to.be.revertedWithCustomError(d.desk, "NotOwner")
        .withArgs(m.community, home.member, by.address);
    }
    await expect(revoke(w, 1)).to.be.revertedWithCustomError(d.desk, "OldSequence").withArgs(1, 2);
    await expect(revoke(w, 5)).to.emit(d.desk, "MandateRevoked").withArgs(m.community, home.member, 5);
    const at = await connection.networkHelpers.time.latest();
    const { revokedAt, voidedThrough } = await d.desk.mandateOf(m.community, home.member);
    expect([revokedAt, voidedThrough]).to.deep.equal([BigInt(at), 5n]);
    await expect(d.entrust(home, { sequence: 5 }))
      .to.be.revertedWithCustomError(d.desk, "OldSequence")
      .withArgs(5, 5);
    await revoke(w, 6); // the moment of revocation stays
    expect((await d.desk.mandateOf(m.community, home.member)).revokedAt).to.equal(BigInt(at));
    await d.entrust(home, { sequence: 7 });
    expect((await d.desk.mandateOf(m.community, home.member)).revokedAt).to.equal(0n);
  });

  it("has a sequence close behind the latest: neither a slip nor an owner who leaves uses them up", async function () {
    const w = await fixture();
    const { d, home } = w;
    await expect(d.entrust(home, { sequence: STEP + 1 }))
      .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
      .withArgs("sequence", STEP + 1);
    await d.entrust(home, { sequence: STEP });
    await expect(revoke(w, 2 * STEP + 1))
      .to.be.revertedWithCustomError(d.desk, "OutOfBounds")
      .withArgs("sequence", 2 * STEP + 1);
    await revoke(w, STEP);
    await revoke(w, 2 * STEP);
    await d.entrust(home, { sequence: 3 * STEP });
  });

  describe("audits set-points: outside of it they are rejected, and can be put on record (N3)", function () {
    const outside = {
      "too much charging": [{ powerW: 3_001 }, Breach.OverPower],
      "too much discharging": [{ discharging: true, powerW: 5_001 }, Breach.OverPower],
      "a state of charge below": [{ minSocPermille: 199 }, Breach.OutsideSoc],
      "a state of charge above": [{ maxSocPermille: 901 }, Breach.OutsideSoc],
      "states of charge the wrong way round": [{ minSocPermille: 800, maxSocPermille: 300 }, Breach.OutsideSoc],
      "a start too early": [{ validFrom: 499 }, Breach.OutsideTime],
      "an end too late": [{ validUntil: 9_000_000_001 }, Breach.OutsideTime],
      "no time at all": [{ validFrom: 2_000 }, Breach.OutsideTime],
    } as const;
    const limits = { validFrom: 500, validUntil: 9_000_000_000 };

    for (const [what, [fields, breach]] of Object.entries(outside)) {
      it(`rejects ${what}`, async function () {
        const { m, d, home } = await fixture();
        await d.entrust(home, limits);
        const setPoint = await d.setPoint(home, fields);
        expect(await d.desk.auditSetPoint(m.community, setPoint)).to.equal(breach);
        await expect(d.desk.connect(m.stranger).reportSetPoint(m.community, setPoint))
          .to.emit(d.desk, "SetPointBreach")
          .withArgs(m.community, home.member, dispatcherKey.address, 1, breach);
      });
    }

    it("within its limits, to the watt and the permille, nothing is wrong", async function () {
      const { m, d, home } = await fixture();
      await d.entrust(home, limits);
      for (const fields of [
        {},
        { discharging: true, powerW: 5_000 },
        { powerW: 0, minSocPermille: 500, maxSocPermille: 500 },
        { validFrom: 500, validUntil: 9_000_000_000 },
      ]) {
        const setPoint = await d.setPoint(home, fields);
        expect(await d.desk.auditSetPoint(m.community, setPoint)).to.equal(Breach.None);
        await expect(d.desk.reportSetPoint(m.community, setPoint))
          .to.be.revertedWithCustomError(d.desk, "NoBreach")
          .withArgs(Breach.None);
      }
    });

    it("blames a dispatcher for nothing that it did not sign, or that is of another mandate", async function () {
      const { m, d, home, other } = await fixture();
      const audit = async (setPoint: Awaited<ReturnType<typeof d.setPoint>>, breach: bigint) => {
        expect(await d.desk.auditSetPoint(m.community, setPoint)).to.equal(breach);
        await expect(d.desk.reportSetPoint(m.community, setPoint))
          .to.be.revertedWithCustomError(d.desk, "NoBreach")
          .withArgs(breach);
      };
      const wild = { powerW: 9_999 };
      await audit(await d.setPoint(home, wild), Breach.NoMandate);
      await d.entrust(home, { ...limits, sequence: 1 });
      await audit(await d.setPoint(other, wild), Breach.NoMandate);
      await audit(await d.setPoint(home, wild, other.trading), Breach.BadSignature);
      await audit({ ...(await d.setPoint(home)), powerW: 9_999 }, Breach.BadSignature);
      await audit(await d.setPoint(home, { ...wild, mandate: 2 }), Breach.OtherMandate);
      await d.entrust(home, { ...limits, sequence: 2 });
      await audit(await d.setPoint(home, wild), Breach.OtherMandate);
      const owner = home.owner.connect(connection.ethers.provider);
      await m.registry.connect(owner).transferOwnership(m.community, home.member, m.stranger.address);
      await m.registry.connect(m.stranger).acceptOwnership(m.community, home.member);
      await audit(await d.setPoint(home, { ...wild, mandate: 2 }), Breach.NoMandate);
    });

    it("once it is revoked, what starts later is rejected", async function () {
      const w = await fixture();
      const { m, d, home } = w;
      await d.entrust(home);
      await revoke(w, 1);
      const at = await connection.networkHelpers.time.latest();
      const before = await d.setPoint(home, { validFrom: at - 1, validUntil: at + 900 });
      const after = await d.setPoint(home, { validFrom: at, validUntil: at + 900 });
      expect(await d.desk.auditSetPoint(m.community, before)).to.equal(Breach.None);
      expect(await d.desk.auditSetPoint(m.community, after)).to.equal(Breach.Revoked);
      await expect(d.desk.reportSetPoint(m.community, after)).to.emit(d.desk, "SetPointBreach");
      expect(await d.desk.setPointDigest(m.community, after)).to.match(/^0x[0-9a-f]{64}$/);
    });
  });
});
