/** Every way to void a sealed order after the gate, and what still works before it. */
import { expect } from "chai";
import { fallIntoDebt, buy, clear, type SignedStrip, type StripReason } from "./helpers/auction.ts";
import { connect, key, type StripInput } from "./helpers/market.ts";
import { membership } from "./helpers/membership.ts";
import { packHead, plugIn } from "./helpers/modules.ts";
import { bundleOf, commit, expectBacked, openSealedDay, PLEDGE, reveal, revealed, WINDOW } from "./helpers/sealed.ts";
import type { SealedDay } from "./helpers/sealed.ts";
import { metered, Registers, Skip, valuesAt } from "./helpers/settling.ts";

const connection = await connect();
const price = { importPrice: 300, exportPrice: 80 };
const dear = { importPrice: 400, exportPrice: 80 };
const tariff = { networkFee: 40, classes: [price, dear] };
const homes = [{}, { pledge: 0n }];
const build = async () => await openSealedDay(connection, homes, { tariff });
/** Orders of two periods further on come in as well. */
const buildLong = async () =>
  await openSealedDay(connection, [{ pledge: TAKES }, {}], { tariff, terms: { horizon: 2 } });
const LOTS = 50;
/** 500 Wh at 60 + 30 * 4, and the network fee. */
const RESERVE = 110_000n;
/** With the settlement fee of the period's first record. */
const TAKES = RESERVE + 2_000n;

