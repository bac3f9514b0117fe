import { expect } from "chai";
import { id } from "ethers";
import { connect, type Entry, type HomeKeys } from "./helpers/market.ts";
import { buy, clear, openDay, post, sell, type Day } from "./helpers/auction.ts";

const connection = await connect();
const { ethers, networkHelpers } = connection;

/** Books come back after three periods. */
const BOOKS = 3;

/** With 32 tick words a group holds six slots: these periods have two of them and a third with four slots. */
const GROUP = 6;
const SLOTS = 16;
const wide = { slotsPerPeriod: SLOTS, tickCount: 128, wideTicks: true };

/** Journals come back long after the books do. */
const deadlines = { readingDeadline: 1, correctionWindow: 2, claimWindow: 30 * SLOTS * 900 };

async function threeHomes() {
  return await openDay(connection, [{}, {}, {}], { terms: { ...wide, ...deadlines } });
}

const offsets = (count: number) => Array.from({ length: count }, (_, offset) => offset);

/** Orders of a home, each slot in a strip of its own: which of these the book has no room for. */
async function busyFor(day: Day, home: HomeKeys, period: number, slots: readonly number[]) {
  const busy: number[] = [];
  let after = 0;
  for (const slot of slots) {
    const strip = await day.signStrip({ home, period, entries: [buy(slot, 9, 1)], after });
    const { skipped } = await post(day, [strip], period);
    if (skipped.length === 0) after = slot + 1;
    else if (skipped[0]?.reason === "RingBusy") busy.push(slot);
    else throw new Error(skipped[0]?.reason);
  }
  return busy;
}

const volumeOf = async (day: Day, slot: number, period: number) => {
  const { bids, asks } = await day.bookAt(day.slot(slot, period));
  return [...bids, ...asks].reduce((sum, lots) => sum + Number(lots), 0);
};

