/** What the lens reads out of order books, period after period, as the rings come round. */
import { expect } from "chai";
import fc from "fast-check";
import { buy, clear, openDay, sell, type Day } from "./helpers/auction.ts";
import { anyBooks, anyPlan, deepPockets, modelBook, postPlan, resultOf, type HomeOrder } from "./helpers/books.ts";
import { at } from "./helpers/lists.ts";
import { connect, flatValues, type TermsOverride } from "./helpers/market.ts";
import { bundleOf, commit, openSealedDay, reveal } from "./helpers/sealed.ts";
import { volumeAt } from "./reference/book.ts";
import { clear as clearModel, slotResultOf } from "./reference/clearing.ts";
import { runs } from "./reference/samples.ts";

const connection = await connect();
const { networkHelpers } = connection;

const HOMES = 3;
/** Periods that a run goes through: books come round four times, results twice. */
const PERIODS = 13;

/** Grids with one group of slots in a period and with several, with three results in a word and with two. */
const grids: Record<string, TermsOverride> = {
  "32 ticks": { slotsPerPeriod: 4, tickCount: 32 },
  "128 ticks": { slotsPerPeriod: 16, tickCount: 128 },
  "64 wide ticks": { slotsPerPeriod: 16, tickCount: 64, wideTicks: true },
};

/** What storage should hold: a word is an older period's until a later one, a ring behind it, writes there. */
class Shadow {
  readonly #orders = new Map<number, HomeOrder[]>();
  readonly #cleared = new Map<number, Set<number>>();
  readonly #day: Day;
  /** Slots whose live bits share a word, and those whose results do. */
  readonly #group: number;
  readonly #perWord: number;
  /** Periods until the words of books and those of results come again. */
  readonly books: number;
  readonly results: number;

  constructor(day: Day, results: number) {
    this.#day = day;
    const { tickCount, wideTicks, horizon } = day.terms;
    this.#group = Math.floor(224 / ((2 * tickCount * (wideTicks ? 4 : 2)) / 32 + 1));
    this.#perWord = wideTicks ? 2 : 3;
    [this.books, this.results] = [horizon + 1, results];
  }

  accept(period: number, orders: HomeOrder[]) {
    this.#orders.set(period, orders);
  }

