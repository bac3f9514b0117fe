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

  it("accepting, clearing and settling rewrite the words of three periods ago", async function () {
    const m = await deployMarket(connection, { terms: shortest });
    await m.fund(3, 1_000_000_000n);
    const [seller, buyer, idle] = [await m.addHome(), await m.addHome(), await m.addHome()];
    const first = (await m.periodNow()) + 1;
    const registers = new Registers(m);
    for (let turn = 0; turn < 3 * RING; turn++) {
      const period = first + turn;
      await m.goTo(m.periodStart(period));
      const strips = [
        await m.signStrip({ home: seller, period, entries: [sell(1, 10, 10 + turn), sell(2, 20, 5)], feePerEntry: 3 }),
        await m.signStrip({ home: buyer, period, entries: [buy(1, 30, 9), buy(2, 24, 6 + turn)], feePerEntry: 3 }),
      ];
      const posted = await writes(await m.auction.post(...postArguments(m.community, period, strips)));
      await m.goTo(m.periodStart(period + 1));
      const slots = [1, 2].map((slot) => period * 4 + slot);
      const cleared = await writes(await m.auction.clear(m.community, slots));
      const items = [
        await metered(m, seller, period, await registers.read(seller, period, valuesAt({ 1: [0, 90], 2: [0, 50] }))),
        await metered(m, buyer, period, await registers.read(buyer, period, valuesAt({ 1: [90, 0], 2: [70, 0] }))),
        await metered(m, idle, period, await registers.read(idle, period, valuesAt({ 0: [11, 0], 3: [0, 7] }))),
      ];
      const settled = await writes(await m.settlement.meterAndSettle(m.community, period, items));
      const fresh = { posted: posted.fresh, cleared: cleared.fresh, settled: settled.fresh };
      expect(Math.min(posted.all, cleared.all, settled.all)).to.be.greaterThan(3);
      if (turn >= RING) expect(fresh, `turn ${turn}`).to.deep.equal({ posted: 0, cleared: 0, settled: 0 });
      else expect(Math.min(fresh.posted, fresh.cleared, fresh.settled), `turn ${turn}`).to.be.greaterThan(0);
    }
  });
});
