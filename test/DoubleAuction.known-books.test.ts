import { expect } from "chai";
import { connect } from "./helpers/market.ts";
import { openDay, type Day } from "./helpers/auction.ts";
import { at } from "./helpers/lists.ts";
import { clearAll, deepPockets, postPlan, resultOf, type HomeOrder } from "./helpers/books.ts";
import { knownBooks, type KnownBook } from "./reference/known-books.ts";

const connection = await connect();
const TICKS = 64n;

/** Every bid and every ask of a book is another home's. */
const ordersOf = ({ bids, asks }: KnownBook, slot: number, tickOf: (price: bigint) => number): HomeOrder[] =>
  (["buy", "sell"] as const).flatMap((side) =>
    (side === "buy" ? bids : asks).map(({ quantity, price }, home) => ({
      ...{ slot, side, home, lots: Number(quantity) },
      tick: tickOf(price),
    })),
  );

const pricesOf = ({ bids, asks }: KnownBook) =>
  [...new Set([...bids, ...asks].map(({ price }) => price))].sort((a, b) => (a < b ? -1 : 1));

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? a : gcd(b, a % b));

/** The tick of a price where tick 0 is the lowest price of the book and a tick the largest step that meets them all. */
function gridOf(book: KnownBook): (price: bigint) => bigint {
  const prices = pricesOf(book);
  const lowest = at(prices, 0);
  const step = prices.map((price) => price - lowest).reduce(gcd, 0n);
  return (price) => (step === 0n ? 0n : (price - lowest) / step);
}

async function play(books: readonly KnownBook[], tickOf: (book: KnownBook, price: bigint) => number) {
  const homes = Math.max(...books.flatMap(({ bids, asks }) => [bids.length, asks.length]));
  const day: Day = await openDay(
    connection,
    Array.from({ length: homes }, () => deepPockets),
  );
  const period = day.period + 1;
  const orders = books.flatMap((book, slot) => ordersOf(book, slot, (price) => tickOf(book, price)));
  await postPlan(day, orders, { sequence: [3, 1, 4, 1, 5], cuts: [2, 5], batch: 4 }, period);
  await clearAll(day, period);
  return await Promise.all(books.map(async (_, slot) => await resultOf(day, slot, period)));
}

describe("Books with known results", function () {
  const books = knownBooks();

  it("trade their known volume at a price that clears them, their prices mapped to ticks in order", async function () {
    const results = await play(books, (book, price) => pricesOf(book).indexOf(price));
    for (const [i, book] of books.entries()) {
      const result = results[i];
      expect(result?.lots, book.id).to.equal(book.volume);
      const price = at(pricesOf(book), Number(result?.priceTick ?? -1));
      expect(price >= book.low && price <= book.high, book.id).to.equal(true);
    }
  });

  it("have the middle of all clearing prices for their price, rounded down, on a grid of their own", async function () {
    const small = books.filter((book) => pricesOf(book).every((price) => gridOf(book)(price) < TICKS));
    expect(small.length).to.be.greaterThan(7);
    const results = await play(small, (book, price) => Number(gridOf(book)(price)));
    for (const [i, book] of small.entries()) {
      const tickOf = gridOf(book);
      expect(results[i]?.lots, book.id).to.equal(book.volume);
      expect(results[i]?.priceTick, book.id).to.equal((tickOf(book.low) + tickOf(book.high)) / 2n);
    }
  });
});
