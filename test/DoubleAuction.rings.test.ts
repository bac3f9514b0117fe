import { expect } from "chai";
import { connect, flatValues, type HomeKeys } from "./helpers/market.ts";
import { buy, clear, openDay, post, sell, shortTerms, stateOf, stripReason } from "./helpers/auction.ts";
import type { Day } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";

const connection = await connect();
const { ethers, networkHelpers } = connection;

/** Books come back after three periods, journals and results after five. */
const BOOKS = 3;
const JOURNALS = 5;

async function threeHomes() {
  return await openDay(connection, [{}, {}, {}], { terms: shortTerms });
}

async function threeHomesByDay() {
  return await openDay(connection, [{}, {}, {}], { terms: { ...shortTerms, slotsPerPeriod: 96, tickCount: 64 } });
}

const sign = async (day: Day, home: HomeKeys, period: number, entries = [buy(0, 9, 3), sell(1, 9, 2)], after = 0) =>
  await day.signStrip({ home, period, entries, after });

const place = (day: Day, home: HomeKeys, strip: Awaited<ReturnType<typeof sign>>, period: number) =>
  day.auction.connect(home.owner.connect(ethers.provider)).place(day.community, period, strip);

/** Settles a home whose period is over and cleared. */
async function settle(day: Day, home: HomeKeys, period: number) {
  const records = await day.recordsOf(home.member, period);
  const reading = await day.signReading({ home, period, values: flatValues(4, 0, 0) });
  await day.settlement.meterAndSettle(day.community, period, [{ member: home.member, reading, records }]);
}

/** In groups of 24 slots: 0 and 1 share one, 30 and 60 are in others. */
describe("A ring entry of the book", function () {
  it("takes no order while an older slot in it is not cleared, and keeps nothing of the strip", async function () {
    const day = await networkHelpers.loadFixture(threeHomesByDay);
    const { home, period } = day;
    const later = period + BOOKS;
    await post(day, [await sign(day, home(0), period, [buy(30, 9, 3)])]);
    await day.goTo(day.periodStart(period + 1));
    const bad = await sign(day, home(1), later, [
      buy(0, 9, 4),
      sell(0, 9, 1),
      buy(1, 3, 2),
      buy(30, 9, 3),
      buy(60, 9, 3),
    ]);
    const before = await stateOf(day, bad.member, later);
    const good = [await sign(day, home(0), later), await sign(day, home(2), later)] as const;
    const { skipped, records, refused } = await post(day, [good[0], bad, good[1]], later);
    expect(skipped).to.deep.equal([{ member: BigInt(bad.member), index: 1n, reason: "RingBusy" }]);
    expect(refused).to.deep.equal([]);
    // Three lots stand before the second good strip's, not seven.
    expect(records.map(({ payload }) => payload.slice(-8))).to.deep.equal(["00000000", "00030002"]);
    expect(await stateOf(day, bad.member, later)).to.deep.equal(before);
    const [first, second] = [await day.bookAt(day.slot(0, later)), await day.bookAt(day.slot(1, later))];
    expect([first.bids[9], first.asks[9], second.bids[3], second.asks[9]]).to.deep.equal([6n, 0n, 0n, 4n]);
    await expect(place(day, home(1), bad, later))
      .to.be.revertedWithCustomError(day.auction, "StripRefused")
      .withArgs(stripReason("RingBusy"));
    // Clearing makes it free.
    expect((await clear(day, [30])).cleared).to.have.length(1);
    expect((await post(day, [bad], later)).records[0]?.payload.slice(-20)).to.equal("00060000000000000000");
    expect((await day.bookAt(day.slot(30, later))).bids[9]).to.equal(3n);
  });

  it("names RingBusy even where entries before the busy slot are refused, and in an own transaction too", async function () {
    const day = await networkHelpers.loadFixture(threeHomesByDay);
    const { home, period } = day;
    await post(day, [await sign(day, home(0), period, [buy(30, 9, 3)])]);
    await day.goTo(day.periodStart(period + 1));
    const bad = await sign(day, home(1), period + BOOKS, [buy(0, 9, 0), buy(0, 64, 1), buy(30, 9, 3)]);
    expect((await post(day, [bad], period + BOOKS)).skipped[0]).to.include({ reason: "RingBusy" });
    await expect(place(day, home(1), bad, period + BOOKS))
      .to.be.revertedWithCustomError(day.auction, "StripRefused")
      .withArgs(stripReason("RingBusy"));
    // An entry that is refused for itself does not look at the ring.
    const spared = await sign(day, home(1), period + BOOKS, [buy(0, 9, 1), buy(30, 9, 0)]);
    expect((await post(day, [spared], period + BOOKS)).refused[0]?.reasons).to.deep.equal(["None", "ZeroLots"]);
  });

  it("undoes a strip beside volume from batches before, tick word by tick word", async function () {
    const day = await networkHelpers.loadFixture(threeHomesByDay);
    const { home, period } = day;
    const later = period + BOOKS;
    await post(day, [await sign(day, home(0), period, [buy(30, 9, 3)])]);
    await day.goTo(day.periodStart(period + 1));
    await post(day, [await sign(day, home(0), later, [buy(0, 9, 3), buy(0, 20, 1), sell(0, 31, 2)])], later);
    const stored = await day.bookAt(day.slot(0, later));
    const bad = await sign(day, home(1), later, [
      buy(0, 0, 1),
      buy(0, 9, 4),
      buy(0, 31, 9),
      sell(0, 0, 5),
      buy(30, 0, 1),
    ]);
    expect((await post(day, [bad], later)).skipped[0]).to.include({ reason: "RingBusy" });
    expect(await day.bookAt(day.slot(0, later))).to.deep.equal(stored);
    // In one batch with a strip that touches the same words before and after.
    const [before, after] = [
      await sign(day, home(0), later, [buy(1, 9, 3)], 1),
      await sign(day, home(2), later, [buy(0, 9, 1), buy(1, 9, 1)]),
    ];
    const batch = await post(
      day,
      [before, await sign(day, home(1), later, [buy(0, 9, 7), buy(1, 8, 1), buy(30, 0, 1)]), after],
      later,
    );
    expect(batch.skipped.map(({ index }) => index)).to.deep.equal([1n]);
    expect(batch.records.map(({ payload }) => payload.slice(-4))).to.deep.equal(["0000", "0003"]);
    expect((await day.bookAt(day.slot(0, later))).bids[9]).to.equal(4n);
  });

  it("of a slot that never had volume is free without clearing", async function () {
    const day = await networkHelpers.loadFixture(threeHomesByDay);
    const { home, period } = day;
    await post(day, [await sign(day, home(0), period, [buy(30, 9, 3)])]);
    await day.goTo(day.periodStart(period + 1));
    const strip = await sign(day, home(1), period + BOOKS, [buy(0, 9, 4), buy(1, 9, 4), buy(60, 9, 4)]);
    expect((await post(day, [strip], period + BOOKS)).records).to.have.length(1);
  });

  it("reads as empty for every slot but its own, over several turns", async function () {
    const day = await networkHelpers.loadFixture(threeHomesByDay);
    const { home, period } = day;
    for (let turn = 0; turn < 3; turn++) {
      const now = period + turn * BOOKS;
      await day.goTo(day.periodStart(now));
      // Fewer words than in the turn before: what is left of it must read as zero.
      const entries = [buy(60, 1, 3), buy(60, 20, 2), sell(60, 1, 1), sell(60, 20, 4)].slice(turn);
      await post(day, [await sign(day, home(turn), now, entries)], now);
      const { bids, asks } = await day.bookAt(day.slot(60, now));
      const total = [...bids, ...asks].reduce((a, b) => a + b, 0n);
      expect(total).to.equal(BigInt(entries.reduce((lots, entry) => lots + entry.lots, 0)));
      for (const other of [now - BOOKS, now + BOOKS]) {
        const book = await day.bookAt(day.slot(60, other));
        expect([...book.bids, ...book.asks].every((lots) => lots === 0n)).to.equal(true);
      }
      await networkHelpers.time.increaseTo(day.gate(60, now));
      expect((await clear(day, [60], now)).cleared).to.have.length(1);
    }
  });
});