describe("A group of slots", function () {
  it("with an older slot that is not cleared takes no orders, the others do, until anybody clears that", async function () {
    this.timeout(120_000);
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, period, auction, community } = day;
    const later = period + BOOKS;
    const old = [buy(1, 9, 5), buy(7, 9, 3), sell(7, 9, 2), sell(11, 100, 4), buy(15, 127, 1)];
    await post(day, [await day.signStrip({ home: home(0), period, entries: old })]);
    await day.goTo(day.periodStart(period + 1));
    expect((await clear(day, [1, 11, 15])).cleared).to.have.length(3);
    expect(await busyFor(day, home(1), later, offsets(SLOTS))).to.deep.equal(offsets(GROUP).map((k) => GROUP + k));
    // What newer orders took over reads as empty for the older period, the rest as it was.
    const volumes = async (of: number) => await Promise.all(offsets(SLOTS).map((slot) => volumeOf(day, slot, of)));
    const before = await volumes(period);
    expect(before).to.deep.equal(offsets(SLOTS).map((slot) => ({ 7: 5, 11: 4 })[slot] ?? 0));
    await auction.connect(day.stranger).clear(community, [day.slot(7)]);
    expect((await day.resultAt(day.slot(7))).lots).to.equal(2n);
    expect(await busyFor(day, home(2), later, offsets(SLOTS))).to.deep.equal([]);
    expect(await volumes(period)).to.deep.equal(offsets(SLOTS).map(() => 0));
    expect(await volumes(later)).to.deep.equal(offsets(SLOTS).map((slot) => (slot >= 6 && slot < 12 ? 1 : 2)));
    // Nothing is left to clear of the older period, and the newer one's slots are its own.
    expect((await clear(day, offsets(SLOTS))).cleared).to.deep.equal([]);
    await day.goTo(day.periodStart(later + 1));
    expect((await clear(day, offsets(SLOTS), later)).cleared).to.have.length(SLOTS);
  });

  it("stays with its older period over several wraps, which can clear it all the time", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, period } = day;
    await post(day, [await day.signStrip({ home: home(0), period, entries: [buy(15, 9, 5), sell(15, 3, 5)] })]);
    for (let wrap = 1; wrap <= 3; wrap++) {
      const later = period + wrap * BOOKS;
      await day.goTo(day.periodStart(later));
      expect(await busyFor(day, home(1), later, [10, 11, 12, 15])).to.deep.equal([12, 15]);
      expect(await volumeOf(day, 15, period)).to.equal(10);
      await day.goTo(day.periodStart(later + 1));
      expect((await clear(day, [12, 11, 15, 10], later)).cleared.map(({ lots }) => lots)).to.deep.equal([0n, 0n]);
    }
    expect((await clear(day, [15])).cleared.map(({ lots }) => lots)).to.deep.equal([5n]);
    const last = period + 4 * BOOKS;
    await day.goTo(day.periodStart(last));
    expect(await busyFor(day, home(1), last, [10, 11, 12, 15])).to.deep.equal([]);
  });

  const layouts = {
    "several and a part of one": wide,
    "as many as a day of 128 ticks needs": { slotsPerPeriod: 96, tickCount: 128 },
    "a part of one": { slotsPerPeriod: 4, tickCount: 32 },
    "one slot": { slotsPerPeriod: 1, tickCount: 64, slotDuration: 3600 },
    "the longest period": { slotsPerPeriod: 144, tickCount: 64, slotDuration: 300 },
  };
  for (const [name, terms] of Object.entries(layouts)) {
    it(`never shows what an older period left, wrap after wrap: ${name}`, async function () {
      this.timeout(240_000);
      const slots = terms.slotsPerPeriod;
      const seconds = slots * ("slotDuration" in terms ? terms.slotDuration : 900);
      const day = await openDay(connection, [{}, {}], {
        terms: { ...terms, ...deadlines, claimWindow: 30 * seconds },
      });
      const { home } = day;
      const dice = diceOf(name);
      const before = async (period: number) => {
        await day.goTo(day.periodStart(period) - 500);
      };
      await before(day.period + 1);
      for (let turn = 1; turn <= 4 * BOOKS; turn++) {
        const period = day.period + turn;
        const expected = new Map<string, bigint>();
        const chosen = offsets(slots).filter((slot) => slot === slots - 1 || dice(3) === 0);
        for (const [index, some] of [chosen, chosen.filter(() => dice(2) === 0)].entries()) {
          const entries = some.map((slot): Entry => {
            const order = {
              slot,
              side: dice(2) === 0 ? "buy" : "sell",
              tick: dice(terms.tickCount),
              lots: 1 + dice(9),
            } as const;
            const key = `${String(slot)} ${order.side} ${String(order.tick)}`;
            expected.set(key, (expected.get(key) ?? 0n) + BigInt(order.lots));
            return order;
          });
          if (entries.length === 0) continue;
          const { records } = await post(day, [await day.signStrip({ home: home(index), period, entries })], period);
          expect(records).to.have.length(1);
        }
        const found = new Map<string, bigint>();
        for (const slot of offsets(slots)) {
          const { bids, asks } = await day.bookAt(day.slot(slot, period));
          for (const [side, lots] of [
            ["buy", bids],
            ["sell", asks],
          ] as const) {
            for (const [tick, volume] of lots.entries()) {
              if (volume !== 0n) found.set(`${String(slot)} ${side} ${String(tick)}`, volume);
            }
          }
        }
        const sorted = (book: Map<string, bigint>) => [...book].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(found), `turn ${String(turn)}`).to.deep.equal(sorted(expected));
        for (const other of [period - BOOKS, period + BOOKS]) {
          for (const slot of chosen.slice(-2)) expect(await volumeOf(day, slot, other)).to.equal(0);
        }
        await before(period + 1); // the last gate is closed by then
        const due = shuffled(chosen, dice);
        const { cleared } = await clear(day, [...due.slice(0, dice(due.length)), ...due, ...due], period);
        expect(new Set(cleared.map(({ slot }) => Number(slot)))).to.deep.equal(
          new Set(due.map((slot) => day.slot(slot, period))),
        );
        expect(cleared).to.have.length(due.length);
      }
    });
  }

  it("is stored alike in whatever order, split and repetition its slots are cleared", async function () {
    this.timeout(120_000);
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, period } = day;
    const next = period + 1;
    for (const [index, of] of [period, next].entries()) {
      const some = offsets(SLOTS).filter((slot) => slot % 5 !== index);
      const entries = some.flatMap((slot) => [buy(slot, 9 + slot, 3), sell(slot, slot, 1 + slot)]);
      await post(day, [await day.signStrip({ home: home(index), period: of, entries })], of);
    }
    await day.goTo(day.periodStart(next + 1));
    const all = [period, next].flatMap((of) => offsets(SLOTS).map((offset) => day.slot(offset, of)));
    const snapshot = await networkHelpers.takeSnapshot();
    const play = async (calls: readonly (readonly number[])[]) => {
      await snapshot.restore();
      for (const slots of calls) await day.auction.clear(day.community, [...slots], { gasLimit: 2 ** 24 });
      return await storageOf(day, all);
    };
    const plain = await play([all]);
    expect(plain.groups.filter((word) => word !== 0n)).to.have.length(6);
    const dice = diceOf("clear");
    for (let run = 0; run < 12; run++) {
      const order = shuffled([...all, ...all.slice(dice(all.length))], dice);
      const cut = dice(order.length);
      const calls = run % 2 === 0 ? [order] : [order.slice(0, cut), order.slice(cut), all.slice(0, dice(9))];
      expect(await play(calls), `run ${String(run)}`).to.deep.equal(plain);
    }
    expect(await play(all.map((slot) => [slot]))).to.deep.equal(plain);
  });

  it("is written once in a call to clear, however its slots come one after the other", async function () {
    const day = await networkHelpers.loadFixture(threeHomes);
    const { home, period, auction, community } = day;
    await post(day, [
      await day.signStrip({ home: home(0), period, entries: offsets(SLOTS).map((slot) => buy(slot, 9, 1)) }),
    ]);
    await day.goTo(day.periodStart(period + 1));
    const slots = offsets(SLOTS).map((offset) => day.slot(offset));
    const sent = await auction.clear(community, [...slots, ...slots], { gasLimit: 2 ** 24 });
    // The terms, which a community's first clearing keeps; two wide results per word; three groups. Of two rounds over them the
    // second has nothing to change.
    expect(await storesIn(sent.hash)).to.equal(1 + SLOTS / 2 + 3);
  });
});

