import { readFileSync } from "node:fs";
import { expect } from "chai";
import fc from "fast-check";
import { clear, clearEntries, fillOf, fillOfEntry } from "../../sdk/src/clearing.ts";
import type { Bid, Book } from "../../sdk/src/clearing.ts";
import { asLots, asTick } from "../../sdk/src/units.ts";
import { expectCode } from "./support.ts";

const TICKS = 12;

function bid(side: "buy" | "sell", tick: number | bigint, lots: number | bigint): Bid {
  return { side, tick: asTick(BigInt(tick)), lots: asLots(BigInt(lots)) };
}

const anyBid = fc
  .tuple(fc.constantFrom("buy" as const, "sell" as const), fc.nat({ max: TICKS - 1 }), fc.integer({ min: 1, max: 9 }))
  .map(([side, tick, lots]) => bid(side, tick, lots));
const anyBook = fc.array(anyBid, { maxLength: 14 });
/** A book and the places of its orders in another order. */
const anyShuffle = anyBook.chain((orders) =>
  fc.shuffledSubarray([...orders.keys()], { minLength: orders.length }).map((places) => ({ orders, places })),
);

function total(lots: readonly bigint[]): bigint {
  return lots.reduce((sum, each) => sum + each, 0n);
}

/** Bids that accept a price, by definition. */
function demandAt(book: Book, tick: number): bigint {
  return total(book.bids.slice(Math.max(tick, 0)));
}

/** Asks that accept a price, by definition. */
function supplyAt(book: Book, tick: number): bigint {
  return total(book.asks.slice(0, tick + 1));
}

/** Prices at which nobody strictly better is left out: D(p + 1) <= S(p) and S(p - 1) <= D(p). */
function equilibria(book: Book): number[] {
  return [...book.bids.keys()].filter(
    (tick) => demandAt(book, tick + 1) <= supplyAt(book, tick) && supplyAt(book, tick - 1) <= demandAt(book, tick),
  );
}