  clear(period: number, offsets: readonly number[]) {
    const cleared = this.#cleared.get(period) ?? new Set();
    for (const offset of offsets) if (this.#ordersOf(period, offset).length > 0) cleared.add(offset);
    this.#cleared.set(period, cleared);
  }

  /** Lots per tick. */
  book(period: number, offset: number) {
    const same = (slot: number) => Math.floor(slot / this.#group) === Math.floor(offset / this.#group);
    const taken = this.#later(period, this.books).some((later) =>
      (this.#orders.get(later) ?? []).some(({ slot }) => same(slot)),
    );
    const orders = taken ? [] : this.#ordersOf(period, offset);
    const side = (name: "buy" | "sell") =>
      Array.from({ length: this.#day.terms.tickCount }, (_, tick) => volumeAt(orders, name, BigInt(tick)));
    return { bids: side("buy"), asks: side("sell") };
  }

  /** What clearing decided, undefined for no trade; null where nothing tells it. */
  result(period: number, offset: number) {
    const word = (slot: number) => Math.floor(slot / this.#perWord);
    const taken = this.#later(period, this.results).some((later) =>
      [...(this.#cleared.get(later) ?? [])].some((slot) => word(slot) === word(offset)),
    );
    if (taken || this.#cleared.get(period)?.has(offset) !== true) return null;
    const clearing = clearModel(this.#ordersOf(period, offset), BigInt(this.#day.terms.tickCount));
    return clearing && slotResultOf(clearing);
  }

  #ordersOf(period: number, offset: number) {
    return modelBook(this.#orders.get(period) ?? [], offset);
  }

  /** Periods whose words are those of an earlier one. */
  #later(period: number, ring: number): number[] {
    return [...this.#orders.keys()].filter((other) => other > period && (other - period) % ring === 0);
  }
}

/** Looks at a slot: its book, and its result, which says nothing at all before the slot is cleared. */
async function expectSlot(day: Day, shadow: Shadow, period: number, offset: number) {
  const slot = `slot ${String(offset)} of period ${String(period)}`;
  const { bids, asks } = await day.bookAt(day.slot(offset, period));
  expect({ bids: [...bids], asks: [...asks] }, slot).to.deep.equal(shadow.book(period, offset));
  const expected = shadow.result(period, offset);
  if (expected === null) {
    const [cleared, ...rest] = await day.resultAt(day.slot(offset, period));
    expect([cleared, ...new Set(rest)], slot).to.deep.equal([false, 0n]);
  } else {
    expect(await resultOf(day, offset, period), slot).to.deep.equal(expected);
  }
}

/** Settles a period in which nobody used anything, so that its journals make room. */
async function settle(day: Day, period: number) {
  const values = flatValues(day.terms.slotsPerPeriod, 0, 0);
  const items = day.homes.map(async (home) => ({
    member: home.member,
    reading: await day.signReading({ home, period, values }),
    records: await day.recordsOf(home.member, period),
  }));
  await day.settlement.meterAndSettle(day.community, period, await Promise.all(items));
}

describe("OrderBookLens", function () {
  for (const [name, grid] of Object.entries(grids)) {
    it(`tells books and results of random orders as the model does, past several wraps: ${name}`, async function () {
      this.timeout(300_000);
      const terms = { ...grid, readingDeadline: 1, correctionWindow: 2, claimWindow: 3 };
      const homes = Array.from({ length: HOMES }, () => deepPockets);
      const day = await openDay(connection, homes, { terms });
      await day.fund(3, 10n ** 14n);
      const slots = day.terms.slotsPerPeriod;
      const offsets = Array.from({ length: slots }, (_, offset) => offset);
      const packed = await day.registry.terms(day.community);
      const ring = Number((packed >> 96n) & 0xffn);
      const turn = fc.record({
        orders: anyBooks(slots, HOMES, day.terms.tickCount),
        // Empty books, whole periods without orders, slots that are cleared late.
        traded: fc.array(fc.boolean(), { minLength: slots, maxLength: slots }),
        late: fc.array(fc.boolean(), { minLength: slots, maxLength: slots }),
        looks: fc.array(fc.nat(slots - 1), { minLength: 2, maxLength: 2 }),
        plan: anyPlan,
      });
      const snapshot = await networkHelpers.takeSnapshot();
      await fc.assert(
        fc.asyncProperty(fc.array(turn, { minLength: PERIODS, maxLength: PERIODS }), async (turns) => {
          await snapshot.restore();
          const shadow = new Shadow(day, ring);
          for (const [index, { orders, traded, looks, plan }] of turns.entries()) {
            const now = day.period + index;
            await day.goTo(day.periodStart(now));
            if (index >= 2) {
              await clear(day, offsets, now - 2);
              shadow.clear(now - 2, offsets);
              await settle(day, now - 2);
            }
            if (index >= 1) {
              const early = offsets.filter((offset) => !at(at(turns, index - 1).late, offset));
              await clear(day, early, now - 1);
              shadow.clear(now - 1, early);
            }
            const wanted = orders.filter(({ slot }) => at(traded, slot));
            shadow.accept(now + 1, await postPlan(day, wanted, plan, now + 1));
            for (let period = Math.max(day.period, now - 2 * ring); period <= now + 1; period++) {
              const near = period >= now - 1 ? offsets : looks;
              for (const offset of near) await expectSlot(day, shadow, period, offset);
            }
          }
        }),
        { ...runs(1), endOnFailure: true },
      );
    });
  }

  for (const clears of [true, false]) {
    it(`tells what a sealed book stored, revealed ${clears ? "and cleared in one call" : "before it is cleared"}`, async function () {
      const day = await openSealedDay(connection, [{}, {}]);
      const { community, period, lens, openAuction } = day;
      const seen = async (offset: number) => {
        const { bids, asks } = await day.bookAt(day.slot(offset));
        return [bids, asks].map((lots) =>
          [...lots].flatMap((each, tick) => (each === 0n ? [] : [[tick, Number(each)]])),
        );
      };
      const isCleared = async (offset: number) => (await day.resultAt(day.slot(offset))).cleared;
      const own = await day.signStrip({ home: day.home(0), period, entries: [sell(1, 10, 7), sell(2, 8, 3)] });
      await day.auction.connect(day.as(day.home(0))).place(community, period, own);
      const hidden = await day.signStrip({ home: day.home(1), period, entries: [buy(1, 30, 5), buy(3, 4, 2)] });
      const bundle = bundleOf([hidden]);
      await commit(day, day.relayer(0), bundle);
      expect([await seen(1), await seen(3)]).to.deep.equal([
        [[], [[10, 7]]],
        [[], []],
      ]);
      await day.atTurn();
      await reveal(day, 0, bundle, { clears });
      // What was cleared out of memory was never written.
      const revealed = clears ? [[], []] : [[[30, 5]], [[4, 2]]];
      expect([await seen(1), await seen(2), await seen(3)]).to.deep.equal([
        [at(revealed, 0), [[10, 7]]],
        [[], [[8, 3]]],
        [at(revealed, 1), []],
      ]);
      expect(await Promise.all([0, 1, 2, 3].map(isCleared))).to.deep.equal([false, clears, clears, clears]);
      if (!clears) await clear(day, [0, 1, 2, 3]);
      const orders = [
        { ...sell(1, 10, 7), home: 0 },
        { ...buy(1, 30, 5), home: 1 },
      ];
      const clearing = clearModel(modelBook(orders, 1), BigInt(day.terms.tickCount));
      expect(await resultOf(day, 1, period)).to.deep.equal(clearing && slotResultOf(clearing));
      expect([await resultOf(day, 2, period), await resultOf(day, 3, period)]).to.deep.equal([undefined, undefined]);
      expect(await isCleared(0)).to.equal(false);
      // The other order book knows nothing of it.
      expect((await lens.result(openAuction, community, day.slot(1))).cleared).to.equal(false);
      expect([...(await lens.book(openAuction, community, day.slot(1))).asks]).to.deep.equal(Array(64).fill(0n));
    });
  }
});
