import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { connect, deployMarket, key, NEVER, type Connection, type HomeKeys, type Market } from "./helpers/market.ts";
import { escrowLab } from "./helpers/escrow-lab.ts";
import { keysOf, membership, STATUS, unpackMember } from "./helpers/membership.ts";

const ACTIVE = STATUS.enrolled | STATUS.metered;
const TICK = 65_535;
const EIGHTH = 8191;

describe("ProsumerRegistry: changes and when they count", function () {
  let connection: Connection;
  const price = { importPrice: 300, exportPrice: 80 };
  const build = async () => {
    const market = await deployMarket(connection, { tariff: { networkFee: 40, classes: [price, price, price] } });
    const home = await market.addHome();
    await market.goTo(market.periodStart((await market.periodNow()) + 1));
    return { ...market, ...membership(market), home };
  };
  let m: Market & ReturnType<typeof membership> & { home: HomeKeys };
  let now: number;
  let member: number;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    m = await connection.networkHelpers.loadFixture(build);
    now = await m.periodNow();
    member = m.home.member;
  });

  const wordOf = async (period = 0) => unpackMember(await m.registry.memberFor(m.community, member, period));
  const nextPeriod = async () => {
    await m.goTo(m.periodStart((await m.periodNow()) + 1));
  };
  const lastSecond = async () => {
    await m.goTo(m.periodStart((await m.periodNow()) + 1) - 1);
  };
  const asOwner = () => m.registry.connect(m.home.owner.connect(connection.ethers.provider));

  describe("the trading key", function () {
    it("changes at the start of the next period, not a second before", async function () {
      const old = m.home.trading.address.toLowerCase();
      await expect(asOwner().rotateTradingKey(m.community, member, key(800).address)).to.emit(
        m.registry,
        "MemberChanged",
      );
      expect((await wordOf()).tradingKey).to.equal(old);
      await lastSecond();
      expect((await wordOf()).tradingKey).to.equal(old);
      await nextPeriod();
      expect((await wordOf()).tradingKey).to.equal(key(800).address.toLowerCase());
    });

    it("changes to the last one named before the period starts", async function () {
      await asOwner().rotateTradingKey(m.community, member, key(800).address);
      await asOwner().rotateTradingKey(m.community, member, key(801).address);
      await nextPeriod();
      expect((await wordOf()).tradingKey).to.equal(key(801).address.toLowerCase());
    });

    it("is never zero, and no service has one", async function () {
      await expect(asOwner().rotateTradingKey(m.community, member, ZeroAddress))
        .to.be.revertedWithCustomError(m.registry, "OutOfBounds")
        .withArgs("tradingKey", 0);
      await expect(m.registry.connect(m.supplier).rotateTradingKey(m.community, 3, key(800).address))
        .to.be.revertedWithCustomError(m.registry, "UnknownMember")
        .withArgs(m.community, 3);
    });
  });

  describe("caps", function () {
    const change = async (buyCap: number, sellCap: number) => await m.changeCaps(member, m.home.owner, buyCap, sellCap);

    it("change at the start of the next period, by the owner's consent", async function () {
      await change(10, 20);
      expect(await wordOf()).to.include({ buyCap: 431, sellCap: 431 });
      await nextPeriod();
      expect(await wordOf()).to.include({ buyCap: 10, sellCap: 20 });
    });

    it("need a consent to these caps, of this member, now, once", async function () {
      const fields = { member, buyCap: 10, sellCap: 20, deadline: NEVER };
      const call = async (consent: string, deadline = NEVER) =>
        await m.asCoordinator.changeCaps(m.community, member, 10, 20, deadline, consent);
      for (const other of [
        { buyCap: 11 },
        { sellCap: 21 },
        { member: 99 },
        { community: 1 },
        { nonce: 0 },
        { deadline: 1 },
      ]) {
        await expect(call(await m.sign("CapChange", m.home.owner, { ...fields, ...other })))
          .to.be.revertedWithCustomError(m.registry, "ConsentInvalid")
          .withArgs(m.home.owner.address);
      }
      await expect(call(await m.sign("CapChange", m.home.owner, { ...fields, deadline: 1 }), 1))
        .to.be.revertedWithCustomError(m.registry, "ConsentExpired")
        .withArgs(1);
      const consent = await m.sign("CapChange", m.home.owner, fields);
      await call(consent);
      await expect(call(consent)).to.be.revertedWithCustomError(m.registry, "ConsentInvalid");
    });

    it("are an eighth of a tick at most, at enrolment and later", async function () {
      await change(EIGHTH, EIGHTH);
      for (const [buyCap, sellCap] of [
        [EIGHTH + 1, 0],
        [0, EIGHTH + 1],
        [TICK, 0],
      ] as const) {
        const error = [Math.max(buyCap, sellCap), EIGHTH] as const;
        await expect(change(buyCap, sellCap))
          .to.be.revertedWithCustomError(m.registry, "CapTooLarge")
          .withArgs(...error);
        await expect(m.enrol(keysOf(0), { buyCap, sellCap }))
          .to.be.revertedWithCustomError(m.registry, "CapTooLarge")
          .withArgs(...error);
      }
    });

    it("of all members together fit a tick, side by side", async function () {
      await change(EIGHTH, 0);
      for (let index = 0; index < 7; index++) await m.enrol(keysOf(index), { buyCap: EIGHTH, sellCap: 1 });
      // 8 * 8191 = 65,528: seven lots are left.
      await expect(m.enrol(keysOf(8), { buyCap: 8, sellCap: 0 }))
        .to.be.revertedWithCustomError(m.registry, "CapsExceedTick")
        .withArgs(TICK + 1, TICK);
      await m.enrol(keysOf(8), { buyCap: 7, sellCap: 0 });
      // The selling side has its own sum.
      await m.enrol(keysOf(9), { buyCap: 0, sellCap: EIGHTH });
      await expect(m.enrol(keysOf(10), { buyCap: 1, sellCap: 0 })).to.be.revertedWithCustomError(
        m.registry,
        "CapsExceedTick",
      );
      // Sold so far: 7 * 1 + 8,191. Seven more times 8,191 leave nothing.
      for (let index = 11; index < 18; index++) await m.enrol(keysOf(index), { buyCap: 0, sellCap: EIGHTH });
      await expect(m.enrol(keysOf(18), { buyCap: 0, sellCap: 1 }))
        .to.be.revertedWithCustomError(m.registry, "CapsExceedTick")
        .withArgs(TICK + 1, TICK);
      await expect(change(EIGHTH, 1))
        .to.be.revertedWithCustomError(m.registry, "CapsExceedTick")
        .withArgs(TICK + 1, TICK);
      // What one gives up another may have.
      await change(EIGHTH - 1, 0);
      await m.enrol(keysOf(10), { buyCap: 1, sellCap: 0 });
      await expect(change(EIGHTH, 0))
        .to.be.revertedWithCustomError(m.registry, "CapsExceedTick")
        .withArgs(TICK + 1, TICK);
    });

    it("of a released meter are nobody's until it is bound again", async function () {
      const { home, registry, community } = m;
      await change(EIGHTH, EIGHTH);
      for (let index = 0; index < 7; index++) await m.enrol(keysOf(index), { buyCap: EIGHTH, sellCap: EIGHTH });
      await m.asCoordinator.unbindMeter(community, member);
      const last = now + m.terms.horizon;
      await m.goTo(m.periodStart(last + 1));
      const { nextPeriod: first } = await m.settlement.meterState(community, member);
      for (let period = Number(first); period <= last; period++) {
        const reading = await m.signReading({
          home,
          period,
          values: Array.from({ length: 96 }, () => [0, 0] as const),
        });
        await m.settlement.meterAndSettle(community, period, [{ member, reading, records: [] }]);
      }
      await expect(m.enrol(keysOf(8), { buyCap: 8, sellCap: 0 })).to.be.revertedWithCustomError(
        registry,
        "CapsExceedTick",
      );
      await registry.releaseMeter(community, member);
      // Its caps change without counting, and count again when a meter is bound.
      await change(EIGHTH, 7);
      await m.enrol(keysOf(8), { buyCap: 8, sellCap: 0 });
      await expect(m.bind(member, { ...home, meter: key(901) }))
        .to.be.revertedWithCustomError(registry, "CapsExceedTick")
        .withArgs(8 * EIGHTH + 8, TICK);
      await change(7, EIGHTH);
      await expect(m.bind(member, { ...home, meter: key(901) })).to.emit(registry, "MeterBound");
    });

    describe("with wide ticks", function () {
      const wide = async (lotWh: number) => {
        const market = await deployMarket(connection, { terms: { wideTicks: true, lotWh } });
        return { registry: market.registry, ...membership(market) };
      };

      it("have neither an eighth nor a sum to keep to", async function () {
        const { registry, enrol } = await wide(10);
        for (let index = 0; index < 3; index++) {
          const member = await enrol(keysOf(index), { buyCap: TICK, sellCap: TICK });
          expect(unpackMember(await registry.memberFor(0, member, 0))).to.include({ buyCap: TICK, sellCap: TICK });
        }
      });

      it("fit what a meter value of 24 bits holds all the same", async function () {
        const { registry, enrol, changeCaps } = await wide(1000);
        const most = 16_777; // 2^24 - 1 Wh in lots of 1,000
        const member = await enrol(keysOf(0), { buyCap: most, sellCap: most });
        for (const [buyCap, sellCap] of [
          [most + 1, 0],
          [0, most + 1],
        ] as const) {
          await expect(enrol(keysOf(1), { buyCap, sellCap }))
            .to.be.revertedWithCustomError(registry, "CapTooLarge")
            .withArgs(most + 1, most);
          await expect(changeCaps(member, keysOf(0).owner, buyCap, sellCap))
            .to.be.revertedWithCustomError(registry, "CapTooLarge")
            .withArgs(most + 1, most);
        }
      });
    });

    it("that were larger once count for readings of the time before (rule 9)", async function () {
      await change(100, 431);
      await nextPeriod();
      const word = async () => unpackMember((await m.registry.meterFor(m.community, member, now)).word);
      expect(await word()).to.include({ buyCap: 431, sellCap: 431 });
      await change(500, 7);
      expect(await word()).to.include({ buyCap: 500, sellCap: 431 });
      expect(await wordOf()).to.include({ buyCap: 100, sellCap: 431 });
    });
  });

  describe("suspension by the coordinator", function () {
    it("begins and ends at the start of the next period", async function () {
      await m.asCoordinator.setSuspended(m.community, member, true);
      expect((await wordOf()).status).to.equal(ACTIVE);
      await lastSecond();
      expect((await wordOf()).status).to.equal(ACTIVE);
      await nextPeriod();
      expect((await wordOf()).status).to.equal(ACTIVE | STATUS.suspended);
      await m.asCoordinator.setSuspended(m.community, member, false);
      expect((await wordOf()).status).to.equal(ACTIVE | STATUS.suspended);
      await nextPeriod();
      expect((await wordOf()).status).to.equal(ACTIVE);
    });

    it("keeps other changes on their way", async function () {
      await asOwner().rotateTradingKey(m.community, member, key(800).address);
      await m.asCoordinator.setSuspended(m.community, member, true);
      await m.changeCaps(member, m.home.owner, 1, 2);
      await nextPeriod();
      expect(await wordOf()).to.include({
        tradingKey: key(800).address.toLowerCase(),
        buyCap: 1,
        sellCap: 2,
        status: ACTIVE | STATUS.suspended,
      });
    });
  });

  describe("the owner's own stop", function () {
    it("counts at once, the way back from the next period on", async function () {
      await asOwner().setTrading(m.community, member, false);
      expect((await wordOf()).status).to.equal(ACTIVE | STATUS.stopped);
      await nextPeriod();
      await asOwner().setTrading(m.community, member, true);
      expect((await wordOf()).status).to.equal(ACTIVE | STATUS.stopped);
      await nextPeriod();
      expect((await wordOf()).status).to.equal(ACTIVE);
    });

    it("outlasts whatever else is on its way", async function () {
      await asOwner().rotateTradingKey(m.community, member, key(800).address);
      await asOwner().setTrading(m.community, member, false);
      expect((await wordOf()).status).to.equal(ACTIVE | STATUS.stopped);
      await m.asCoordinator.setSuspended(m.community, member, false);
      await nextPeriod();
      expect(await wordOf()).to.include({
        tradingKey: key(800).address.toLowerCase(),
        status: ACTIVE | STATUS.stopped,
      });
    });

    it("overrides a way back in the same period, and a way back overrides it", async function () {
      await asOwner().setTrading(m.community, member, false);
      await asOwner().setTrading(m.community, member, true);
      await asOwner().setTrading(m.community, member, false);
      await nextPeriod();
      expect((await wordOf()).status).to.equal(ACTIVE | STATUS.stopped);
      await asOwner().setTrading(m.community, member, true);
      await nextPeriod();
      expect((await wordOf()).status).to.equal(ACTIVE);
    });

    it("is not undone by the coordinator", async function () {
      await asOwner().setTrading(m.community, member, false);
      await m.asCoordinator.setSuspended(m.community, member, true);
      await nextPeriod();
      await m.asCoordinator.setSuspended(m.community, member, false);
      await nextPeriod();
      expect((await wordOf()).status).to.equal(ACTIVE | STATUS.stopped);
    });

    it("is no matter of services", async function () {
      for (const on of [true, false]) {
        await expect(m.registry.connect(m.supplier).setTrading(m.community, 3, on))
          .to.be.revertedWithCustomError(m.registry, "UnknownMember")
          .withArgs(m.community, 3);
      }
    });
  });

  describe("the tariff class", function () {
    const ring = 11; // horizon 2, 7 days of claims, two more

    it("changes with the first period that is not open for orders yet", async function () {
      await expect(m.changeClass(member, m.home.owner, 1))
        .to.emit(m.registry, "ClassChanged")
        .withArgs(m.community, member, 1, now + 3);
      const at = async (period: number) => (await wordOf(period)).tariffClass;
      for (let period = now - 1; period < now + 3; period++) expect(await at(period)).to.equal(0);
      expect(await at(now + 3)).to.equal(1);
      await m.goTo(m.periodStart(now + 5));
      // The class of a period stays what it was.
      expect(await at(now + 2)).to.equal(0);
      expect(await at(now + 3)).to.equal(1);
      expect(await at(now + 100)).to.equal(1);
    });

    it("keeps its place among other changes", async function () {
      await asOwner().rotateTradingKey(m.community, member, key(800).address);
      await m.changeClass(member, m.home.owner, 1);
      await m.changeCaps(member, m.home.owner, 1, 2);
      await nextPeriod();
      await m.asCoordinator.setSuspended(m.community, member, true);
      await nextPeriod();
      expect(await wordOf(now + 2)).to.include({ tariffClass: 0, buyCap: 1 });
      expect(await wordOf(now + 3)).to.include({ tariffClass: 1, tradingKey: key(800).address.toLowerCase() });
    });

    it("changes at most once in the life of a ring", async function () {
      await m.changeClass(member, m.home.owner, 1);
      const until = now + 3 + ring;
      const refused = async () => {
        await expect(m.changeClass(member, m.home.owner, 2))
          .to.be.revertedWithCustomError(m.registry, "ClassChangedRecently")
          .withArgs(until);
      };
      await refused();
      await m.goTo(m.periodStart(until) - 2);
      await refused();
      await m.goTo(m.periodStart(until));
      await m.changeClass(member, m.home.owner, 2);
      expect((await wordOf(until)).tariffClass).to.equal(1);
      expect((await wordOf(until + 3)).tariffClass).to.equal(2);
    });

    it("exists", async function () {
      await expect(m.changeClass(member, m.home.owner, 3))
        .to.be.revertedWithCustomError(m.registry, "OutOfBounds")
        .withArgs("tariffClass", 3);
    });

    it("needs a consent to this class, of this member, now, once", async function () {
      const fields = { member, tariffClass: 1, deadline: NEVER };
      const call = async (consent: string) => await m.asCoordinator.changeClass(m.community, member, 1, NEVER, consent);
      for (const other of [{ tariffClass: 2 }, { member: 99 }, { community: 1 }, { nonce: 0 }, { deadline: 1 }]) {
        await expect(call(await m.sign("ClassChange", m.home.owner, { ...fields, ...other })))
          .to.be.revertedWithCustomError(m.registry, "ConsentInvalid")
          .withArgs(m.home.owner.address);
      }
      const expired = await m.sign("ClassChange", m.home.owner, { ...fields, deadline: 1 });
      await expect(m.asCoordinator.changeClass(m.community, member, 1, 1, expired))
        .to.be.revertedWithCustomError(m.registry, "ConsentExpired")
        .withArgs(1);
      const consent = await m.sign("ClassChange", m.home.owner, fields);
      await call(consent);
      await expect(call(consent)).to.be.revertedWithCustomError(m.registry, "ConsentInvalid");
    });

    it("keeps its supplier", async function () {
      const lab = await escrowLab(connection);
      const { changeClass } = membership(lab);
      await expect(changeClass(5, keysOf(0).owner, 1))
        .to.be.revertedWithCustomError(lab.registry, "ClassKeepsSupplier")
        .withArgs(1);
    });
  });

  describe("a pause", function () {
    const paused = async () => (await m.registry.trading(m.community)).paused;

    it("lasts to the end of the period and no longer", async function () {
      expect(await paused()).to.equal(false);
      await expect(m.asCoordinator.pause(m.community)).to.emit(m.registry, "Paused").withArgs(m.community, now);
      expect(await paused()).to.equal(true);
      await m.goTo(m.periodStart(now + 1) - 1);
      expect(await paused()).to.equal(true);
      await m.goTo(m.periodStart(now + 1));
      expect(await paused()).to.equal(false);
    });

    it("can be called again for the next period, each time anew", async function () {
      await m.asCoordinator.pause(m.community);
      await m.asCoordinator.pause(m.community);
      await nextPeriod();
      await m.asCoordinator.pause(m.community);
      expect(await paused()).to.equal(true);
      await nextPeriod();
      expect(await paused()).to.equal(false);
    });

    it("is the community's own", async function () {
      const { registry, auction, euro, stranger } = m;
      const { address } = stranger;
      const terms = { ...m.terms, paymentToken: euro, coordinator: address, dso: address, feeCollector: address };
      const flat = `0x0000${"00010001".repeat(96)}`;
      await registry.createCommunity(terms, [address], [{ supplier: 0, defaultLoadWh: 0 }], [auction], flat);
      await m.asCoordinator.pause(m.community);
      expect((await registry.trading(m.community + 1)).paused).to.equal(false);
    });
  });

  describe("modules that come later", function () {
    it("get the next index, once each, up to sixteen", async function () {
      const { registry, community, euro, auction } = m;
      await expect(m.asCoordinator.addModule(community, euro))
        .to.emit(registry, "ModuleAdded")
        .withArgs(community, 1, euro);
      expect(await registry.moduleIndex(community, euro)).to.deep.equal([1n, true]);
      expect(await registry.modulesAtCreation(community)).to.equal(1n);
      for (const known of [euro, auction]) {
        await expect(m.asCoordinator.addModule(community, known))
          .to.be.revertedWithCustomError(registry, "ModuleKnown")
          .withArgs(known);
      }
      await expect(m.asCoordinator.addModule(community, m.stranger))
        .to.be.revertedWithCustomError(registry, "OutOfBounds")
        .withArgs("module", BigInt(m.stranger.address));
      for (let index = 2; index < 16; index++) {
        await m.asCoordinator.addModule(community, await connection.ethers.deployContract("MockToken", [0]));
      }
      await expect(m.asCoordinator.addModule(community, await connection.ethers.deployContract("MockToken", [0])))
        .to.be.revertedWithCustomError(registry, "TooManyModules")
        .withArgs();
      expect(await registry.moduleIndex(community, m.stranger)).to.deep.equal([0n, false]);
    });

    it("do not change the terms that members signed", async function () {
      const before = await m.registry.termsHash(m.community);
      await m.asCoordinator.addModule(m.community, m.euro);
      expect(await m.registry.termsHash(m.community)).to.equal(before);
    });
  });
});
