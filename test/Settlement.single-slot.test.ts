import { expect } from "chai";
import { buy, connect, deployMarket, sell, type Connection } from "./helpers/market.ts";
import { Registers, State, expectSolvent, freeOf, hourly, metered, post, stateOf } from "./helpers/settling.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});

/** The fewest slots that a period may have. */
const grids = [
  { slotDuration: 3600, slotsPerPeriod: 1 },
  { slotDuration: 300, slotsPerPeriod: 1 },
  { slotDuration: 1800, slotsPerPeriod: 2 },
  { slotDuration: 1800, slotsPerPeriod: 3 },
] as const;

describe("Periods of few slots", function () {
  for (const grid of grids) {
    it(`trade what was ordered in ${String(grid.slotsPerPeriod)} of ${String(grid.slotDuration)} seconds`, async function () {
      const terms = { ...hourly, ...grid };
      const m = await deployMarket(connection, { terms });
      await m.fund(3, 1_000_000_000n);
      const seller = await m.addHome();
      const buyer = await m.addHome();
      const before = (await m.periodNow()) + 1;
      await m.goTo(m.periodStart(before));
      const period = before + 2;
      const last = grid.slotsPerPeriod - 1;
      await post(m, period, [
        [seller, [sell(last, 10, 100)]],
        [buyer, [buy(last, 30, 100)]],
      ]);
      await m.goTo(m.periodStart(period + 1));
      await m.clearPeriod(period);
      const registers = new Registers(m);
      const none = Array.from({ length: grid.slotsPerPeriod }, () => [0, 0] as const);
      for (let each = before; each < period; each++) {
        const items = [];
        for (const home of [seller, buyer])
          items.push(await metered(m, home, each, await registers.read(home, each, none)));
        await m.settlement.meterAndSettle(m.community, each, items);
      }
      const free = [await freeOf(m, seller.member), await freeOf(m, buyer.member)] as const;
      const sold = await registers.read(seller, period, [...none.slice(1), [0, 1000]]);
      const bought = await registers.read(buyer, period, [...none.slice(1), [1000, 0]]);
      const items = [await metered(m, seller, period, sold), await metered(m, buyer, period, bought)];
      await expect(m.settlement.meterAndSettle(m.community, period, items)).not.to.emit(m.settlement, "RecordsVoided");
      for (const home of [seller, buyer]) expect(await stateOf(m, home, period)).to.equal(State.Settled);
      // 1,000 Wh at 140, 40 for the network, out of reserves of 300 - 100 and 180 + 40 per Wh and the settlement fee.
      expect(await freeOf(m, seller.member)).to.equal(free[0] + 200_000n + 140_000n);
      expect(await freeOf(m, buyer.member)).to.equal(free[1] + 220_000n - 180_000n);
      await expectSolvent(m);
    });
  }
});
