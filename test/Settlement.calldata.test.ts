import { expect } from "chai";
import type { TransactionReceipt } from "ethers";
import { hostileDay } from "./helpers/hostile-day.ts";
import { at } from "./helpers/lists.ts";
import { buy, connect, deployMarket, sell, type Connection, type HomeKeys, type Market } from "./helpers/market.ts";
import { Registers, expectSolvent, hourly, metered, post, valuesAt } from "./helpers/settling.ts";

let connection: Connection;
before(async function () {
  connection = await connect();
});

const WORD = 64; // hex digits
const ALL_ONES = 2n ** 256n - 1n;

/** What a call said of each member: its reading and its money, by member. */
function said(m: Market, { logs }: TransactionReceipt): Map<bigint, string> {
  const of = new Map<bigint, string>();
  for (const { topics, data } of logs) {
    const parsed = m.settlement.interface.parseLog({ topics, data }) ?? m.escrow.interface.parseLog({ topics, data });
    if (parsed?.name !== "Metered" && parsed?.name !== "Settled") continue;
    const member = parsed.args["member"] as bigint;
    of.set(member, `${of.get(member) ?? ""}${parsed.name}:${data};`);
  }
  return of;
}

async function sent(m: Market, data: string): Promise<TransactionReceipt | undefined> {
  const to = await m.settlement.getAddress();
  const receipt = await m.stranger
    .sendTransaction({ to, data, gasLimit: 2n ** 24n })
    .then(async (response) => await response.wait())
    .catch(() => null);
  return receipt ?? undefined;
}

describe("Rule 7: calldata that is not well-formed reverts or is skipped, and is never misread", function () {
  it("whatever stands in any word of it", async function () {
    this.timeout(600_000);
    const { m, seller, victim, friend, period, item } = await hostileDay(connection);
    const items = await Promise.all([seller, victim, friend].map(item));
    const good = m.settlement.interface.encodeFunctionData("meterAndSettle", [m.community, period, items]);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    const receipt = await sent(m, good);
    if (!receipt) throw new Error("the call as it should be fails");
    const right = said(m, receipt);
    expect(right.size).to.equal(3);
    const words = (good.length - 10) / WORD;
    const size = BigInt((good.length - 2) / 2);
    let [reverted, accepted] = [0, 0];
    for (let index = 2; index < words; index++) {
      const start = 10 + index * WORD;
      const was = BigInt(`0x${good.slice(start, start + WORD)}`);
      const others = [0n, was + 32n, was - 32n, was + 1n, size, size - 4n, 2n ** 64n - 1n, 2n ** 255n, ALL_ONES];
      for (const other of others) {
        await snapshot.restore();
        const word = (other & ALL_ONES).toString(16).padStart(WORD, "0");
        const result = await sent(m, `${good.slice(0, start)}${word}${good.slice(start + WORD)}`);
        if (!result) {
          reverted++;
          continue;
        }
        for (const [member, data] of said(m, result)) {
          accepted++;
          expect(data, `word ${String(index)} = ${word}`).to.equal(right.get(member));
        }
      }
    }
    expect(reverted).to.be.greaterThan(100);
    expect(accepted).to.be.greaterThan(500);
    await snapshot.restore();
    for (const cut of [1, 31, 32, 33, 320, good.length / 2 - 40]) await sent(m, good.slice(0, good.length - 2 * cut));
    await expectSolvent(m);
  });

  it("no items, and none that counts", async function () {
    const { m, seller, period, item } = await hostileDay(connection);
    expect(await m.settlement.meterAndSettle.staticCall(m.community, period, [])).to.equal(0n);
    const { reading } = await item(seller);
    const none = { member: 2 ** 32 - 1, reading, records: [] };
    expect(await m.settlement.meterAndSettle.staticCall(m.community, period, [none, none])).to.equal(0n);
  });
});

