import { expect } from "chai";
import fc from "fast-check";
import { key, connect, deployMarket, type Connection, type HomeKeys, type Market } from "./helpers/market.ts";
import { membership, STATUS, unpackMember } from "./helpers/membership.ts";
import { gridOf } from "./differential/grid.ts";
import { periodAt, revealOf } from "./reference/community.ts";
import { asOfGate, atOnce, ordinary, type Change } from "./reference/gate.ts";
import { runs } from "./reference/samples.ts";
import { HOUR, hourly, metered, Registers, valuesAt } from "./helpers/settling.ts";

const ACTIVE = STATUS.enrolled | STATUS.metered;

/** The gate of an hour's four slots closes 20 minutes before it, and 800 seconds of them are for the reveal. */
const CLOSURE = 1200;
const WINDOW = 800;
const sealed = { ...hourly, gateClosure: CLOSURE, revealWindow: WINDOW, horizon: 1, bond: 5_000_000 };

describe("ProsumerRegistry: a sealed community", function () {
  let connection: Connection;
  const price = { importPrice: 300, exportPrice: 80 };
  const build = async () => {
    const tariff = { networkFee: 40, classes: [price, price] };
    const market = await deployMarket(connection, { terms: sealed, tariff });
    const home = await market.addHome();
    await market.goTo(market.periodStart((await market.periodNow()) + 1));
    return { ...market, ...membership(market), home };
  };
  let m: Market & ReturnType<typeof membership> & { home: HomeKeys };
  let member: number;
  /** Orders of `next` have their gate in the current period. */
  let next: number;
  let gate: number;

  before(async function () {
    connection = await connect();
  });
  beforeEach(async function () {
    m = await connection.networkHelpers.loadFixture(build);
    member = m.home.member;
    next = (await m.periodNow()) + 1;
    gate = m.periodStart(next) - CLOSURE;
  });

  const asOwner = () => m.registry.connect(m.home.owner.connect(connection.ethers.provider));
  const atGate = async (period: number) => unpackMember(await m.registry.memberAtGate(m.community, member, period));
  const now = async () => unpackMember(await m.registry.memberFor(m.community, member, next));
  /** The next transaction is mined in this second. */
  const at = async (second: number) => {
    await connection.networkHelpers.time.setNextBlockTimestamp(second);
  };
  const stop = async () => await asOwner().setTrading(m.community, member, false);
  const resume = async () => await asOwner().setTrading(m.community, member, true);
  const isStopped = async (period: number) => {
    const { status } = await atGate(period);
    expect([ACTIVE, ACTIVE | STATUS.stopped]).to.include(status);
    return status !== ACTIVE;
  };

  it("says what a commit's bond is; an open one has none", async function () {
    expect(await m.registry.bondOf(m.community)).to.equal(5_000_000n);
    const open = await deployMarket(connection);
    expect(await open.registry.bondOf(open.community)).to.equal(0n);
  });

  describe("a relayer's name", function () {
    it("is given and taken back by the coordinator, at once", async function () {
      const { registry, community, coordinator, stranger } = m;
      expect(await registry.isNamedRelayer(community, stranger)).to.equal(false);
      await expect(registry.connect(coordinator).nameRelayer(community, stranger, true))
        .to.emit(registry, "RelayerNamed")
        .withArgs(community, stranger.address, true);
      expect(await registry.isNamedRelayer(community, stranger)).to.equal(true);
      expect(await registry.isNamedRelayer(community, coordinator)).to.equal(false);
      expect(await registry.isNamedRelayer(community + 1, stranger)).to.equal(false);
      await registry.connect(coordinator).nameRelayer(community, stranger, false);
      expect(await registry.isNamedRelayer(community, stranger)).to.equal(false);
    });

    it("is nobody else's to give", async function () {
      const { registry, community, stranger } = m;
      await expect(registry.connect(stranger).nameRelayer(community, stranger, true))
        .to.be.revertedWithCustomError(registry, "NotCoordinator")
        .withArgs(community, stranger.address);
    });
  });

  describe("a member at the gate", function () {
    it("is as it was in the period of the gate, whatever changes after it", async function () {
      await at(gate);
      await asOwner().rotateTradingKey(m.community, member, key(800).address);
      await m.changeCaps(member, m.home.owner, 1, 2);
      await m.registry.connect(m.coordinator).setSuspended(m.community, member, true);
      const before = { tradingKey: m.home.trading.address.toLowerCase(), buyCap: 431, sellCap: 431, status: ACTIVE };
      const after = { tradingKey: key(800).address.toLowerCase(), buyCap: 1, sellCap: 2 };
      expect(await atGate(next)).to.include(before);
      expect(await atGate(next + 1)).to.include({ ...after, status: ACTIVE | STATUS.suspended });
      await m.goTo(gate + WINDOW - 1);
      expect(await atGate(next)).to.include(before);
    });

    it("is as a change of the period before made it", async function () {
      await asOwner().rotateTradingKey(m.community, member, key(800).address);
      await m.goTo(m.periodStart(next));
      expect(await atGate(next)).to.include({ tradingKey: m.home.trading.address.toLowerCase() });
      expect(await atGate(next + 1)).to.include({ tradingKey: key(800).address.toLowerCase() });
    });

    it("has the tariff class of the delivery period", async function () {
      await m.changeClass(member, m.home.owner, 1);
      await m.goTo(gate);
      expect([await atGate(next), await atGate(next + 1)].map(({ tariffClass }) => tariffClass)).to.deep.equal([0, 1]);
    });

    it("is not held up by a pause: what was committed is revealed", async function () {
      await at(gate + 1);
      await m.registry.connect(m.coordinator).pause(m.community);
      expect((await m.registry.trading(m.community)).paused).to.equal(true);
      expect(await isStopped(next)).to.equal(false);
    });

    it("is new only from the first gate after the period in which its meter was bound", async function () {
      const young = await m.addHome();
      const status = async (period: number) =>
        unpackMember(await m.registry.memberAtGate(m.community, young.member, period)).status;
      expect(await status(next)).to.equal(STATUS.enrolled);
      expect(await status(next + 1)).to.equal(ACTIVE);
    });

    it("is asked for the gate of a period, so the first has none", async function () {
      await expect(m.registry.memberAtGate(m.community, member, 0)).to.be.revertedWithPanic(0x11);
    });
  });

  describe("the owner's own stop", function () {
    it("counts at the gate if it came before, be it a second", async function () {
      await at(gate - 1);
      await stop();
      expect([await isStopped(next), await isStopped(next + 1)]).to.deep.equal([true, true]);
    });

    it("voids nothing that is revealed after a gate that had closed, and counts from the next one on", async function () {
      await at(gate);
      await stop();
      expect((await now()).status).to.equal(ACTIVE | STATUS.stopped);
      expect([await isStopped(next), await isStopped(next + 1)]).to.deep.equal([false, true]);
      await m.goTo(gate + WINDOW - 1);
      expect(await isStopped(next)).to.equal(false);
    });

    it("is not undone after the gate by resuming", async function () {
      await at(gate - 1);
      await stop();
      await at(gate + 1);
      await resume();
      expect([await isStopped(next), await isStopped(next + 1)]).to.deep.equal([true, false]);
    });

    it("is not made young by stopping once more after the gate", async function () {
      await at(gate - 2);
      await stop();
      await at(gate - 1);
      await resume();
      await at(gate + 1);
      await stop();
      expect([await isStopped(next), await isStopped(next + 1)]).to.deep.equal([true, true]);
    });

    it("after the gate stays after it, however often it is made and undone", async function () {
      for (const [after, step] of [stop, resume, stop, stop, resume, stop].entries()) {
        await at(gate + 1 + after);
        await step();
      }
      expect([await isStopped(next), await isStopped(next + 1)]).to.deep.equal([false, true]);
    });

    it("counts anew once trading was resumed in between", async function () {
      await stop();
      await resume();
      await m.goTo(m.periodStart(next));
      await at(gate + HOUR);
      await stop();
      expect([await isStopped(next + 1), await isStopped(next + 2)]).to.deep.equal([false, true]);
    });
  });

  describe("any sequence of changes", function () {
    /** Key by index, caps, whether the owner stopped and whether the coordinator suspended it. */
    interface Model {
      readonly key: number;
      readonly cap: number;
      readonly stopped: boolean;
      readonly suspended: boolean;
    }
    const step = fc.record({
      kind: fc.constantFrom("key", "cap", "stop", "stop", "resume", "resume", "suspend", "reinstate"),
      /** Seconds since the step before, so that many fall next to a gate or the end of a reveal. */
      later: fc.constantFrom(1, 2, CLOSURE - WINDOW, WINDOW - 1, WINDOW, HOUR - CLOSURE, HOUR - CLOSURE - 1),
      value: fc.integer({ min: 1, max: 9 }),
    });

    it("gives in every reveal what the history of all changes gives", async function () {
      this.timeout(300_000);
      const { registry, community, coordinator } = m;
      const grid = gridOf(m.terms);
      const statusOf = ({ stopped, suspended }: Model) =>
        ACTIVE | (stopped ? STATUS.stopped : 0) | (suspended ? STATUS.suspended : 0);
      let compared = 0;
      const check = async (steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) => {
        const snapshot = await connection.networkHelpers.takeSnapshot();
        const changes: Change<Model>[] = [];
        let time = await connection.networkHelpers.time.latest();
        for (const { kind, later, value } of steps) {
          time += later;
          await at(time);
          const seconds = BigInt(time);
          if (kind === "key") await asOwner().rotateTradingKey(community, member, key(900 + value).address);
          if (kind === "key") changes.push(ordinary(grid, seconds, { key: 900 + value }));
          if (kind === "cap") await m.changeCaps(member, m.home.owner, value, value);
          if (kind === "cap") changes.push(ordinary(grid, seconds, { cap: value }));
          if (kind === "stop") await stop();
          if (kind === "stop") changes.push(atOnce(seconds, { stopped: true }));
          if (kind === "resume") await resume();
          if (kind === "resume") changes.push(ordinary(grid, seconds, { stopped: false }));
          const suspended = kind === "suspend";
          const suspends = suspended || kind === "reinstate";
          if (suspends) await registry.connect(coordinator).setSuspended(community, member, suspended);
          if (suspends) changes.push(ordinary(grid, seconds, { suspended }));
          const period = Number(periodAt(grid, seconds)) + 1;
          const reveal = revealOf(grid, BigInt(period));
          if (seconds < reveal.gate || seconds >= reveal.end) continue;
          const first = { key: 1, cap: 431, stopped: false, suspended: false };
          const model = asOfGate<Model>(first, changes, reveal.gate);
          expect(await atGate(period)).to.include({
            tradingKey: key(model.key).address.toLowerCase(),
            buyCap: model.cap,
            status: statusOf(model),
          });
          compared++;
        }
        await snapshot.restore();
      };
      await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 24 }), check), runs(40));
      expect(compared).to.be.greaterThan(50);
    });
  });

  describe("a meter that leaves", function () {
    it("after the gate leaves its orders in force", async function () {
      await at(gate + 1);
      await asOwner().unbindMeter(m.community, member);
      expect((await atGate(next)).status).to.equal(ACTIVE);
      expect((await atGate(next + 1)).status).to.equal(STATUS.enrolled | STATUS.leaving);
    });

    it("is released only when its orders have ended for longer than a reveal", async function () {
      const registers = new Registers(m);
      await asOwner().unbindMeter(m.community, member);
      const release = async () => await m.registry.releaseMeter(m.community, member);
      const takesOrders = async (period: number) => (await atGate(period)).status === ACTIVE;
      for (let period = next - 1; period <= next; period++) {
        await expect(release())
          .to.be.revertedWithCustomError(m.registry, "MeterNotFinal")
          .withArgs(m.community, member, next);
        await m.goTo(m.periodStart(period + 1));
        const reading = await registers.read(m.home, period, valuesAt({ 0: [1, 0] }));
        await m.settlement.meterAndSettle(m.community, period, [await metered(m, m.home, period, reading)]);
      }
      // In the reveal of the period that follows: it took no orders before the release, and takes none after it.
      await m.goTo(m.periodStart(next + 2) - CLOSURE);
      expect([await takesOrders(next + 1), await takesOrders(next + 2)]).to.deep.equal([false, false]);
      await release();
      expect([await takesOrders(next + 1), await takesOrders(next + 2)]).to.deep.equal([false, false]);
      const again = { ...m.home, meter: key(801) };
      await m.bindMeter(again, again.meter, 2n, 0n);
      expect([await takesOrders(next + 2), await takesOrders(next + 3)]).to.deep.equal([false, true]);
    });
  });
});