describe("clearing", function () {
  describe("cases", function () {
    const CASES: [string, Bid[], { tick: number; price: number; lots: number; fills: number[] } | null][] = [
      ["an empty book", [], null],
      ["bids alone", [bid("buy", 5, 3)], null],
      ["asks alone", [bid("sell", 5, 3)], null],
      ["limits that do not cross", [bid("buy", 4, 3), bid("sell", 5, 3)], null],
      ["equal limits", [bid("buy", 5, 3), bid("sell", 5, 3)], { tick: 5, price: 5, lots: 3, fills: [3, 3] }],
      [
        "the middle of the interval",
        [bid("buy", 9, 3), bid("sell", 5, 3)],
        { tick: 5, price: 7, lots: 3, fills: [3, 3] },
      ],
      [
        "the middle, rounded down",
        [bid("buy", 8, 3), bid("sell", 5, 3)],
        { tick: 5, price: 6, lots: 3, fills: [3, 3] },
      ],
      [
        "the middle up to an ask that does not trade",
        [bid("buy", 9, 3), bid("sell", 3, 3), bid("sell", 7, 2)],
        { tick: 3, price: 5, lots: 3, fills: [3, 3, 0] },
      ],
      [
        "a bid at t* of a balanced book",
        [bid("buy", 9, 3), bid("buy", 3, 4), bid("sell", 3, 3)],
        { tick: 3, price: 6, lots: 3, fills: [3, 0, 3] },
      ],
      [
        "long bids",
        [bid("buy", 5, 6), bid("buy", 5, 3), bid("sell", 2, 5)],
        { tick: 5, price: 5, lots: 5, fills: [3, 2, 5] },
      ],
      [
        "long asks",
        [bid("buy", 9, 5), bid("sell", 5, 6), bid("sell", 5, 3)],
        { tick: 5, price: 5, lots: 5, fills: [5, 3, 2] },
      ],
      ["the ends of the grid", [bid("buy", 11, 2), bid("sell", 0, 2)], { tick: 0, price: 5, lots: 2, fills: [2, 2] }],
      [
        "both sides rationed at one tick",
        [bid("buy", 7, 2), bid("buy", 5, 4), bid("sell", 3, 1), bid("sell", 5, 9)],
        { tick: 5, price: 5, lots: 6, fills: [2, 4, 1, 5] },
      ],
    ];
    for (const [name, orders, expected] of CASES) {
      it(name, function () {
        const { clearing, fills } = clearEntries(BigInt(TICKS), orders);
        if (expected === null) {
          expect(clearing).to.equal(null);
          expect(total(fills)).to.equal(0n);
          return;
        }
        expect(clearing).to.include({
          marginalTick: BigInt(expected.tick),
          priceTick: BigInt(expected.price),
          lots: BigInt(expected.lots),
        });
        expect(fills.map(Number)).to.deep.equal(expected.fills);
      });
    }
  });

  describe("any book", function () {
    it("clears at the lowest equilibrium tick and prices the middle of all of them", function () {
      fc.assert(
        fc.property(anyBook, (orders) => {
          const { book, clearing } = clearEntries(BigInt(TICKS), orders);
          const best = [...book.bids.keys()].reduce((most, tick) => {
            const supply = supplyAt(book, tick);
            const demand = demandAt(book, tick);
            const volume = supply < demand ? supply : demand;
            return volume > most ? volume : most;
          }, 0n);
          expect(clearing?.lots ?? 0n).to.equal(best);
          if (clearing === null) return;
          const ticks = equilibria(book);
          const lowest = ticks[0] ?? NaN;
          const highest = ticks.at(-1) ?? NaN;
          expect(clearing.marginalTick).to.equal(BigInt(lowest));
          expect(clearing.priceTick).to.equal(BigInt(Math.floor((lowest + highest) / 2)));
        }),
        { numRuns: 2_000 },
      );
    });

    it("fills what it clears, to the lot, leaving nobody better than the price behind", function () {
      fc.assert(
        fc.property(anyBook, (orders) => {
          const { clearing, fills } = clearEntries(BigInt(TICKS), orders);
          const of = (side: string) => total(fills.filter((_, index) => orders[index]?.side === side));
          expect(of("buy")).to.equal(clearing?.lots ?? 0n);
          expect(of("sell")).to.equal(clearing?.lots ?? 0n);
          if (clearing === null) return;
          for (const [index, { side, tick, lots }] of orders.entries()) {
            const fill = fills[index] ?? -1n;
            expect(fill >= 0n && fill <= lots).to.equal(true);
            const accepts = side === "buy" ? tick >= clearing.priceTick : tick <= clearing.priceTick;
            if (fill > 0n) expect(accepts).to.equal(true);
            const better = side === "buy" ? tick > clearing.priceTick : tick < clearing.priceTick;
            if (better) expect(fill).to.equal(lots);
          }
        }),
        { numRuns: 2_000 },
      );
    });

    it("has the same price and volume in any order, and each fill within a lot", function () {
      fc.assert(
        fc.property(anyShuffle, ({ orders, places }) => {
          const straight = clearEntries(BigInt(TICKS), orders);
          const shuffled = clearEntries(
            BigInt(TICKS),
            places.flatMap((place) => orders[place] ?? []),
          );
          expect(shuffled.clearing).to.deep.equal(straight.clearing);
          for (const [at, place] of places.entries()) {
            const difference = (shuffled.fills[at] ?? 0n) - (straight.fills[place] ?? 0n);
            expect(difference >= -1n && difference <= 1n).to.equal(true);
          }
        }),
      );
    });
  });

  describe("fillOf", function () {
    it("adds up to the allotment, each within a lot of its share", function () {
      fc.assert(
        fc.property(
          fc.array(fc.bigInt(1n, 65_535n), { minLength: 1, maxLength: 20 }),
          fc.bigInt(0n, 1_000n),
          (sizes, permille) => {
            const volume = total(sizes);
            const allotment = (volume * permille) / 1_000n;
            let prefix = 0n;
            let filled = 0n;
            for (const size of sizes) {
              const fill = fillOf(asLots(prefix), asLots(size), asLots(allotment), asLots(volume));
              const share = size * allotment;
              expect((fill - 1n) * volume < share && share < (fill + 1n) * volume).to.equal(true);
              prefix += size;
              filled += fill;
            }
            expect(filled).to.equal(allotment);
          },
        ),
      );
    });

    it("is nothing of nothing", function () {
      expect(fillOf(asLots(0n), asLots(5n), asLots(0n), asLots(0n))).to.equal(0n);
      expect(fillOfEntry(null, { ...bid("buy", 5, 5), prefix: asLots(0n) })).to.equal(0n);
    });
  });

  it("refuses ticks outside the grid and sides of two lengths", function () {
    expectCode(() => clearEntries(8n, [bid("buy", 8, 1)]), "OUT_OF_RANGE", { field: "tick", most: 7n });
    expectCode(() => clear({ bids: [asLots(1n)], asks: [] }), "BAD_LENGTH", { field: "asks" });
  });

  it("clears 10,000 orders within 50 ms", function () {
    const orders = Array.from({ length: 10_000 }, (_, index) =>
      bid(index % 2 === 0 ? "buy" : "sell", (index * 7) % 64, 1 + ((index * 13) % 50)),
    );
    const times = Array.from({ length: 7 }, () => {
      const start = performance.now();
      clearEntries(64n, orders);
      return performance.now() - start;
    });
    expect(Math.min(...times)).to.be.lessThan(50);
  });
});