describe("Rule 7: what one item leaves in memory does not reach the next", function () {
  /** Homes with journals of very different lengths: the longest does not fit where calls are kept. */
  async function open() {
    const m = await deployMarket(connection, { terms: hourly });
    await m.fund(3, 1_000_000_000n);
    const homes: HomeKeys[] = [];
    for (let index = 0; index < 6; index++) homes.push(await m.addHome());
    const period = (await m.periodNow()) + 1;
    await m.goTo(m.periodStart(period));
    const curve = (slots: readonly number[], ticks: number) =>
      slots.flatMap((slot) => [
        ...Array.from({ length: ticks }, (_, tick) => buy(slot, tick, 1)),
        ...Array.from({ length: ticks }, (_, tick) => sell(slot, 20 + tick, 1)),
      ]);
    await post(m, period + 1, [
      [at(homes, 0), [buy(1, 30, 5)]],
      [at(homes, 1), curve([0, 1, 2, 3], 44)],
      [at(homes, 2), [sell(1, 10, 9)]],
      [at(homes, 4), curve([1, 2], 9)],
      [at(homes, 5), [buy(3, 40, 7), sell(3, 50, 2)]],
    ]);
    await m.goTo(m.periodStart(period + 1));
    await m.goTo(m.periodStart(period + 2));
    await m.clearPeriod(period + 1);
    const registers = new Registers(m);
    const items = [];
    for (const [index, home] of homes.entries()) {
      const before = await registers.read(home, period, valuesAt({}));
      await m.settlement.meter(m.community, period, [{ member: home.member, reading: before, records: [] }]);
      const reading = await registers.read(home, period + 1, valuesAt({ 1: [100 * index, 50], 3: [7, index] }));
      items.push(await metered(m, home, period + 1, reading));
    }
    return { m, period: period + 1, items };
  }

  it("in any order, with a bad item of each kind between them", async function () {
    const { m, period, items } = await open();
    expect(items.some(({ records }) => records.some(({ payload }) => payload.length > 2 * 2048))).to.equal(true);
    const snapshot = await connection.networkHelpers.takeSnapshot();
    const call = async (some: typeof items) => {
      const response = await m.settlement.meterAndSettle(m.community, period, some, { gasLimit: 2n ** 24n });
      const receipt = await response.wait();
      if (!receipt) throw new Error("no receipt");
      return said(m, receipt);
    };
    const alone = new Map<bigint, string>();
    for (const item of items) for (const [member, data] of await call([item])) alone.set(member, data);
    expect(alone.size).to.equal(items.length);
    const spoilt = (item: (typeof items)[number]) => [
      { ...item, reading: { ...item.reading, r: item.reading.vs } },
      { ...item, reading: { ...item.reading, values: `${item.reading.values}00` } },
      { ...item, reading: { ...item.reading, values: "0x" } },
      { ...item, records: [] },
      { ...item, records: [...item.records, ...item.records] },
      { ...item, records: item.records.map((record) => ({ ...record, payload: "0x" })) },
    ];
    for (let turn = 0; turn < items.length; turn++) {
      const turned = [...items.slice(turn), ...items.slice(0, turn)];
      for (let kind = 0; kind < 6; kind++) {
        await snapshot.restore();
        const batch = turned.flatMap((item) => {
          const bad = at(spoilt(item), kind);
          // A home without records has none to leave out.
          return item.records.length === 0 && kind > 2 ? [item] : [bad, item];
        });
        const together = await call(batch);
        expect([...together.entries()].sort()).to.deep.equal([...alone.entries()].sort());
        await expectSolvent(m);
      }
    }
  });
});

describe("Questions about many members", function () {
  it("are answered as about one", async function () {
    const { m, seller, victim, period, settle } = await hostileDay(connection);
    await settle(seller);
    const members = [0, victim.member, seller.member, seller.member, 3, 2 ** 32 - 1];
    const readers = [];
    const journals = [];
    for (const member of members) {
      const { word, meterKey } = await m.registry.readingOf(m.community, member, period);
      readers.push(word, BigInt(meterKey));
      journals.push(await m.escrow.journalWord(m.community, member, period));
    }
    expect(await m.registry.readingsOf(m.community, period, members)).to.deep.equal(readers);
    expect(await m.escrow.journalWords(m.community, period, members)).to.deep.equal(journals);
    expect(new Set(journals).size).to.equal(3);
    expect(await m.registry.readingsOf(m.community, period, [])).to.deep.equal([]);
    expect(await m.escrow.journalWords(m.community, period, [])).to.deep.equal([]);
  });
});
