import { expect } from "chai";
import { at } from "../helpers/lists.ts";
import { connect, type HomeKeys } from "../helpers/market.ts";
import { deployMetered, NO_TICK } from "../helpers/metered.ts";
import { goBehind, HOUR, Registers, expectSolvent, valuesAt } from "../helpers/settling.ts";
import { itemsOf } from "../helpers/sharing.ts";
import { knownBooks, type KnownBook } from "../reference/known-books.ts";

/** Above every value of a reading. */
const MOST_WH = 2n ** 24n;

const pricesOf = ({ bids, asks }: KnownBook) =>
  [...new Set([...bids, ...asks].map(({ price }) => price))].sort((a, b) => (a < b ? -1 : 1));

/** A member for each bid and ask: its limit is a tick, its quantity what its meter says. Prices become ticks in their order. */
async function play(book: KnownBook) {
  const connection = await connect();
  const m = await deployMetered(connection, { terms: { tickCount: 128 } });
  await m.fund(3, 1_000_000_000n);
  const prices = pricesOf(book);
  const orders = [
    ...book.bids.map((order) => ({ ...order, buys: true })),
    ...book.asks.map((order) => ({ ...order, buys: false })),
  ];
  const homes: HomeKeys[] = [];
  for (const { quantity } of orders) {
    const cap = Number(quantity / 10n) + 1;
    homes.push(await m.addHome({ buyCap: cap, sellCap: cap, deposit: 10n ** 11n }));
  }
  const signed = await Promise.all(
    orders.map(async ({ price, buys }, i) => {
      const tick = prices.indexOf(price);
      const limits = buys ? { buyTick: tick, sellTick: NO_TICK } : { buyTick: NO_TICK, sellTick: tick };
      return await m.signOrder({ home: at(homes, i), budget: 10n ** 10n, ...limits });
    }),
  );
  await m.metered.keepOrders(m.community, signed);
  const period = (await m.periodNow()) + 2;
  await m.goTo(m.periodStart(period - 1));
  await m.join(period, homes);
  const registers = new Registers(m);
  await m.goTo(m.periodStart(period));
  const quiet = homes.map((home) => [home, valuesAt({})] as const);
  await m.settlement.meterAndSettle(m.community, period - 1, await itemsOf(m, registers, period - 1, quiet));
  await m.goTo(m.periodStart(period + 1));
  const items = await itemsOf(
    m,
    registers,
    period,
    orders.map(({ quantity, buys }, i) => {
      const wh = Number(quantity);
      return [at(homes, i), valuesAt({ 1: buys ? [wh, 0] : [0, wh] })] as const;
    }),
  );
  await goBehind(m, period, HOUR);
  await m.metered.meterAndSettle(m.community, period, items);
  await expectSolvent(m);
  return at(await m.clearedOf(period), 1);
}

describe("Books with known results, metered", function () {
  const books = knownBooks().filter(({ bids, asks }) => [...bids, ...asks].every(({ quantity }) => quantity < MOST_WH));

  it("are most of them", function () {
    expect(books.length).to.be.greaterThan(7);
  });

  for (const book of books) {
    it(`${book.id} trades its known volume at a price that clears it`, async function () {
      this.timeout(60_000);
      const { wh, price } = await play(book);
      expect(wh).to.equal(book.volume);
      const found = at(pricesOf(book), Number(price / 10n)); // 10 base units a tick
      expect(found >= book.low && found <= book.high).to.equal(true);
    });
  }
});