/** A decimal of the case file, never a float. */
type Decimal = string;

interface UniformCase {
  id: string;
  kind: string;
  bids: [Decimal, Decimal][];
  asks: [Decimal, Decimal][];
  canonical: { q: Decimal; w: Decimal; lo: Decimal; hi: Decimal };
}

const CASES_FILE = new URL("../vectors/call-auction.json", import.meta.url);

/** Reads JSON with every number as its text. */
function readCases(): UniformCase[] {
  const text = readFileSync(CASES_FILE, "utf8");
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  return (JSON.parse(quoted) as UniformCase[]).filter(({ kind }) => kind === "uniform");
}

const SCALE_DIGITS = 6;

/** A decimal in millionths. */
function scaled(text: Decimal): bigint {
  const [whole = "", fraction = ""] = text.split(".");
  if (fraction.length > SCALE_DIGITS) throw new Error(`${text} is finer than ${SCALE_DIGITS} digits.`);
  return BigInt(whole + fraction.padEnd(SCALE_DIGITS, "0"));
}

/** Clears a case on a grid of the given prices, lowest first; the result in prices. */
function clearCase({ bids, asks }: UniformCase, grid: readonly bigint[]) {
  const orders = [
    ...bids.map(([lots, price]) => ({ side: "buy" as const, lots, price: scaled(price) })),
    ...asks.map(([lots, price]) => ({ side: "sell" as const, lots, price: scaled(price) })),
  ].map(({ side, lots, price }) => ({ price, bid: bid(side, grid.indexOf(price), scaled(lots)) }));
  const { clearing, fills } = clearEntries(
    BigInt(grid.length),
    orders.map((order) => order.bid),
  );
  const welfare = orders.reduce((sum, order, index) => {
    const value = order.price * (fills[index] ?? 0n);
    return order.bid.side === "buy" ? sum + value : sum - value;
  }, 0n);
  if (clearing === null) throw new Error("Nothing trades.");
  return { lots: clearing.lots, price: grid[Number(clearing.priceTick)] ?? -1n, welfare };
}

describe("books of other projects", function () {
  for (const each of readCases()) {
    const { q, w, lo, hi } = each.canonical;
    const prices = [...each.bids, ...each.asks].map(([, price]) => scaled(price));
    const distinct = [...new Set(prices)].sort((a, b) => (a < b ? -1 : 1));

    it(`${each.id}: volume ${q}, welfare ${w}, price from ${lo} to ${hi}`, function () {
      const result = clearCase(each, distinct);
      expect(result.lots).to.equal(scaled(q));
      expect(result.welfare).to.equal(scaled(w) * 10n ** BigInt(SCALE_DIGITS));
      expect(scaled(lo) <= result.price && result.price <= scaled(hi)).to.equal(true);
    });

    const step = [1_000_000n, 500_000n, 100_000n].find((size) => prices.every((price) => price % size === 0n));
    const lowest = distinct[0] ?? 0n;
    const length = step === undefined ? Infinity : Number(((distinct.at(-1) ?? 0n) - lowest) / step) + 1;
    if (step === undefined || length > 128) continue;

    it(`${each.id}: the middle of ${lo} and ${hi}, rounded down to a tick`, function () {
      const grid = Array.from({ length }, (_, tick) => lowest + BigInt(tick) * step);
      const middle = (scaled(lo) + scaled(hi)) / 2n;
      expect(clearCase(each, grid)).to.include({ lots: scaled(q), price: middle - ((middle - lowest) % step) });
    });
  }
});
