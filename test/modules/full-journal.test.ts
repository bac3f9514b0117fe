import { expect } from "chai";
import { itCosts } from "../helpers/gas.ts";
import {
  connect,
  deployMarket,
  flatValues,
  type Connection,
  type Entry,
  type HomeKeys,
  postArguments,
} from "../helpers/market.ts";
import { Act, deployHostile } from "../helpers/modules.ts";
import { Registers, State, buy, expectSolvent, metered, sell, stateOf } from "../helpers/settling.ts";
import { at } from "../helpers/lists.ts";

const SLOTS = 144;
/** The longest periods, the most ticks, the widest prefixes. */
const terms = { slotDuration: 300, slotsPerPeriod: SLOTS, tickCount: 128, wideTicks: true };
const RECORDS = 255;
const ENTRIES = 2048;

type Other = Awaited<ReturnType<typeof deployHostile>>;

/** How the journal is shared out: strips of the order book, one a slot, with as many entries each; the rest is the other module's. */
interface Mix {
  readonly strips: number;
  readonly perStrip: number;
}

describe("Rule 6: a full journal of two modules", function () {
  let connection: Connection;
  before(async function () {
    connection = await connect();
  });

  async function open(modules: number) {
    const m = await deployMarket(connection, { terms });
    await m.fund(3, 10n ** 12n);
    const home = await m.addHome({ deposit: 10n ** 12n, buyCap: 2000 });
    const peer = await m.addHome({ deposit: 10n ** 12n, sellCap: 2000 });
    const others: Other[] = [];
    for (let i = 0; i < modules; i++) others.push(await deployHostile(connection.ethers, m, [home]));
    // Each burns all the gas it is due.
    for (const { hostile } of others) {
      await hostile.setContext(Act.BurnGas, "0x");
      await hostile.set(home.member, Act.BurnGas, "0x");
    }
    // Orders are for the period after the next one: no gate of it has passed.
    const period = (await m.periodNow()) + 2;
    await m.goTo(m.periodStart(period - 1));
    return { m, home, peer, others, period };
  }
  type World = Awaited<ReturnType<typeof open>>;
  const oneOther = async () => await open(1);
  const fifteenOthers = async () => await open(15);

  /** A bid on each of the highest ticks of a slot: the peer's lots are too few for the lowest of them. */
  const curve = (slot: number, count: number): Entry[] =>
    Array.from({ length: count }, (_, i) => buy(slot, terms.tickCount - count + i, 3));

  async function postInTurn({ m, home, peer, others, period }: World, { strips, perStrip }: Mix) {
    const supply = Array.from({ length: strips }, (_, slot) => sell(slot, 0, 3 * perStrip - 1));
    const maxReserve = 10n ** 10n;
    await m.auction.post(
      ...postArguments(m.community, period, [await m.signStrip({ home: peer, period, entries: supply, maxReserve })]),
    );
    const entries = ENTRIES - strips * perStrip;
    for (let record = 0; record < RECORDS - strips; record++) {
      const { append } = at(others, record % others.length);
      await append(home, period, { entries: record === 0 ? entries : 0, reserve: 10n });
      if (record >= strips) continue;
      const strip = { home, period, after: record, entries: curve(record, perStrip), maxReserve };
      await m.auction.post(...postArguments(m.community, period, [await m.signStrip(strip)]));
    }
  }

  async function fillAndClear(w: World, mix: Mix) {
    const { m, home, period } = w;
    await postInTurn(w, mix);
    const [, entries, records] = await m.escrow.journal(m.community, home.member, period);
    expect([entries, records]).to.deep.equal([BigInt(ENTRIES), BigInt(RECORDS)]);
    await m.goTo(m.periodStart(period + 1));
    await m.clearPeriod(period);
  }

  /** Settles one home with a true reading; returns the gas. */
  async function settle({ m, period }: World, home: HomeKeys): Promise<bigint> {
    const registers = new Registers(m);
    const before = await registers.read(home, period - 1, flatValues(SLOTS, 0, 0));
    await m.settlement.meter(m.community, period - 1, [await metered(m, home, period - 1, before)]);
    const reading = await registers.read(home, period, flatValues(SLOTS, 300, 20));
    const item = await metered(m, home, period, reading);
    const sent = await m.settlement.meterAndSettle(m.community, period, [item], { gasLimit: 2 ** 24 });
    const receipt = await sent.wait();
    expect(await stateOf(m, home, period)).to.equal(State.Settled);
    return receipt?.gasUsed ?? expect.fail("not mined");
  }

  const mixes: readonly (readonly [string, Mix])[] = [
    ["mostly the order book's", { strips: 127, perStrip: 16 }],
    ["mostly the other module's", { strips: 1, perStrip: 16 }],
  ];
  for (const [name, mix] of mixes) {
    itCosts(`settles under 2^23 gas when its 255 records and 2,048 entries are ${name}`, async function () {
      this.timeout(120_000);
      const w = await connection.networkHelpers.loadFixture(oneOther);
      const { m, peer, home } = w;
      await fillAndClear(w, mix);
      const snapshot = await connection.networkHelpers.takeSnapshot();
      // The first member of all finds every word of the ring empty; a call stays within a transaction even so.
      const first = await settle(w, home);
      await expectSolvent(m);
      await snapshot.restore();
      await settle(w, peer);
      const gas = await settle(w, home);
      await expectSolvent(m);
      expect(gas).to.be.lessThan(2n ** 23n);
      expect(first).to.be.lessThan(2n ** 24n);
    });
  }

  itCosts("settles within a transaction when all sixteen modules have records in it", async function () {
    this.timeout(120_000);
    const w = await connection.networkHelpers.loadFixture(fifteenOthers);
    await fillAndClear(w, { strips: 1, perStrip: 16 });
    const gas = await settle(w, w.home);
    expect(gas).to.be.lessThan(2n ** 24n);
    await expectSolvent(w.m);
  });
});
