import { expect } from "chai";
import { itCosts } from "../helpers/gas.ts";
import { at } from "../helpers/lists.ts";
import {
  connect,
  deployMarket,
  flatValues,
  type Connection,
  type HomeKeys,
  type Market,
  postArguments,
} from "../helpers/market.ts";
import { Act, deployHostile } from "../helpers/modules.ts";
import { Registers, State, buy, expectSolvent, metered, stateOf } from "../helpers/settling.ts";

const SLOTS = 144;
/** The longest periods, the most ticks, the widest prefixes. */
const terms = { slotDuration: 300, slotsPerPeriod: SLOTS, tickCount: 128, wideTicks: true };
const RECORDS = 255;
const ENTRIES = 2048;
const GAS_LIMIT = 2 ** 24;

/** As long as a record's payload may be, without a zero byte. */
const longest = (entries: number) => `0x${"ff".repeat(64 + 16 * entries)}`;

describe("Rule 6: a full journal of sixteen modules of which fifteen burn all that they are due", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function full() {
    const m = await deployMarket(connection, { terms });
    await m.fund(3, 10n ** 12n);
    const home = await m.addHome({ deposit: 10n ** 12n, buyCap: 2000 });
    const peer = await m.addHome();
    const others = [];
    for (let i = 0; i < 15; i++) others.push(await deployHostile(connection.ethers, m, [home]));
    for (const { hostile } of others) {
      await hostile.set(home.member, Act.BurnGas, "0x");
      await hostile.setContext(Act.BurnGas, "0x");
    }
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    await m.auction.post(
      ...postArguments(m.community, period, [await m.signStrip({ home, period, entries: [buy(0, 100, 3)] })]),
    );
    const share = Math.floor((ENTRIES - 1) / (RECORDS - 1));
    for (let record = 0; record < RECORDS - 1; record++) {
      const entries = record === 0 ? ENTRIES - 1 - share * (RECORDS - 2) : share;
      const { append } = at(others, record % others.length);
      await append(home, period, { entries, reserve: 10n }, longest(entries));
    }
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
    return { m, home, peer, period };
  }

  /** Settles homes with a true reading, one call each. */
  async function settle(m: Market, period: number, homes: readonly HomeKeys[]) {
    const registers = new Registers(m);
    for (const home of homes) {
      const before = await registers.read(home, period - 1, flatValues(SLOTS, 0, 0));
      await m.settlement.meter(m.community, period - 1, [await metered(m, home, period - 1, before)]);
      const reading = await registers.read(home, period, flatValues(SLOTS, 300, 20));
      const item = await metered(m, home, period, reading);
      await m.settlement.meterAndSettle(m.community, period, [item], { gasLimit: GAS_LIMIT });
      expect(await stateOf(m, home, period)).to.equal(State.Settled);
    }
    await expectSolvent(m);
  }

  /** What burnt its gas is void; the order book, with a single entry in the longest period, had enough. */
  async function expectOthersVoid(m: Market, home: HomeKeys, period: number) {
    const voided = await m.settlement.queryFilter(m.settlement.filters.RecordsVoided(m.community, home.member, period));
    expect(voided.map(({ args }) => args.module)).to.deep.equal(Array.from({ length: 15 }, (_, i) => BigInt(i + 1)));
  }

  itCosts("settles within a transaction behind another member", async function () {
    this.timeout(240_000);
    const { m, home, peer, period } = await connection.networkHelpers.loadFixture(full);
    await settle(m, period, [peer, home]);
    await expectOthersVoid(m, home, period);
  });

  itCosts("settles within a transaction as the first of all in a ring entry that was never used", async function () {
    this.timeout(240_000);
    const { m, home, period } = await connection.networkHelpers.loadFixture(full);
    await settle(m, period, [home]);
    await expectOthersVoid(m, home, period);
  });
});