describe("A ring entry of journals", function () {
  it("takes no strip for a member whose older period is not settled", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, period } = day;
    const later = period + JOURNALS;
    await post(day, [await sign(day, home(0), period)]);
    await day.goTo(day.periodStart(later - 2));
    await clear(day, [0, 1]);
    const strip = await sign(day, home(0), later);
    expect((await post(day, [strip], later)).skipped).to.deep.equal([
      { member: BigInt(strip.member), index: 0n, reason: "RingBusy" },
    ]);
    await expect(place(day, home(0), strip, later))
      .to.be.revertedWithCustomError(day.auction, "StripRefused")
      .withArgs(stripReason("RingBusy"));
    await settle(day, home(0), period);
    expect((await post(day, [strip], later)).records).to.have.length(1);
  });

  it("takes no strip from anybody while anyone's older period is not settled", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, period } = day;
    const later = period + JOURNALS;
    await post(day, [await sign(day, home(0), period)]);
    await day.goTo(day.periodStart(later - 2));
    const strip = await sign(day, home(1), later);
    expect((await post(day, [strip], later)).skipped).to.deep.equal([
      { member: BigInt(strip.member), index: 0n, reason: "RingBusy" },
    ]);
    await clear(day, [0, 1]);
    await settle(day, home(0), period);
    expect((await post(day, [strip], later)).records).to.have.length(1);
  });
});

