/** What a member can do that fills ticks with orders of one lot: as many entries as its journal holds, at every tick of both sides. */
import { expect } from "chai";
import { buy, clear, openDay, post, sell, type Day, type Outcome } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";
import { connect, type Entry } from "./helpers/market.ts";

const connection = await connect();
const { networkHelpers } = connection;

const TICKS = 64;
/** Slots that 2,048 entries fill: every tick of both sides. */
const SLOTS = Array.from({ length: 16 }, (_, slot) => slot);
/** Caps of the others; the hostile member's is the most that the registry grants, an eighth of a tick. */
const CAP = 431;
const MOST = 8_191;

const side = (slot: number, order: typeof buy): Entry[] =>
  Array.from({ length: TICKS }, (_, tick) => order(slot, tick, 1));
const everywhere = SLOTS.flatMap((slot) => [...side(slot, buy), ...side(slot, sell)]);

const hostileDay = async () =>
  await openDay(connection, [
    { buyCap: MOST, sellCap: MOST, deposit: 10n ** 10n },
    { buyCap: CAP, sellCap: CAP },
    { buyCap: CAP, sellCap: CAP },
  ]);

/** What the two others order: all that they may, crossing at tick 30. */
async function honest(day: Day, period: number): Promise<Outcome> {
  const orders = [SLOTS.map((slot) => buy(slot, 30, CAP)), SLOTS.map((slot) => sell(slot, 30, CAP))];
  const strips = await Promise.all(
    orders.map(async (entries, index) => {
      return await day.signStrip({ home: day.home(index + 1), period, entries, maxReserve: 50_000_000n });
    }),
  );
  return await post(day, strips, period);
}

describe("A hostile member that fills ticks with one-lot orders", function () {
  this.timeout(60_000);

  it("keeps nobody out, makes nobody's call dearer, and is filled within its own lots", async function () {
    const day = await networkHelpers.loadFixture(hostileDay);
    const period = day.period + 1;
    const snapshot = await networkHelpers.takeSnapshot();
    // A word that is used already costs less to write: compared is with a member that has one order in each word of the others.
    const words = SLOTS.flatMap((slot) => [buy(slot, 16, 1), sell(slot, 31, 1)]);
    const few = await day.signStrip({ home: day.home(0), period, entries: words, maxReserve: 10n ** 9n });
    await post(day, [few], period);
    const without = await honest(day, period);
    await snapshot.restore();
    const flood = await day.signStrip({ home: day.home(0), period, entries: everywhere, maxReserve: 10n ** 9n });
    const flooded = await post(day, [flood], period);
    expect([flooded.refused, flooded.skipped]).to.deep.equal([[], []]);
    const others = await honest(day, period);
    expect([others.refused, others.skipped]).to.deep.equal([[], []]);
    expect(Number(others.gasUsed)).to.be.lessThan(1.01 * Number(without.gasUsed));
    // It has ordered all that a member may in a period.
    const more = await day.signStrip({ home: day.home(0), period, after: 16, entries: [buy(16, 0, 1)] });
    expect((await post(day, [more], period)).skipped[0]).to.include({ reason: "TooManyEntries" });
    await day.goTo(day.periodStart(period + 1));
    const { cleared } = await clear(day, SLOTS, period);
    expect(cleared).to.have.length(SLOTS.length);
    // What trades are the others' lots, and of its own at most one per tick.
    for (const { lots } of cleared) expect(lots).to.be.within(BigInt(CAP), BigInt(CAP + TICKS));
  });

  it("cannot fill a tick: all caps of a side together fit one", async function () {
    const day = await networkHelpers.loadFixture(hostileDay);
    const period = day.period + 1;
    const all = await day.signStrip({ home: day.home(0), period, entries: [buy(0, 30, MOST)], maxReserve: 10n ** 9n });
    await post(day, [all], period);
    const { refused, skipped } = await honest(day, period);
    expect([refused, skipped]).to.deep.equal([[], []]);
    const { bids } = await day.bookAt(day.slot(0, period));
    expect(at(bids, 30)).to.equal(BigInt(MOST + CAP));
  });
});
