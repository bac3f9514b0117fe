import { expect } from "chai";
import fc from "fast-check";
import { connect } from "./helpers/market.ts";
import { buy, clear, openDay, post, sell } from "./helpers/auction.ts";
import { anyBooks, anyPlan, clearAll, deepPockets, expectModel, play, resultOf } from "./helpers/books.ts";
import { runs } from "./reference/samples.ts";

const connection = await connect();
const { networkHelpers } = connection;

const HOMES = 5;

async function fiveHomes() {
  return await openDay(
    connection,
    Array.from({ length: HOMES }, () => deepPockets),
  );
}

describe("Clearing", function () {
  for (const tickCount of [32, 64, 128]) {
    it(`finds what the naive model finds in random books of ${tickCount} ticks, and fills what it fills`, async function () {
      this.timeout(120_000);
      const SLOTS = 24;
      const day = await openDay(
        connection,
        Array.from({ length: HOMES }, () => deepPockets),
        { terms: { tickCount } },
      );
      const snapshot = await networkHelpers.takeSnapshot();
      await fc.assert(
        fc.asyncProperty(anyBooks(SLOTS, HOMES, tickCount), anyPlan, async (orders, plan) => {
          await snapshot.restore();
          await expectModel(day, orders, plan, SLOTS);
        }),
        { ...runs(12), endOnFailure: true },
      );
    });
  }

  it("puts every price of a book to the test: one lot at each pair of ticks", async function () {
    const day = await networkHelpers.loadFixture(fiveHomes);
    const period = day.period + 1;
    const ticks = Array.from({ length: 64 }, (_, tick) => tick);
    const strips = [
      await day.signStrip({ home: day.home(0), period, entries: ticks.map((tick) => buy(tick, 63 - tick, 1)) }),
      await day.signStrip({ home: day.home(1), period, entries: ticks.map((tick) => sell(tick, tick, 1)) }),
    ];
    await post(day, strips, period);
    await clearAll(day, period);
    for (const tick of ticks) {
      const result = await resultOf(day, tick, period);
      if (tick > 31) expect(result).to.equal(undefined);
      else expect(result?.priceTick).to.equal(31n); // the middle of tick and 63 − tick, rounded down
    }
  });
});

describe("Rule 5: clearing is a pure function of the accepted orders", function () {
  it("gives the same prices and volumes for any sequence, split and batches, and each home the same within a lot", async function () {
    this.timeout(120_000);
    const SLOTS = 24;
    const day = await networkHelpers.loadFixture(fiveHomes);
    const snapshot = await networkHelpers.takeSnapshot();
    await fc.assert(
      fc.asyncProperty(anyBooks(SLOTS, HOMES, 24), anyPlan, anyPlan, async (orders, one, other) => {
        await snapshot.restore();
        const first = await play(day, orders, one, SLOTS);
        await snapshot.restore();
        const second = await play(day, orders, other, SLOTS);
        expect(second.results).to.deep.equal(first.results);
        for (const [home, { slots }] of first.positions.entries()) {
          for (const [slot, { bought, sold }] of slots.entries()) {
            const twin = second.positions[home]?.slots[slot] ?? { bought: -9n, sold: -9n };
            expect([-1n, 0n, 1n]).to.include(bought - twin.bought);
            expect([-1n, 0n, 1n]).to.include(sold - twin.sold);
          }
        }
      }),
      { ...runs(10), endOnFailure: true },
    );
  });

  it("leaves no unfilled order better than the price, and charges nobody beyond its limit", async function () {
    this.timeout(120_000);
    const SLOTS = 24;
    const day = await networkHelpers.loadFixture(fiveHomes);
    const snapshot = await networkHelpers.takeSnapshot();
    await fc.assert(
      fc.asyncProperty(anyBooks(SLOTS, HOMES, 64), anyPlan, async (orders, plan) => {
        await snapshot.restore();
        const { results, positions } = await play(day, orders, plan, SLOTS);
        for (const [home, { slots }] of positions.entries()) {
          for (const [slot, position] of slots.entries()) {
            const price = results[slot]?.priceTick;
            const own = orders.filter((order) => order.home === home && order.slot === slot);
            const lots = (side: string, where: (tick: bigint) => boolean) =>
              own.filter((o) => o.side === side && where(BigInt(o.tick))).reduce((sum, o) => sum + BigInt(o.lots), 0n);
            if (price === undefined) {
              expect(position).to.deep.equal({ bought: 0n, sold: 0n });
              continue;
            }
            expect(position.bought >= lots("buy", (tick) => tick > price)).to.equal(true);
            expect(position.bought <= lots("buy", (tick) => tick >= price)).to.equal(true);
            expect(position.sold >= lots("sell", (tick) => tick < price)).to.equal(true);
            expect(position.sold <= lots("sell", (tick) => tick <= price)).to.equal(true);
          }
        }
      }),
      { ...runs(10), endOnFailure: true },
    );
  });
});

