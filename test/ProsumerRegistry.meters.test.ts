import { expect } from "chai";
import { ZeroAddress } from "ethers";
import {
  connect,
  CONSENT_TYPES,
  deployMarket,
  flatValues,
  key,
  type Connection,
  type Market,
} from "./helpers/market.ts";
import { bindingOf, keysOf, membership, STATUS, unpackMember } from "./helpers/membership.ts";

const BOUND = 1n;
const FRESH = 2n;

describe("ProsumerRegistry: meters and their keys", function () {
  let connection: Connection;
  const build = async () => {
    const market = await deployMarket(connection);
    return { ...market, ...membership(market) };
  };
  let m: Market & ReturnType<typeof membership>;
  const keys = keysOf(0);
  let member: number;
  let now: number;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    m = await connection.networkHelpers.loadFixture(build);
    member = await m.enrol(keys);
    now = await m.periodNow();
  });

  const statusOf = async () => unpackMember(await m.registry.memberFor(m.community, member, 0)).status;
  const keyOf = async () => (await m.registry.meterFor(m.community, member, 0)).meterKey;
  /** What settlement looks at agrees with what the registry says at length, for every period around `now`. */
  const expectSameReading = async () => {
    const at = await m.periodNow();
    for (let period = at - 2; period <= at + 4; period++) {
      const short = await m.registry.readingOf(m.community, member, period);
      const long = await m.registry.meterFor(m.community, member, period);
      expect(short.meterKey).to.equal(long.meterKey);
      const of = (word: bigint) => {
        const { buyCap, sellCap, tariffClass, status } = unpackMember(word);
        return { buyCap, sellCap, tariffClass, metered: status & STATUS.metered };
      };
      expect(of(short.word)).to.deep.equal(of(long.word));
    }
  };
  const asOwner = async () => {
    await connection.networkHelpers.setBalance(keys.owner.address, 10n ** 18n);
    return m.registry.connect(await connection.ethers.getImpersonatedSigner(keys.owner.address));
  };
  const nextPeriod = async () => {
    await m.goTo(m.periodStart((await m.periodNow()) + 1));
  };
  /** Reads every period from `from` to `to`, which are over, without any energy. */
  const read = async (from: number, to: number) => {
    for (let period = from; period <= to; period++) {
      const reading = await m.signReading({ home: { member, ...keys }, period, values: flatValues(96, 0, 0) });
      const call = m.settlement.meterAndSettle(m.community, period, [{ member, reading, records: [] }]);
      await expect(call).to.emit(m.settlement, "Metered");
    }
  };

  describe("binding", function () {
    it("counts from the next period on, with the registers that the owner signed", async function () {
      const most = 2n ** 96n - 1n;
      const call = m.bind(member, keys, { startImport: most, startExport: 7n });
      await expect(call)
        .to.emit(m.registry, "MeterBound")
        .withArgs(m.community, member, keys.meter.address, most, 7n, now + 1);
      await expect(call)
        .to.emit(m.registry, "MeterKeyChanged")
        .withArgs(m.community, member, keys.meter.address, now + 1);
      expect(await m.settlement.meterState(m.community, member)).to.deep.equal([
        BigInt(now + 1),
        most,
        7n,
        BOUND | FRESH,
        BigInt(now + 1),
      ]);
      expect(await statusOf()).to.equal(STATUS.enrolled);
      expect(await keyOf()).to.equal(ZeroAddress);
      await connection.networkHelpers.time.increaseTo(m.periodStart(now + 1) - 1);
      expect(await statusOf()).to.equal(STATUS.enrolled);
      await nextPeriod();
      expect(await statusOf()).to.equal(STATUS.enrolled | STATUS.metered);
      expect(await keyOf()).to.equal(keys.meter.address);
    });

    it("needs the owner's consent: replayed, forged, expired or for something else it is none", async function () {
      const b = bindingOf(keys.meter.address);
      const good = await m.signBinding("MeterBinding", member, b, keys.owner, keys.meter);
      const refuse = async (consent: string) => {
        await expect(m.asCoordinator.bindMeter(m.community, member, b, consent, good[1]))
          .to.be.revertedWithCustomError(m.registry, "ConsentInvalid")
          .withArgs(keys.owner.address);
      };
      await refuse(good[1]);
      for (const other of [
        { community: 1 },
        { member: member + 1 },
        { nonce: 0 },
        { startImport: 1n },
        { startExport: 1n },
      ]) {
        await refuse(await m.sign("MeterBinding", keys.owner, { member, ...b, ...other }));
      }
      const past = { ...b, deadline: (await connection.networkHelpers.time.latest()) - 1 };
      const late = await m.signBinding("MeterBinding", member, past, keys.owner, keys.meter);
      await expect(m.asCoordinator.bindMeter(m.community, member, past, ...late))
        .to.be.revertedWithCustomError(m.registry, "ConsentExpired")
        .withArgs(past.deadline);
      await m.asCoordinator.bindMeter(m.community, member, b, ...good);
    });

    it("needs the meter key's own signature: nobody claims another's key", async function () {
      const b = bindingOf(keys.meter.address);
      const [consent] = await m.signBinding("MeterBinding", member, b, keys.owner, keys.meter);
      const proofs = [
        consent,
        "0x",
        await m.sign("MeterBinding", keys.meter, { member: member + 1, ...b }, keys.owner.address),
        await m.sign("MeterBinding", keys.meter, { member, ...b, nonce: 0 }, keys.owner.address),
        await keys.meter.signTypedData(
          { ...m.domains.registry, chainId: 1n },
          { MeterBinding: CONSENT_TYPES.MeterBinding },
          { community: m.community, member, nonce: 1, ...b },
        ),
      ];
      for (const proof of proofs) {
        await expect(m.asCoordinator.bindMeter(m.community, member, b, consent, proof))
          .to.be.revertedWithCustomError(m.registry, "MeterProofInvalid")
          .withArgs(keys.meter.address);
      }
    });

    it("takes no zero key, though every broken proof recovers to it", async function () {
      const b = bindingOf(ZeroAddress);
      const consent = await m.sign("MeterBinding", keys.owner, { member, ...b });
      await expect(m.asCoordinator.bindMeter(m.community, member, b, consent, "0x"))
        .to.be.revertedWithCustomError(m.registry, "MeterProofInvalid")
        .withArgs(ZeroAddress);
    });

    it("takes no contract for a key: a wallet's answer is no proof", async function () {
      const wallet = await connection.ethers.deployContract("MockWallet", [keys.meter.address]);
      const b = bindingOf(await wallet.getAddress());
      const [consent, proof] = await m.signBinding("MeterBinding", member, b, keys.owner, keys.meter);
      await expect(m.asCoordinator.bindMeter(m.community, member, b, consent, proof))
        .to.be.revertedWithCustomError(m.registry, "MeterProofInvalid")
        .withArgs(b.meterKey);
    });

    it("happens once: a bound meter is unbound and released first, bound in this period or before", async function () {
      await m.bind(member, keys);
      const again = async () => await m.bind(member, { ...keys, meter: key(900) });
      const bound = async () => {
        await expect(again())
          .to.be.revertedWithCustomError(m.registry, "MeterStillBound")
          .withArgs(m.community, member);
      };
      await bound();
      await nextPeriod();
      await bound();
      await (await asOwner()).unbindMeter(m.community, member);
      await bound();
      await nextPeriod();
      await bound();
    });

    it("is for enrolled members: services have no meter", async function () {
      for (const index of [0, 3, 99]) {
        const b = bindingOf(keys.meter.address);
        const signatures = await m.signBinding("MeterBinding", index, b, keys.owner, keys.meter);
        await expect(m.asCoordinator.bindMeter(m.community, index, b, ...signatures))
          .to.be.revertedWithCustomError(m.registry, "UnknownMember")
          .withArgs(m.community, index);
      }
    });
  });

  describe("a meter key is unique per deployment (rule 10)", function () {
    it("also across members, communities, and after it was revoked, rotated or released", async function () {
      const { registry, community } = m;
      await m.bind(member, keys);
      const other = keysOf(1);
      const second = await m.enrol(other);
      const taken = async (index: number, owner: typeof other, meter: typeof keys.meter) => {
        await expect(m.bind(index, { ...owner, meter }))
          .to.be.revertedWithCustomError(registry, "MeterKeyTaken")
          .withArgs(meter.address);
      };
      await taken(second, other, keys.meter);
      await m.rotateMeterKey(member, keys.owner, key(901));
      await taken(second, other, keys.meter);
      await taken(second, other, key(901));
      await registry.connect(m.coordinator).revokeMeterKey(community, member);
      await taken(second, other, key(901));
      await (await asOwner()).revokeMeterKey(community, member);
      await taken(second, other, key(901));
      await expect(m.rotateMeterKey(member, keys.owner, keys.meter))
        .to.be.revertedWithCustomError(registry, "MeterKeyTaken")
        .withArgs(keys.meter.address);
    });

    it("in another community of the same registry", async function () {
      await m.bind(member, keys);
      const { registry, coordinator } = m;
      const { address } = coordinator;
      const terms = { ...m.terms, paymentToken: m.euro, coordinator: address, dso: address, feeCollector: address };
      const flat = `0x0000${"00010001".repeat(96)}`;
      await registry.createCommunity(terms, [address], [{ supplier: 0, defaultLoadWh: 0 }], [m.auction], flat);
      const elsewhere = membership({ ...m, community: m.community + 1 });
      const there = await elsewhere.enrol(keysOf(2));
      await expect(elsewhere.bind(there, { ...keysOf(2), meter: keys.meter }))
        .to.be.revertedWithCustomError(registry, "MeterKeyTaken")
        .withArgs(keys.meter.address);
    });
  });

  describe("rotation", function () {
    beforeEach(async function () {
      await m.bind(member, keys);
      await nextPeriod();
      now = await m.periodNow();
    });

    it("counts from the next period on and keeps the registers", async function () {
      const before = await m.settlement.meterState(m.community, member);
      await expect(m.rotateMeterKey(member, keys.owner, key(902)))
        .to.emit(m.registry, "MeterKeyChanged")
        .withArgs(m.community, member, key(902).address, now + 1);
      expect(await keyOf()).to.equal(keys.meter.address);
      await connection.networkHelpers.time.increaseTo(m.periodStart(now + 1) - 1);
      expect(await keyOf()).to.equal(keys.meter.address);
      await nextPeriod();
      expect(await keyOf()).to.equal(key(902).address);
      expect(await m.settlement.meterState(m.community, member)).to.deep.equal(before);
    });

    it("lets the new key sign the periods that are open, and the old one none of them", async function () {
      await m.rotateMeterKey(member, keys.owner, key(902));
      await nextPeriod();
      const values = flatValues(96, 0, 0);
      const home = { member, ...keys };
      const settle = async (signer: typeof keys.meter) =>
        await m.settlement.meterAndSettle.staticCall(m.community, now, [
          { member, reading: await m.signReading({ home, period: now, values, signer }), records: [] },
        ]);
      expect(await settle(keys.meter)).to.equal(0n);
      expect(await settle(key(902))).to.equal(1n);
    });

    it("replaces a rotation that has not begun", async function () {
      await m.rotateMeterKey(member, keys.owner, key(902));
      await m.rotateMeterKey(member, keys.owner, key(903));
      expect(await keyOf()).to.equal(keys.meter.address);
      await nextPeriod();
      expect(await keyOf()).to.equal(key(903).address);
    });

    it("needs a meter and the owner's consent to a rotation, not to a binding", async function () {
      const b = bindingOf(key(902).address);
      const bindingSignatures = await m.signBinding("MeterBinding", member, b, keys.owner, key(902));
      await expect(m.asCoordinator.rotateMeterKey(m.community, member, b, ...bindingSignatures))
        .to.be.revertedWithCustomError(m.registry, "ConsentInvalid")
        .withArgs(keys.owner.address);
      const [consent] = await m.signBinding("MeterRotation", member, b, keys.owner, key(902));
      await expect(m.asCoordinator.rotateMeterKey(m.community, member, b, consent, bindingSignatures[1]))
        .to.be.revertedWithCustomError(m.registry, "MeterProofInvalid")
        .withArgs(key(902).address);
      const bare = await m.enrol(keysOf(1));
      const signatures = await m.signBinding("MeterRotation", bare, b, keysOf(1).owner, key(902));
      await expect(m.asCoordinator.rotateMeterKey(m.community, bare, b, ...signatures))
        .to.be.revertedWithCustomError(m.registry, "MeterNotBound")
        .withArgs(m.community, bare);
    });
  });

  describe("revocation", function () {
    beforeEach(async function () {
      await m.bind(member, keys);
      await nextPeriod();
      now = await m.periodNow();
    });

    it("by the owner counts at once", async function () {
      await expect((await asOwner()).revokeMeterKey(m.community, member))
        .to.emit(m.registry, "MeterKeyChanged")
        .withArgs(m.community, member, ZeroAddress, now);
      expect(await keyOf()).to.equal(ZeroAddress);
      await nextPeriod();
      expect(await keyOf()).to.equal(ZeroAddress);
    });

    it("by the owner also stops a rotation on its way", async function () {
      await m.rotateMeterKey(member, keys.owner, key(902));
      await (await asOwner()).revokeMeterKey(m.community, member);
      await nextPeriod();
      expect(await keyOf()).to.equal(ZeroAddress);
    });

    it("by the coordinator counts from the next period on", async function () {
      await expect(m.asCoordinator.revokeMeterKey(m.community, member))
        .to.emit(m.registry, "MeterKeyChanged")
        .withArgs(m.community, member, ZeroAddress, now + 1);
      expect(await keyOf()).to.equal(keys.meter.address);
      await nextPeriod();
      expect(await keyOf()).to.equal(ZeroAddress);
    });

    it("needs a member that exists, also from the coordinator", async function () {
      const unknown = Number(await m.registry.memberCount(m.community));
      for (const index of [unknown, 1, 2 ** 32 - 1]) {
        await expect(m.asCoordinator.revokeMeterKey(m.community, index))
          .to.be.revertedWithCustomError(m.registry, "UnknownMember")
          .withArgs(m.community, index);
      }
    });

    it("leaves the meter bound: a new key is rotated in, and reads on", async function () {
      await (await asOwner()).revokeMeterKey(m.community, member);
      const values = flatValues(96, 0, 0);
      const home = { member, ...keys };
      await nextPeriod();
      const items = async (signer: typeof keys.meter) => [
        { member, reading: await m.signReading({ home, period: now, values, signer }), records: [] },
      ];
      expect(await m.settlement.meterAndSettle.staticCall(m.community, now, await items(keys.meter))).to.equal(0n);
      await m.rotateMeterKey(member, keys.owner, key(902));
      await nextPeriod();
      expect(await m.settlement.meterAndSettle.staticCall(m.community, now, await items(key(902)))).to.equal(1n);
    });
  });

  it("says the same at length and in short through all that can change", async function () {
    const step = async (change: Promise<unknown>) => {
      await change;
      await expectSameReading();
      await nextPeriod();
      await expectSameReading();
    };
    await expectSameReading();
    await step(m.bind(member, keys));
    await step(m.changeCaps(member, keys.owner, 500, 20));
    await step(m.registry.connect(m.coordinator).setSuspended(m.community, member, true));
    await step(m.rotateMeterKey(member, keys.owner, key(7)));
    await step(m.registry.connect(m.coordinator).revokeMeterKey(m.community, member));
    await step(m.changeClass(member, keys.owner, 0));
    await step((await asOwner()).unbindMeter(m.community, member));
    for (let i = 0; i < 4; i++) await step(Promise.resolve());
  });

  describe("unbinding and release", function () {
    beforeEach(async function () {
      await m.bind(member, keys);
      await nextPeriod();
      now = await m.periodNow();
    });
    const lastPeriod = () => now + m.terms.horizon;

    it("takes no new orders from the next period on; readings go on to the last period that could hold one", async function () {
      await expect((await asOwner()).unbindMeter(m.community, member))
        .to.emit(m.registry, "MeterLeaving")
        .withArgs(m.community, member, lastPeriod());
      expect(await statusOf()).to.equal(STATUS.enrolled | STATUS.metered);
      await nextPeriod();
      expect(await statusOf()).to.equal(STATUS.enrolled | STATUS.metered | STATUS.leaving);
    });

    it("is released by anyone once the last period is read, not before", async function () {
      await m.asCoordinator.unbindMeter(m.community, member);
      await m.goTo(m.periodStart(lastPeriod() + 1));
      const release = async () => await m.registry.connect(m.stranger).releaseMeter(m.community, member);
      await read(now, lastPeriod() - 1);
      await expect(release())
        .to.be.revertedWithCustomError(m.registry, "MeterNotFinal")
        .withArgs(m.community, member, lastPeriod());
      await read(lastPeriod(), lastPeriod());
      await expect(release()).to.emit(m.registry, "MeterReleased").withArgs(m.community, member);
      expect(await statusOf()).to.equal(STATUS.enrolled);
      expect(await keyOf()).to.equal(ZeroAddress);
      expect((await m.settlement.meterState(m.community, member)).state & BOUND).to.equal(0n);
      await expect(release())
        .to.be.revertedWithCustomError(m.registry, "MeterNotLeaving")
        .withArgs(m.community, member);
    });

    it("is not released while a gap is open, though every period is estimated", async function () {
      await m.asCoordinator.unbindMeter(m.community, member);
      await m.goTo(m.periodStart(lastPeriod() + 1) + m.terms.readingDeadline);
      for (let period = now; period <= lastPeriod(); period++) {
        await m.settlement.settleEstimated(m.community, period, [{ member, records: [] }]);
      }
      await expect(m.registry.releaseMeter(m.community, member))
        .to.be.revertedWithCustomError(m.registry, "MeterNotFinal")
        .withArgs(m.community, member, lastPeriod());
    });

    it("can be bound again after release, from the next period on, without a period counted twice (rule 10)", async function () {
      await m.asCoordinator.unbindMeter(m.community, member);
      await m.goTo(m.periodStart(lastPeriod() + 1));
      await read(now, lastPeriod());
      await m.registry.releaseMeter(m.community, member);
      await m.bind(member, { ...keys, meter: key(904) }, { startImport: 50n });
      const { nextPeriod: from, state } = await m.settlement.meterState(m.community, member);
      expect(Number(from)).to.equal((await m.periodNow()) + 1);
      expect(state).to.equal(BOUND | FRESH);
      await nextPeriod();
      expect(await statusOf()).to.equal(STATUS.enrolled | STATUS.metered);
      expect(await keyOf()).to.equal(key(904).address);
    });

    it("needs a meter that is bound and not leaving yet", async function () {
      await m.asCoordinator.unbindMeter(m.community, member);
      const bare = await m.enrol(keysOf(1));
      for (const index of [member, bare]) {
        await expect(m.asCoordinator.unbindMeter(m.community, index))
          .to.be.revertedWithCustomError(m.registry, "MeterNotBound")
          .withArgs(m.community, index);
      }
      await expect(m.registry.releaseMeter(m.community, bare))
        .to.be.revertedWithCustomError(m.registry, "MeterNotLeaving")
        .withArgs(m.community, bare);
      for (const index of [3, 99]) {
        await expect(m.registry.releaseMeter(m.community, index))
          .to.be.revertedWithCustomError(m.registry, "UnknownMember")
          .withArgs(m.community, index);
      }
    });

    it("is read as far as the horizon reached when it was unbound, also when it was bound only then", async function () {
      const young = await m.enrol(keysOf(1));
      await m.bind(young, keysOf(1));
      await m.asCoordinator.unbindMeter(m.community, young);
      // The horizon reaches into its first periods: they must be read all the same.
      await expect(m.registry.releaseMeter(m.community, young))
        .to.be.revertedWithCustomError(m.registry, "MeterNotFinal")
        .withArgs(m.community, young, lastPeriod());
    });
  });
});
