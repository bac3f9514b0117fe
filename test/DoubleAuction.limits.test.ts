import { expect } from "chai";
import type { Signer } from "ethers";
import { capsOf, entriesOf } from "../bench/gas/homes.ts";
import { MEASURED_DAY, warmWorld } from "../bench/gas/world.ts";
import { connect, type HomeKeys, postArguments } from "./helpers/market.ts";
import { buy, clear, fallIntoDebt, openDay, outcomeOf, post, sell, type Day } from "./helpers/auction.ts";
import { packRecord } from "./helpers/modules.ts";

const connection = await connect();
const { ethers, networkHelpers } = connection;

const entries = [buy(40, 10, 5), sell(41, 12, 7)];

async function threeHomes() {
  return await openDay(connection, [{}, {}, {}]);
}

/** Strips are for the period after the first one: it stays open while changes of members come into force. */
const target = (day: Day) => day.period + 1;
const signed = async (day: Day, home: HomeKeys, changes: Partial<Parameters<Day["signStrip"]>[0]> = {}) =>
  await day.signStrip({ home, period: target(day), entries, ...changes });
const as = (wallet: { connect(provider: typeof ethers.provider): Signer }) => wallet.connect(ethers.provider);

describe("Limits of a strip", function () {
  it("are met exactly: deadline, free balance, credit line", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    await fallIntoDebt(day, day.home(1));
    await day.escrow.connect(day.supplier).setCreditLine(day.community, day.home(1).member, 300_000);
    const deadline = (await networkHelpers.time.latest()) + 10;
    const strip = await signed(day, day.home(1), { deadline, maxReserve: 100_000_000n });
    const snapshot = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(deadline + 1);
    expect((await post(day, [strip], target(day))).skipped[0]).to.include({ reason: "Expired" });
    await snapshot.restore();
    await networkHelpers.time.setNextBlockTimestamp(deadline);
    expect((await post(day, [strip], target(day))).records).to.have.length(1);
  });

  it("take 2,048 entries in a period, and not one more", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const curve = (slot: number) => Array.from({ length: 64 }, (_, tick) => [buy(slot, tick, 1), sell(slot, tick, 1)]);
    const all = Array.from({ length: 16 }, (_, slot) => curve(slot).flat());
    const sorted = all.flatMap((slot) => slot.sort((a, b) => a.side.localeCompare(b.side)));
    const period = target(day);
    const strip = await signed(day, day.home(1), { entries: sorted });
    const { records, refused, gasUsed } = await post(day, [strip], period);
    expect(refused).to.deep.equal([]);
    expect(records).to.have.length(1);
    expect(gasUsed).to.be.lessThan(1n << 24n);
    const [, count] = await day.escrow.journal(day.community, strip.member, period);
    expect(count).to.equal(2048n);
    const more = await signed(day, day.home(1), { after: 16, entries: [buy(16, 0, 1)] });
    expect((await post(day, [more], period)).skipped[0]).to.include({ reason: "TooManyEntries" });
    // A period of its own is a journal of its own.
    const other = await day.signStrip({ home: day.home(1), period: day.period, entries });
    expect((await post(day, [other])).records).to.have.length(1);
  });

  it("count refused entries too", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signed(day, day.home(1), { entries: `0x000a0001${"000a0001".repeat(2046)}` });
    const { refused } = await post(day, [strip], target(day));
    expect(refused[0]?.reasons.filter((reason) => reason === "NotAscending")).to.have.length(2046);
    const two = await signed(day, day.home(1), { after: 1, entries: [buy(1, 0, 1), buy(2, 0, 1)] });
    expect((await post(day, [two], target(day))).skipped[0]).to.include({ reason: "TooManyEntries" });
    const one = await signed(day, day.home(1), { after: 1, entries: [buy(1, 0, 1)] });
    expect((await post(day, [one], target(day))).records).to.have.length(1);
  });

  it("take 255 records in a period, whichever module they are from", async function () {
    const day = await networkHelpers.loadFixture(twoModules);
    const { home, community, escrow, period } = day;
    const module = await ethers.getImpersonatedSigner(await day.euro.getAddress());
    await networkHelpers.setBalance(module.address, 10n ** 20n);
    const record = packRecord({ member: home(0).member, head: 0n });
    for (let i = 0; i < 255; i++) await escrow.connect(module).append(community, period, 1, module, record);
    const strip = await day.signStrip({ home: home(0), period, entries });
    const other = await day.signStrip({ home: home(1), period, entries });
    const { skipped, records } = await post(day, [strip, other]);
    expect(skipped).to.deep.equal([{ member: BigInt(strip.member), index: 0n, reason: "TooManyEntries" }]);
    expect(records).to.have.length(1);
  });
});

