import { expect } from "chai";
import { dataLength } from "ethers";
import { deployDesk } from "../helpers/desk.ts";
import { connect, deployMarket, encodeValues, flatValues, type Connection } from "../helpers/market.ts";
import { goBehind, hourly, metered, Registers, valuesAt } from "../helpers/settling.ts";
import { freshWrites } from "../helpers/writes.ts";

/** A ring of three periods, with time for corrections. */
const shortest = {
  ...hourly,
  horizon: 0,
  readingDeadline: 60,
  correctionWindow: 600,
  claimWindow: 900,
  tariffNotice: 0,
};
const RING = 3;

describe("Rule 11 at the desk: no new storage word per period, once its ring is warm", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  it("readings, corrections, invoices and comparisons rewrite the words of three periods ago", async function () {
    const m = await deployMarket(connection, { terms: shortest });
    const d = await deployDesk(connection, m);
    await d.bind();
    const home = await m.addHome();
    const first = (await m.periodNow()) + 1;
    await d.deliver(
      first,
      Array.from({ length: 4 }, () => [200, 50] as const),
    );
    const registers = new Registers(m);
    const values = valuesAt({ 1: [90, 0], 2: [0, 40] });
    for (let turn = 0; turn < 3 * RING; turn++) {
      const period = first + turn;
      await m.goTo(m.periodStart(period + 1));
      const item = await metered(m, home, period, await registers.read(home, period, values));
      await m.settlement.meterAndSettle(m.community, period, [item]);
      const start = { startImport: BigInt(90 * turn), startExport: BigInt(40 * turn) };
      const posted = await freshWrites(connection, await d.post(period, values, start));
      const again = { ...start, revision: 1 };
      const corrected = await freshWrites(connection, await d.correct(period, values, again));
      await goBehind(m, period, shortest.readingDeadline);
      const compared = await freshWrites(connection, await d.compare(period, values));
      expect(Math.min(posted.all, corrected.all)).to.be.greaterThan(3);
      expect(compared).to.deep.equal({ fresh: 0, all: 0 });
      if (turn >= RING) expect([posted.fresh, corrected.fresh], `turn ${turn}`).to.deep.equal([0, 0]);
      else expect(posted.fresh, `turn ${turn}`).to.be.greaterThan(0);
    }
  });

  it("fits every call into a transaction, with periods of 144 slots", async function () {
    const m = await deployMarket(connection, { terms: { slotDuration: 300, slotsPerPeriod: 144 } });
    const d = await deployDesk(connection, m);
    await d.bind();
    const home = await m.addHome();
    const period = (await m.periodNow()) + 1;
    await d.deliver(
      period,
      Array.from({ length: 144 }, () => [200, 50] as const),
    );
    await m.goTo(m.periodStart(period + 1));
    const values = flatValues(144, 250, 30);
    const item = await metered(m, home, period, await new Registers(m).read(home, period, values));
    await m.settlement.meterAndSettle(m.community, period, [item]);
    const gasOf = async (sent: Awaited<ReturnType<typeof d.post>>) => Number((await sent.wait())?.gasUsed ?? 0n);
    const posted = await gasOf(await d.post(period, values));
    await goBehind(m, period, m.terms.readingDeadline);
    const compared = await gasOf(await d.compare(period, values));
    expect(encodeValues(values)).to.have.length(2 + 12 * 144);
    const deployed = await d.desk.deploymentTransaction()?.wait();
    expect(dataLength(await connection.ethers.provider.getCode(d.desk))).to.be.within(1, 24_576);
    expect(deployed?.gasUsed ?? 0n).to.be.within(1n, 2n ** 24n);
    for (const gas of [posted, compared]) {
      expect(gas).to.be.greaterThan(100_000);
      expect(gas).to.be.lessThan(1_500_000); // far below 2^24
    }
  });
});