describe("SealedAuction: an order that was committed", function () {
  let day: SealedDay;
  let strip: SignedStrip;
  let bundle: ReturnType<typeof bundleOf>;

  beforeEach(async function () {
    day = await connection.networkHelpers.loadFixture(build);
    strip = await sign();
    bundle = bundleOf([strip]);
  });

  const sign = async (input: Partial<StripInput> = {}) =>
    await day.signStrip({ home: day.home(0), period: day.period, entries: [buy(1, 30, LOTS)], ...input });
  const owner = () => day.as(day.home(0));
  const asOwner = () => ({ escrow: day.escrow.connect(owner()), registry: day.registry.connect(owner()) });
  const asCoordinator = () => day.registry.connect(day.coordinator);
  const member = () => day.home(0).member;

  /** Commits, acts a second before or two after the gate, reveals. */
  async function play(when: "before" | "after", act: () => Promise<unknown>) {
    await commit(day, day.relayer(0), bundle);
    await day.goTo(day.gateOf() + (when === "before" ? -60 : 2));
    await act();
    await day.goTo(day.gateOf() + 30);
    const outcome = await revealed(day, 0, bundle, { clears: true });
    await expectBacked(day);
    return outcome;
  }
  /** It counts whatever was done: all of its lots, at what they reserve. */
  async function expectStands(when: "before" | "after", act: () => Promise<unknown>) {
    const { skipped, refused, records } = await play(when, act);
    expect([...skipped, ...refused]).to.deep.equal([]);
    expect(records.map((record) => BigInt.asUintN(96, record.head >> 96n))).to.deep.equal([RESERVE]);
  }
  async function expectSkipped(when: "before" | "after", reason: StripReason, act: () => Promise<unknown>) {
    const { skipped, records } = await play(when, act);
    expect(skipped.map((skip) => skip.reason)).to.deep.equal([reason]);
    expect(records).to.deep.equal([]);
  }

  describe("stands behind the gate", function () {
    it("when its member asks its pledge back, releases it and withdraws all that is free", async function () {
      await expectStands("after", async () => {
        const { escrow } = asOwner();
        await escrow.unpledge(day.community, member(), PLEDGE);
        expect(await escrow.releasePledge.staticCall(day.community, member())).to.equal(0n);
        await escrow.releasePledge(day.community, member());
        const { free } = await escrow.account(day.community, member());
        await escrow.withdraw(day.community, member(), owner(), free);
      });
      expect((await day.escrow.account(day.community, member())).free).to.equal(0n);
    });

    it("when its member asked its pledge back as soon as it had committed", async function () {
      await expectStands("before", async () => await asOwner().escrow.unpledge(day.community, member(), PLEDGE));
    });

    it("when its member bumps its epoch", async function () {
      await expectStands("after", async () => await asOwner().escrow.bumpEpoch(day.community, member()));
    });

    it("when its owner rotates the trading key, or did so in the period of the gate", async function () {
      const { address } = key(900);
      await expectStands(
        "after",
        async () => await asOwner().registry.rotateTradingKey(day.community, member(), address),
      );
      day = await connection.networkHelpers.loadFixture(build);
      await expectStands(
        "before",
        async () => await asOwner().registry.rotateTradingKey(day.community, member(), address),
      );
    });

    it("when its owner stops trading", async function () {
      await expectStands("after", async () => await asOwner().registry.setTrading(day.community, member(), false));
    });

    it("when its owner switches the order book off", async function () {
      await expectStands("after", async () => await asOwner().escrow.enableModule(day.community, member(), 0, false));
    });

    it("when the coordinator suspends its member, or did so in the period of the gate", async function () {
      await expectStands("after", async () => await asCoordinator().setSuspended(day.community, member(), true));
      day = await connection.networkHelpers.loadFixture(build);
      await expectStands("before", async () => await asCoordinator().setSuspended(day.community, member(), true));
    });

    it("when the coordinator pauses the community, before the gate or behind it", async function () {
      await expectStands("after", async () => await asCoordinator().pause(day.community));
      day = await connection.networkHelpers.loadFixture(build);
      await expectStands("before", async () => await asCoordinator().pause(day.community));
      expect((await day.registry.trading(day.community)).paused).to.equal(true);
    });

    it("when the coordinator no longer names its relayer", async function () {
      await asCoordinator().nameRelayer(day.community, day.relayer(0), true);
      await expectStands("after", async () => await asCoordinator().nameRelayer(day.community, day.relayer(0), false));
    });

    it("when the member's caps are lowered below it", async function () {
      const { changeCaps } = membership(day);
      await expectStands("after", async () => await changeCaps(member(), day.home(0).owner, 1, 1));
    });

    it("when the member's tariff class changes: it reserves what it would have", async function () {
      const { changeClass } = membership(day);
      await expectStands("after", async () => await changeClass(member(), day.home(0).owner, 1));
    });

    it("when its meter is leaving", async function () {
      await expectStands("after", async () => await asCoordinator().unbindMeter(day.community, member()));
    });

    it("when its deadline runs out between the gate and the reveal", async function () {
      bundle = bundleOf([await sign({ deadline: day.gateOf() })]);
      await expectStands("after", () => Promise.resolve());
    });

    it("when its member falls into debt", async function () {
      const { community, escrow } = day;
      // The gate of the next period but one, behind which the first one can be settled.
      day = { ...day, period: day.period + 1, gateOf: (of) => day.gate(0, of ?? day.period) };
      const { free } = await escrow.account(community, member());
      await asOwner().escrow.withdraw(community, member(), owner(), free);
      await day.goTo(day.periodStart(day.period - 1));
      bundle = bundleOf([await sign({ period: day.period })]);
      await expectStands("after", async () => {
        await fallIntoDebt({ ...day, period: day.period - 2 }, day.home(0));
        await escrow.connect(day.supplier).setCreditLine(community, member(), 0);
        expect((await escrow.standing(community, member())).inDebt).to.equal(true);
      });
    });

    it("when anyone hands in a reading of the older period in the same place of the ring: that is settled at once, or waits", async function () {
      const { community, escrow, settlement, registry } = day;
      const idle = day.home(1);
      // A period that nobody read: no journal of it is open, so the period that comes round to its place takes orders.
      const old = Number((await settlement.meterState(community, idle.member)).nextPeriod);
      const ring = Number(((await registry.terms(community)) >> 96n) & 0xffn);
      day = { ...day, period: old + ring, gateOf: (of) => day.gate(0, of ?? day.period) };
      await day.goTo(day.periodStart(day.period - 1));
      bundle = bundleOf([await sign({ period: day.period })]);
      await expectStands("after", async () => {
        const reading = await new Registers(day).read(idle, old, valuesAt({}));
        const item = await metered(day, idle, old, reading);
        await expect(settlement.meter(community, old, [item]))
          .to.emit(settlement, "ItemSkipped")
          .withArgs(community, idle.member, old, Skip.RingBusy);
        await settlement.meterAndSettle(community, old, [item]);
        expect(await escrow.journals(community, old)).to.deep.equal([1n, 1n]);
      });
    });

    describe("when another module would fill its member's journal", function () {
      const FULL = packHead({ entries: 2_048 });
      const fill = async (period: number) => {
        const { community, escrow, coordinator } = day;
        return await puppet.append(escrow, community, member(), period, FULL, "0x", 0, 0n, coordinator);
      };
      const plug = async () => await day.ethers.deployContract("PuppetModule");
      let puppet: Awaited<ReturnType<typeof plug>>;

      beforeEach(async function () {
        puppet = await plug();
        await plugIn(day, puppet, [day.home(0)]);
      });

      it("while it is revealed: that is refused, and goes through afterwards", async function () {
        await expectStands("after", async () => {
          await expect(fill(day.period))
            .to.be.revertedWithCustomError(day.escrow, "PeriodNotOpen")
            .withArgs(day.community, day.period);
        });
        await day.at(day.gateOf() + WINDOW - 1);
        await expect(fill(day.period)).to.be.revertedWithCustomError(day.escrow, "PeriodNotOpen");
        await day.at(day.gateOf() + WINDOW);
        const record = puppet.append(
          day.escrow,
          day.community,
          member(),
          day.period,
          packHead({}),
          "0x",
          0,
          0n,
          puppet,
        );
        await (await record).wait();
      });

      it("of the period before: no order of that is revealed", async function () {
        await expectStands("after", async () => await fill(day.period - 1));
      });
    });

    it("when its member places orders itself: those are refused", async function () {
      await expectStands("after", async () => {
        for (const entries of [[buy(0, 30, 1)], [buy(3, 30, 1)]]) {
          const call = day.auction.connect(owner()).place(day.community, day.period, await sign({ entries }));
          await expect(call).to.be.revertedWithCustomError(day.sealedAuction, "EntryRefused").withArgs(0, 5); // GateClosed
        }
      });
    });

    describe("when its member places orders of a later period itself", function () {
      const later = () => day.period + 1;
      const place = async (lots: number) => {
        const strip = await sign({ period: later(), maxReserve: TAKES, entries: [buy(1, 30, lots)] });
        return day.auction.connect(owner()).place(day.community, later(), strip);
      };

      beforeEach(async function () {
        day = await connection.networkHelpers.loadFixture(buildLong);
        strip = await sign({ maxReserve: TAKES });
        bundle = bundleOf([strip]);
      });

      it("out of what backs it: that is refused while it is revealed, and goes through afterwards", async function () {
        await expectStands("after", async () => {
          for (const lots of [1, LOTS]) {
            await expect(place(lots)).to.be.revertedWithCustomError(day.escrow, "InsufficientPledge");
          }
        });
        await asOwner().escrow.pledge(day.community, member(), TAKES);
        await day.goTo(day.gateOf() + WINDOW);
        await (await place(LOTS)).wait();
      });

      it("out of money that came in after the gate: they stand beside it, up to that money", async function () {
        await expectStands("after", async () => {
          const { escrow } = asOwner();
          await escrow.pledge(day.community, member(), TAKES - 1n);
          await expect(place(LOTS))
            .to.be.revertedWithCustomError(escrow, "InsufficientPledge")
            .withArgs(TAKES, TAKES - 1n);
          await escrow.pledge(day.community, member(), 1n);
          await (await place(LOTS)).wait();
          const { pledged } = await escrow.standingAtGate(day.community, member(), day.period);
          expect(pledged).to.equal(TAKES);
        });
      });
    });
  });

  describe("stands beside what other relayers committed to", function () {
    const copies = {
      "the same strip": () => Promise.resolve(strip),
      "another strip of its member": async () => await sign({ entries: [buy(1, 63, 1)] }),
    };
    for (const [what, other] of Object.entries(copies)) {
      it(`when another relayer has ${what}: the first that is revealed counts`, async function () {
        const second = bundleOf([await other()]);
        await commit(day, day.relayer(0), bundle);
        await commit(day, day.relayer(1), second);
        await day.atTurn();
        const { skipped, records } = await revealed(day, 0, bundle, { clears: true });
        expect([skipped.length, records.length]).to.deep.equal([0, 1]);
        const late = await revealed(day, 1, second, { clears: true });
        expect(late.skipped.map(({ reason }) => reason)).to.deep.equal(["WrongFrontier"]);
        expect(late.records).to.deep.equal([]);
        expect(late.cleared).to.have.length(1);
      });
    }

    it("when the relayer before withholds it: the second one's copy counts", async function () {
      await commit(day, day.relayer(0), bundle);
      await commit(day, day.relayer(1), bundle);
      await day.atTurn(1);
      const { skipped, records } = await revealed(day, 1, bundle, { clears: true });
      expect([skipped.length, records.length]).to.deep.equal([0, 1]);
    });
  });

  describe("can be voided by its member before the gate", function () {
    it("with a new epoch", async function () {
      await expectSkipped(
        "before",
        "WrongEpoch",
        async () => await asOwner().escrow.bumpEpoch(day.community, member()),
      );
    });

    it("by stopping", async function () {
      await expectSkipped(
        "before",
        "NotActive",
        async () => await asOwner().registry.setTrading(day.community, member(), false),
      );
    });

    it("by switching the order book off", async function () {
      await expectSkipped(
        "before",
        "ModuleOff",
        async () => await asOwner().escrow.enableModule(day.community, member(), 0, false),
      );
    });

    it("with an order of its own, which covers its slot", async function () {
      const own = await sign({ entries: [buy(2, 30, 1)] });
      const { skipped } = await play(
        "before",
        async () => await day.auction.connect(owner()).place(day.community, day.period, own),
      );
      expect(skipped.map(({ reason }) => reason)).to.deep.equal(["WrongFrontier"]);
    });

    it("with records of another module that fill its journal", async function () {
      const puppet = await day.ethers.deployContract("PuppetModule");
      await plugIn(day, puppet, [day.home(0)]);
      const { community, escrow, period, coordinator } = day;
      const full = packHead({ entries: 2_048 });
      await expectSkipped(
        "before",
        "TooManyEntries",
        async () => await puppet.append(escrow, community, member(), period, full, "0x", 0, 0n, coordinator),
      );
    });

    it("with a deadline before it", async function () {
      bundle = bundleOf([await sign({ deadline: day.gateOf() - 1 })]);
      await expectSkipped("after", "Expired", () => Promise.resolve());
    });
  });

  describe("cannot be made good behind the gate", function () {
    it("by pledging late", async function () {
      const poor = day.home(1);
      bundle = bundleOf([await sign({ home: poor })]);
      await expectSkipped(
        "after",
        "Underfunded",
        async () => await day.escrow.connect(day.as(poor)).pledge(day.community, poor.member, PLEDGE),
      );
      expect(await day.pledgeOf(poor)).to.equal(PLEDGE);
    });

    it("by a new epoch, a new key or a module enabled late", async function () {
      const [before, after] = [await sign({ epoch: 1 }), await sign({ signer: key(900) })];
      bundle = bundleOf([before, after]);
      const { skipped } = await play("after", async () => {
        await asOwner().escrow.bumpEpoch(day.community, member());
        await asOwner().registry.rotateTradingKey(day.community, member(), key(900).address);
      });
      expect(skipped.map(({ reason }) => reason)).to.deep.equal(["WrongEpoch", "BadSignature"]);
      day = await connection.networkHelpers.loadFixture(build);
      bundle = bundleOf([strip]);
      await asOwner().escrow.enableModule(day.community, member(), 0, false);
      await expectSkipped(
        "after",
        "ModuleOff",
        async () => await asOwner().escrow.enableModule(day.community, member(), 0, true),
      );
    });
  });

  it("is not revealed before its gate, and clears once at most", async function () {
    await commit(day, day.relayer(0), bundle);
    await day.at(day.gateOf() - 1);
    await expect(reveal(day, 0, bundle))
      .to.be.revertedWithCustomError(day.commitBook, "BeforeGate")
      .withArgs(day.period, day.gateOf());
    await day.atTurn();
    expect((await revealed(day, 0, bundle, { clears: true })).cleared).to.have.length(1);
    expect((await clear(day, [1])).cleared).to.deep.equal([]);
  });
});