/** What a transaction may use at most, and what `docs/how-it-works.md` says fits it. */
const MOST_GAS = 1n << 24n;

describe("What fits a call", function () {
  it("is a post of 60 strips of 96 in which seven of eight entries are over the cap, with warm rings", async function () {
    this.timeout(240_000);
    const [strips, perEight] = [60, 8];
    const world = await warmWorld(strips, 64, () => undefined);
    const { gas, homes, period, ticks } = world;
    const { market } = gas;
    const over = capsOf(0).buyCap + 1;
    const signed60 = [];
    for (const [index, home] of homes.entries()) {
      // The good one of eight is another one from home to home, so that together they touch words of every slot.
      const mixed = entriesOf(home, MEASURED_DAY, ticks).map((entry, place) =>
        (place + index) % perEight === 0 ? entry : { ...entry, lots: over },
      );
      signed60.push(await market.signStrip({ home, period, entries: mixed, maxReserve: 500_000_000n, feePerEntry: 5 }));
    }
    const sent = market.auction.post(...postArguments(market.community, period, signed60), { gasLimit: MOST_GAS });
    const { skipped, refused, records, gasUsed } = await outcomeOf(market, sent);
    expect([skipped.length, records.length]).to.deep.equal([0, strips]);
    const reasons = refused.flatMap((each) => each.reasons).filter((reason) => reason !== "None");
    expect(reasons).to.deep.equal(new Array<string>((strips * 96 * 7) / perEight).fill("OverCap"));
    expect(gasUsed).to.be.lessThan(MOST_GAS);
  });

  for (const tickCount of [64, 128]) {
    it(`is clearing 144 slots of ${tickCount} ticks with every word live, even where their results are new`, async function () {
      const [slotCount, parts] = [144, 4];
      const rich = { deposit: 4_000_000_000n };
      const terms = { slotsPerPeriod: slotCount, slotDuration: 300, tickCount };
      const day = await openDay(connection, [rich, rich, rich, rich], { terms });
      const lowest = Array.from({ length: tickCount / 16 }, (_, word) => 16 * word);
      const period = target(day);
      for (let part = 0; part < parts; part++) {
        const slots = Array.from({ length: slotCount / parts }, (_, index) => (part * slotCount) / parts + index);
        const live = slots.flatMap((slot) => [
          ...lowest.map((tick) => buy(slot, tick, 1)),
          ...lowest.map((tick) => sell(slot, tick, 1)),
        ]);
        const strip = await signed(day, day.home(part), { entries: live, maxReserve: 2_000_000_000n });
        const { records, refused } = await post(day, [strip], period);
        expect([records.length, refused.length]).to.deep.equal([1, 0]);
      }
      await day.goTo(day.periodStart(period + 1));
      const offsets = Array.from({ length: slotCount }, (_, offset) => offset);
      const { cleared, gasUsed } = await clear(day, offsets, period);
      expect(cleared).to.have.length(slotCount);
      expect(cleared.every(({ lots }) => lots > 0n)).to.equal(true);
      expect(gasUsed).to.be.lessThan(MOST_GAS);
    });
  }
});

/** A market whose second module is any contract at all; a test speaks for it. */
async function twoModules() {
  const euro = await ethers.deployContract("LocalEuro");
  const day = await openDay(connection, [{ modules: 3 }, { modules: 1 }], { modules: [await euro.getAddress()] });
  return { ...day, euro };
}

