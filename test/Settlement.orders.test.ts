import { expect } from "chai";
import fc from "fast-check";
import { connect, type Connection, type HomeKeys } from "./helpers/market.ts";
import { at } from "./helpers/lists.ts";
import {
  HOUR,
  Registers,
  books,
  buy,
  expectSolvent,
  goBehind,
  metered,
  missing,
  post,
  sell,
  valuesAt,
  type SignedReading,
} from "./helpers/settling.ts";
import { openHour } from "./helpers/worlds.ts";
import { runs } from "./reference/samples.ts";

describe("Rule 3: the order of settlement and the split into calls change nothing", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** Seven homes with curves on both sides; the last two send no reading. */
  async function crowd() {
    const w = await openHour(connection);
    const { m, period } = w;
    const homes = [w.seller, w.buyer, w.idle];
    // Enrolled in the period itself: the other homes trade from the next one on.
    while (homes.length < 7) homes.push(await m.addHome());
    const registers = new Registers(m);
    const next = period + 1;
    await m.goTo(m.periodStart(next));
    for (const home of homes.slice(0, 3)) {
      const item = await metered(m, home, period, await registers.read(home, period, valuesAt({})));
      await m.settlement.meterAndSettle(m.community, period, [item]);
    }
    await post(
      m,
      next,
      homes.map((home, index) => [
        home,
        [1, 2, 3].flatMap((slot) => [
          buy(slot, 8 + ((index * 5 + slot) % 9), 10 + 7 * index),
          sell(slot, 6 + ((index * 3 + 2 * slot) % 11), 12 + 5 * index),
        ]),
      ]),
    );
    await goBehind(m, next, HOUR);
    await m.clearPeriod(next);
    const readings: SignedReading[] = [];
    for (const [index, home] of homes.slice(0, 5).entries()) {
      const values = valuesAt({ 1: [37 * index, 250 - 50 * index], 2: [300, 90 * index], 3: [11, 13] });
      readings.push(await registers.read(home, next, values));
    }
    return { m, homes, readings, period: next };
  }
  type Crowd = Awaited<ReturnType<typeof crowd>>;

  async function settleSome({ m, homes, readings, period }: Crowd, members: readonly number[]) {
    const has = members.filter((index) => index < readings.length);
    const lacks = members.filter((index) => index >= readings.length);
    const home = (index: number): HomeKeys => at(homes, index);
    if (has.length > 0) {
      const items = has.map(async (index) => await metered(m, home(index), period, at(readings, index)));
      await m.settlement.meterAndSettle(m.community, period, await Promise.all(items));
    }
    if (lacks.length > 0) {
      const items = lacks.map(async (index) => await missing(m, home(index), period));
      await m.settlement.settleEstimated(m.community, period, await Promise.all(items));
    }
  }

  async function outcome({ m, period }: Crowd) {
    const ledger = await Promise.all(
      [0, 1, 2, 3].map(async (slot) => [...(await m.settlement.ledger(m.community, period * 4 + slot))]),
    );
    return { ...(await books(m)), ledger };
  }

  it("while the supplier is funded: every account ends the same", async function () {
    this.timeout(240_000);
    const one = await connection.networkHelpers.loadFixture(crowd);
    await settleSome(one, [0, 1, 2, 3, 4, 5, 6]);
    const expected = await outcome(one);
    expect(expected.pots).to.deep.equal([]);
    expect(expected.accounts.map(({ reserved }) => reserved)).to.deep.equal(expected.accounts.map(() => 0n));
    const anyPlan = fc.tuple(
      fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 7, maxLength: 7 }),
    );
    await fc.assert(
      fc.asyncProperty(anyPlan, async ([order, sizes]) => {
        const w = await connection.networkHelpers.loadFixture(crowd);
        let done = 0;
        for (const size of sizes) {
          await settleSome(w, order.slice(done, done + size));
          done += size;
          await expectSolvent(w.m);
        }
        expect(await outcome(w)).to.deep.equal(expected);
      }),
      runs(10),
    );
  });
});
