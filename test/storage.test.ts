import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { connect, deployMarket, type Connection, postArguments } from "./helpers/market.ts";
import { Registers, buy, hourly, metered, sell, valuesAt } from "./helpers/settling.ts";
import { freshWrites } from "./helpers/writes.ts";

/** A ring of three periods. */
const shortest = { ...hourly, horizon: 0, readingDeadline: 1, correctionWindow: 2, claimWindow: 3, tariffNotice: 0 };
const RING = 3;

describe("Rule 11: no new storage word per order, once the rings are warm", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  const writes = async (sent: ContractTransactionResponse) => await freshWrites(connection, sent);

  const layouts = {
    "an hour": { terms: {}, slots: [1, 2], words: 1 + 1 },
    "four hours in three groups": {
      terms: { slotsPerPeriod: 16, tickCount: 128, wideTicks: true },
      slots: [5, 14],
      words: 2 + 2,
    },
  } as const;
  for (const [length, { terms, slots, words }] of Object.entries(layouts)) {
    it(`accepting, clearing and settling rewrite the words of three periods of ${length} ago`, async function () {
      await rewrite(await deployMarket(connection, { terms: { ...shortest, ...terms } }), slots, words);
    });
  }

  async function rewrite(m: Awaited<ReturnType<typeof deployMarket>>, offsets: readonly number[], words: number) {
    const count = m.terms.slotsPerPeriod;
    const each = <T>(of: (offset: number, index: number) => T) => offsets.map(of);
    const values = (wh: (index: number) => readonly [number, number]) =>
      valuesAt(Object.fromEntries(each((offset, index) => [offset, wh(index)])), count);
    await m.fund(3, 1_000_000_000n);
    const [seller, buyer, idle] = [await m.addHome(), await m.addHome(), await m.addHome()];
    const first = (await m.periodNow()) + 1;
    const registers = new Registers(m);
    for (let turn = 0; turn < 3 * RING; turn++) {
      const period = first + turn;
      await m.goTo(m.periodStart(period));
      const strips = [
        await m.signStrip({
          home: seller,
          period,
          entries: each((slot, index) => sell(slot, 10 + 10 * index, 10 + turn)),
          feePerEntry: 3,
        }),
        await m.signStrip({
          home: buyer,
          period,
          entries: each((slot, index) => buy(slot, 30 - 6 * index, 9 + turn)),
          feePerEntry: 3,
        }),
      ];
      const posted = await writes(await m.auction.post(...postArguments(m.community, period, strips)));
      await m.goTo(m.periodStart(period + 1));
      const slots = each((offset) => period * count + offset);
      const cleared = await writes(await m.auction.clear(m.community, slots));
      const items = [
        await metered(
          m,
          seller,
          period,
          await registers.read(
            seller,
            period,
            values((index) => [0, 90 - 40 * index]),
          ),
        ),
        await metered(
          m,
          buyer,
          period,
          await registers.read(
            buyer,
            period,
            values((index) => [90 - 20 * index, 0]),
          ),
        ),
        await metered(
          m,
          idle,
          period,
          await registers.read(idle, period, valuesAt({ 0: [11, 0], [count - 1]: [0, 7] }, count)),
        ),
      ];
      const settled = await writes(await m.settlement.meterAndSettle(m.community, period, items));
      const fresh = { posted: posted.fresh, cleared: cleared.fresh, settled: settled.fresh };
      expect(Math.min(posted.all, settled.all)).to.be.greaterThan(3);
      // Groups and results. The first call also keeps the terms.
      expect(cleared.all).to.equal(words + (turn === 0 ? 1 : 0));
      if (turn >= RING) expect(fresh, `turn ${turn}`).to.deep.equal({ posted: 0, cleared: 0, settled: 0 });
      else expect(Math.min(fresh.posted, fresh.cleared, fresh.settled), `turn ${turn}`).to.be.greaterThan(0);
    }
  }
});