describe("Rule 2: energy balances", function () {
  it("to the lot in every slot, and so does money between peers", async function () {
    this.timeout(120_000);
    const SLOTS = 24;
    const day = await networkHelpers.loadFixture(fiveHomes);
    const snapshot = await networkHelpers.takeSnapshot();
    await fc.assert(
      fc.asyncProperty(anyBooks(SLOTS, HOMES, 16), anyPlan, async (orders, plan) => {
        await snapshot.restore();
        const { results, positions } = await play(day, orders, plan, SLOTS);
        for (let slot = 0; slot < SLOTS; slot++) {
          const sum = (side: "bought" | "sold") =>
            positions.reduce((total, { slots }) => total + (slots[slot]?.[side] ?? 0n), 0n);
          expect([sum("bought"), sum("sold")]).to.deep.equal(Array(2).fill(results[slot]?.lots ?? 0n));
        }
        const money = (side: "paid" | "received") => positions.reduce((total, position) => total + position[side], 0n);
        expect(money("paid")).to.equal(money("received"));
      }),
      { ...runs(10), endOnFailure: true },
    );
  });
});

describe("A call to clear", function () {
  it("passes over slots that are not due, empty, cleared, named twice or far off, and counts the rest", async function () {
    const day = await networkHelpers.loadFixture(fiveHomes);
    const { auction, community, period } = day;
    const entries = [buy(40, 9, 5), sell(40, 9, 4), buy(41, 9, 5), sell(50, 9, 4)];
    await post(day, [await day.signStrip({ home: day.home(0), period, entries })]);
    await networkHelpers.time.increaseTo(day.gate(41));
    const slots = [40, 40, 39, 50, 41, 96, 40].map((offset) => day.slot(offset));
    const odd = [
      0,
      1,
      2 ** 32,
      2n ** 32n + BigInt(day.slot(40)),
      2n ** 256n - 1n,
      day.slot(40, period - 3),
      day.slot(40, period + 3),
    ];
    expect(await auction.clear.staticCall(community, [...odd, ...slots])).to.equal(2n);
    const { cleared } = await clear(day, [40, 40, 39, 50, 41, 96, 40]);
    expect(cleared).to.deep.equal([
      { slot: BigInt(day.slot(40)), tick: 9n, price: 96n, lots: 4n },
      { slot: BigInt(day.slot(41)), tick: 255n, price: 0n, lots: 0n },
    ]);
    expect((await clear(day, [40, 41])).cleared).to.deep.equal([]);
    expect((await day.resultAt(day.slot(50))).cleared).to.equal(false);
    expect((await day.resultAt(day.slot(39))).cleared).to.equal(false);
    expect(await auction.clear.staticCall(community, [])).to.equal(0n);
  });

  it("may come from anyone, also while trading pauses", async function () {
    const day = await networkHelpers.loadFixture(fiveHomes);
    const { auction, community, period, registry } = day;
    await post(day, [await day.signStrip({ home: day.home(0), period, entries: [buy(40, 9, 5), sell(40, 9, 4)] })]);
    await networkHelpers.time.increaseTo(day.gate(40));
    await registry.connect(day.coordinator).pause(community);
    await auction.connect(day.stranger).clear(community, [day.slot(40)]);
    expect(await resultOf(day, 40, period)).to.deep.include({ lots: 4n, priceTick: 9n });
  });

  it("costs no more at the other end of a year, and keeps the book readable", async function () {
    const day = await networkHelpers.loadFixture(fiveHomes);
    const { period } = day;
    await post(day, [await day.signStrip({ home: day.home(0), period, entries: [buy(40, 9, 5), sell(40, 9, 4)] })]);
    await networkHelpers.time.increaseTo(day.periodStart(period + 365));
    expect((await clear(day, [40])).cleared).to.have.length(1);
    const { bids, asks } = await day.bookAt(day.slot(40));
    expect([bids[9], asks[9]]).to.deep.equal([5n, 4n]);
  });
});