/** A number below a bound, the same in every run. */
function diceOf(seed: string) {
  let state = BigInt(id(seed));
  return (below: number) => {
    state = BigInt(id(state.toString()));
    return Number(state % BigInt(below));
  };
}

function shuffled<T>(items: readonly T[], dice: (below: number) => number): T[] {
  return items
    .map((item) => ({ item, key: dice(1_000_000) }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

/** Words of the groups in the ring, and the results of slots. */
async function storageOf(day: Day, slots: readonly number[]) {
  const area = (BigInt(id("wattbook.auction.books")) >> 128n) << 128n;
  const groups: bigint[] = [];
  for (const entry of offsets(BOOKS * SLOTS)) {
    const place = area | (BigInt(day.community) << 24n) | (BigInt(entry) << 6n);
    groups.push(BigInt(await ethers.provider.getStorage(day.auction, place)));
  }
  const results = [];
  for (const slot of slots) results.push([...(await day.resultAt(slot))]);
  return { groups, results };
}

async function storesIn(hash: string): Promise<number> {
  const options = { disableMemory: true, disableStack: true, disableStorage: true };
  const { structLogs } = (await ethers.provider.send("debug_traceTransaction", [hash, options])) as {
    readonly structLogs: readonly { readonly op: string }[];
  };
  return structLogs.filter(({ op }) => op === "SSTORE").length;
}
