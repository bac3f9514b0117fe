import { expect } from "chai";
import type { Signer } from "ethers";
import { connect, type HomeKeys, postArguments } from "./helpers/market.ts";
import { buy, fallIntoDebt, openDay, post, sell, type Day } from "./helpers/auction.ts";
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