describe("What no strip can pass", function () {
  it("is a period that is over or beyond the horizon", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { auction, community, period } = day;
    for (const closed of [period - 1, period + 3, 0, 2 ** 32 - 1]) {
      const strip = await day.signStrip({ home: day.home(0), period: closed, entries });
      await expect(auction.post(...postArguments(community, closed, [strip])))
        .to.be.revertedWithCustomError(auction, "PeriodNotOpen")
        .withArgs(community, closed);
      await expect(auction.connect(as(day.home(0).owner)).place(community, closed, strip))
        .to.be.revertedWithCustomError(auction, "PeriodNotOpen")
        .withArgs(community, closed);
    }
    for (const open of [period, period + 1, period + 2]) {
      const strip = await day.signStrip({ home: day.home(0), period: open, entries });
      expect((await post(day, [strip], open)).records).to.have.length(1);
    }
  });

  it("is a pause, until the period ends", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { auction, community, registry, coordinator } = day;
    await registry.connect(coordinator).pause(community);
    const strip = await signed(day, day.home(0));
    await expect(auction.post(...postArguments(community, target(day), [strip])))
      .to.be.revertedWithCustomError(auction, "TradingPaused")
      .withArgs(community);
    await expect(auction.connect(as(day.home(0).owner)).place(community, target(day), strip))
      .to.be.revertedWithCustomError(auction, "TradingPaused")
      .withArgs(community);
    await networkHelpers.time.setNextBlockTimestamp(day.periodStart(target(day)) - 1);
    await expect(auction.post(...postArguments(community, target(day), [strip]))).to.be.revertedWithCustomError(
      auction,
      "TradingPaused",
    );
    await networkHelpers.time.setNextBlockTimestamp(day.periodStart(target(day)));
    expect((await post(day, [strip], target(day))).records).to.have.length(1);
  });

  it("is an order book that the community did not name, or no community at all", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signed(day, day.home(0));
    const other = await ethers.deployContract("DoubleAuction", [day.registry, day.escrow]);
    await expect(other.post(...postArguments(day.community, target(day), [strip])))
      .to.be.revertedWithCustomError(other, "UnknownModule")
      .withArgs(day.community);
    await expect(day.auction.post(...postArguments(7, target(day), [strip])))
      .to.be.revertedWithCustomError(day.registry, "UnknownCommunity")
      .withArgs(7);
    await expect(day.auction.clear(7, [1]))
      .to.be.revertedWithCustomError(day.registry, "UnknownCommunity")
      .withArgs(7);
  });

  it("is an order book that is not the first module: its strips would have no frontier and could be replayed", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { community, registry, escrow, coordinator, supplier } = day;
    const second = await ethers.deployContract("DoubleAuction", [registry, escrow]);
    await registry.connect(coordinator).addModule(community, second);
    await escrow.connect(supplier).enableModule(community, 3, 1, true);
    await escrow.connect(as(day.home(0).owner)).enableModule(community, day.home(0).member, 1, true);
    const strip = await signed(day, day.home(0));
    await expect(second.post(...postArguments(community, target(day), [strip])))
      .to.be.revertedWithCustomError(second, "UnknownModule")
      .withArgs(community);
    await expect(second.connect(as(day.home(0).owner)).place(community, target(day), strip))
      .to.be.revertedWithCustomError(second, "UnknownModule")
      .withArgs(community);
  });

  it("is someone else's own transaction", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const strip = await signed(day, day.home(1));
    const strangers = [day.stranger, day.coordinator, as(day.home(0).owner), as(day.home(1).meter)];
    for (const stranger of strangers) {
      await networkHelpers.setBalance(await stranger.getAddress(), 10n ** 20n);
      await expect(day.auction.connect(stranger).place(day.community, target(day), strip))
        .to.be.revertedWithCustomError(day.auction, "NotTrader")
        .withArgs(day.community, strip.member, await stranger.getAddress());
    }
  });
});