/** In words of three slots, or of two where ticks are wide. */
describe("A ring entry of results", function () {
  for (const wideTicks of [false, true]) {
    it(`is the same whatever the order and the calls slots clear in, ${wideTicks ? "two" : "three"} in a word`, async function () {
      const offsets = [0, 1, 2, 3, 4, 5, 6, 7];
      const ways: readonly (readonly number[])[][] = [
        [offsets],
        offsets.map((offset) => [offset]),
        [
          [7, 0, 5],
          [2, 2, 0],
          [6, 4, 3, 1],
        ],
        [[1], [5, 4], [3, 7, 2, 6, 0]],
      ];
      const seen = [];
      for (const calls of ways) {
        const day = await openDay(connection, [{}, {}], { terms: { ...shortTerms, slotsPerPeriod: 8, wideTicks } });
        const { home, auction, community } = day;
        const period = day.period + 1;
        // In turn bids are long, asks are long, nothing trades, the price is a midpoint above a bid at the margin.
        const asks = offsets.map((slot) => sell(slot, slot % 4 === 2 ? 12 : 4, 3 + (slot % 2) * 2 + slot));
        const bids = offsets.flatMap((slot) =>
          slot % 4 === 3 ? [buy(slot, 4, 1), buy(slot, 9, 5 + slot)] : [buy(slot, 4, 5 - (slot % 2) * 2 + slot)],
        );
        await post(day, [await sign(day, home(0), period, asks), await sign(day, home(1), period, bids)], period);
        await day.goTo(day.periodStart(period + 1));
        const cleared = [];
        for (const call of calls) {
          cleared.push(...(await clear(day, call, period)).cleared.map(({ slot }) => Number(slot)));
        }
        expect(cleared.sort((a, b) => a - b)).to.deep.equal(offsets.map((offset) => day.slot(offset, period)));
        const results = offsets.map(async (offset) => [...(await day.resultAt(day.slot(offset, period)))]);
        seen.push({ results: await Promise.all(results), context: [...(await auction.contextOf(community, period))] });
      }
      for (const each of seen) expect(each).to.deep.equal(seen[0]);
      const told = at(seen, 0).results;
      expect(told.slice(0, 4)).to.deep.equal([
        [true, 4n, 4n, 76n, 3n, 0n, 3n, 5n],
        [true, 4n, 4n, 76n, 4n, 1n, 4n, 6n],
        [true, 255n, 255n, 0n, 0n, 0n, 0n, 0n],
        [true, 4n, 6n, 84n, 8n, 0n, 0n, 1n],
      ]);
    });
  }

  it("keeps the slots of a word apart, and none of an older period's once one of a newer clears", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home } = day;
    const period = day.period + 1;
    const later = period + JOURNALS;
    const clearedOf = async (of: number) => {
      const results = [0, 1, 2, 3].map(async (offset) => await day.resultAt(day.slot(offset, of)));
      return (await Promise.all(results)).map(({ cleared }) => cleared);
    };
    const entries = [buy(0, 9, 3), sell(0, 9, 3), sell(2, 9, 1), sell(3, 9, 1)];
    await post(day, [await sign(day, home(0), period, entries)], period);
    await day.goTo(day.periodStart(period + 1));
    await clear(day, [2, 0, 3], period);
    expect(await clearedOf(period)).to.deep.equal([true, false, true, true]);
    for (let read = day.period; read < later - 1; read++) {
      if (read > period) await day.goTo(day.periodStart(read + 1));
      await settle(day, home(0), read);
    }
    await post(day, [await sign(day, home(0), later, [buy(1, 9, 2), sell(1, 9, 2)])], later);
    await day.goTo(day.periodStart(later + 1));
    expect(await clearedOf(period)).to.deep.equal([true, false, true, true]);
    await clear(day, [1], later);
    expect(await clearedOf(later)).to.deep.equal([false, true, false, false]);
    // The word of the first three slots is the newer period's, that of the fourth still the older's.
    expect(await clearedOf(period)).to.deep.equal([false, false, false, true]);
  });

  it("answers for its own slot only, over several turns", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, period } = day;
    const lots = async (of: number) => {
      const { cleared, lots: volume } = await day.resultAt(day.slot(1, of));
      return cleared ? volume.toString() : "not cleared";
    };
    for (let turn = 0; turn < 3; turn++) {
      const now = period + turn * JOURNALS;
      await day.goTo(day.periodStart(now));
      const both = [buy(1, 9, 3 + turn), sell(1, 9, 4)];
      await post(day, [await sign(day, home(0), now, both)], now);
      expect(await lots(now)).to.equal("not cleared");
      await day.goTo(day.periodStart(now + 1));
      await clear(day, [1], now);
      expect(await lots(now)).to.equal(String(Math.min(3 + turn, 4)));
      expect(await lots(now - JOURNALS)).to.equal("not cleared");
      expect(await lots(now + JOURNALS)).to.equal("not cleared");
      // Readings have no holes: the periods up to the next turn are read too.
      for (let read = now; read < now + JOURNALS; read++) {
        await day.goTo(day.periodStart(read + 1));
        await settle(day, home(0), read);
      }
    }
  });
});
