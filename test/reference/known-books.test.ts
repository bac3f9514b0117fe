import { expect } from "chai";
import { at, get, largest, smallest } from "./arrays.ts";
import type { Order } from "./book.ts";
import { clear } from "./clearing.ts";
import { clearingPrices, wronged } from "./equilibrium.ts";
import { fills } from "./fills.ts";
import { knownBooks, type KnownBook } from "./known-books.ts";

const MOST_TICKS = 128n;

/** Prices by tick: every unit of price from the lowest on where a grid holds that, else the distinct prices in order. */
function ticksOf({ bids, asks }: KnownBook): bigint[] {
  const prices = [...bids, ...asks].map(({ price }) => price);
  const low = smallest(prices);
  const count = largest(prices) - low + 1n;
  if (count <= MOST_TICKS) return Array.from({ length: Number(count) }, (_, tick) => low + BigInt(tick));
  return [...new Set(prices)].sort((a, b) => (a < b ? -1 : 1));
}

function ordersOf(known: KnownBook, ticks: readonly bigint[]): Order[] {
  const side = (raw: KnownBook["bids"], name: "buy" | "sell"): Order[] =>
    raw.map(({ quantity, price }, i) => ({
      id: `${name} ${i}`,
      side: name,
      tick: BigInt(ticks.indexOf(price)),
      lots: quantity,
    }));
  return [...side(known.bids, "buy"), ...side(known.asks, "sell")];
}

describe("reference clearing of known books", function () {
  const books = knownBooks();

  it("has cases to check", function () {
    expect(books).to.have.length.greaterThan(9);
  });

  for (const known of books) {
    it(`agrees with ${known.id} on volume, welfare and price`, function () {
      const ticks = ticksOf(known);
      const orders = ordersOf(known, ticks);
      const result = clear(orders, BigInt(ticks.length));
      expect(result?.lots ?? 0n).to.equal(known.volume);
      if (result === undefined) return;
      const filled = fills(orders, result);
      const welfare = orders.reduce((total, { id, side, tick }) => {
        const value = get(filled, id) * at(ticks, tick);
        return side === "buy" ? total + value : total - value;
      }, 0n);
      expect(welfare).to.equal(known.welfare);
      expect(wronged(orders, filled, result.priceTick)).to.deep.equal([]);
      const price = at(ticks, result.priceTick);
      expect(price >= known.low && price <= known.high, `${price} in ${known.low} to ${known.high}`).to.equal(true);
      const prices = clearingPrices(orders, BigInt(ticks.length)).map((tick) => at(ticks, tick));
      expect([at(prices, 0), at(prices, prices.length - 1)]).to.deep.equal([known.low, known.high]);
      const onGrid = BigInt(ticks.length) === at(ticks, ticks.length - 1) - at(ticks, 0) + 1n;
      if (onGrid) expect(price).to.equal((known.low + known.high) / 2n);
    });
  }
});
