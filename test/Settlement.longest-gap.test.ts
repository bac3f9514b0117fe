import { expect } from "chai";
import { itCosts } from "./helpers/gas.ts";
import { connect, deployMarket, flatTariff, flatValues, type Connection, type FlatTariff } from "./helpers/market.ts";
import { Skip, State, buy, evidence, goBehind, missing, post, sell, stateOf } from "./helpers/settling.ts";

const SLOTS = 144;
const PERIOD = 300 * SLOTS;
const MOST_LISTED = 16;
/** The ring has 128 periods at most: two of them and the claim window's. */
const WINDOW = 126;
const gasLimit = 2 ** 24;

describe("Rule 6: a late reading in front of the longest gap that the bounds allow", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  /** As many slots, classes and modules as there may be, and a version of the tariff for every period. */
  async function largestMarket() {
    const { ethers } = connection;
    const modules = [];
    for (let index = 1; index < MOST_LISTED; index++) {
      const puppet = await ethers.deployContract("PuppetModule");
      modules.push(await puppet.getAddress());
    }
    const classesFrom = (price: number): FlatTariff[] =>
      Array.from({ length: MOST_LISTED }, (_, index) => ({ importPrice: price + index, exportPrice: 1 + index }));
    const terms = {
      slotDuration: 300,
      slotsPerPeriod: SLOTS,
      horizon: 0,
      readingDeadline: 1,
      correctionWindow: WINDOW * PERIOD - 1,
      claimWindow: WINDOW * PERIOD,
      tariffNotice: 0,
    };
    const m = await deployMarket(connection, { terms, modules, tariff: { networkFee: 40, classes: classesFrom(300) } });
    await m.fund(3, 10n ** 10n);
    const first = (await m.periodNow()) + 1;
    for (let index = 1; index < WINDOW; index++) {
      const tariff = flatTariff(SLOTS, 40, classesFrom(300 + index));
      await m.registry.connect(m.coordinator).publishTariff(m.community, first + index, tariff, { gasLimit });
    }
    return { m, first };
  }

  // A market of this size takes its time.
  this.timeout(120_000);

  itCosts("stays below 2^24 gas, and the gap behind it keeps its prices", async function () {
    const { m, first } = await largestMarket();
    const home = await m.addHome({ tariffClass: MOST_LISTED - 1, deposit: 10n ** 12n });
    const seller = await m.addHome();
    await m.goTo(m.periodStart(first));
    const slots = Array.from({ length: SLOTS - 2 }, (_, k) => k + 2);
    await post(m, first, [
      [home, slots.map((slot) => buy(slot, 30, 2))],
      [seller, slots.map((slot) => sell(slot, 10, 2))],
    ]);
    await m.goTo(m.periodStart(first + 1));
    await m.clearPeriod(first);
    // The first of 126 periods can be corrected until a second before the next one ends.
    await goBehind(m, first + WINDOW - 1, 1);
    for (let index = 0; index < WINDOW; index++) {
      const item = index === 0 ? await missing(m, home, first) : { member: home.member, records: [] };
      await m.settlement.settleEstimated(m.community, first + index, [item], { gasLimit });
    }
    const estimated = 250n * BigInt(SLOTS * WINDOW);
    expect(await m.settlement.gap(m.community, home.member)).to.deep.equal([estimated, 300n + 125n + 15n, 16n]);
    const reading = await m.signReading({ home, period: first, values: flatValues(SLOTS, 301, 17) });
    const item = { member: home.member, reading, ...(await evidence(m, home, first)) };
    const snapshot = await connection.networkHelpers.takeSnapshot();
    const sent = await m.settlement.correct(m.community, first, [item], { gasLimit });
    const receipt = await sent.wait();
    expect(receipt?.gasUsed).to.be.lessThan(1n << 24n);
    expect(await stateOf(m, home, first)).to.equal(State.Settled);
    expect(await m.settlement.gap(m.community, home.member)).to.deep.equal([
      estimated - 250n * BigInt(SLOTS),
      300n + 125n + 15n,
      16n,
    ]);
    await snapshot.restore();
    // The next period cannot be in the gap: when it is over, so is the correction window.
    await connection.networkHelpers.time.setNextBlockTimestamp(m.periodStart(first + 1) + WINDOW * PERIOD - 1);
    await expect(m.settlement.correct(m.community, first, [item]))
      .to.emit(m.settlement, "ItemSkipped")
      .withArgs(m.community, home.member, first, Skip.CorrectionOver);
  });
});
