import { expect } from "chai";
import fc from "fast-check";
import { at, get, sum } from "./arrays.ts";
import { volumeAt, type Order } from "./book.ts";
import { clear, coveredTicks } from "./clearing.ts";
import { clearingPrices, matchGreedily, mostTradable, welfareOf, wronged } from "./equilibrium.ts";
import { fills } from "./fills.ts";
import { anyBook, runs } from "./samples.ts";

const TICKS = 16n;
const RUNS = runs(1_000);

/** "buy 3@7" is a bid of 3 lots at tick 7. */
function book(...orders: string[]): Order[] {
  return orders.map((order, i) => {
    const [side, lots, tick] = order.split(/[ @]/);
    return { id: String(i), side: side === "buy" ? "buy" : "sell", lots: BigInt(lots ?? ""), tick: BigInt(tick ?? "") };
  });
}

/** A book and the same orders in another sequence. */
const shuffled = anyBook.chain((orders) =>
  fc.tuple(fc.constant(orders), fc.shuffledSubarray(orders, { minLength: orders.length })),
);

describe("reference clearing", function () {
  it("trades nothing in an empty or one-sided book, or where bids stay below asks", function () {
    expect(clear([], TICKS)).to.equal(undefined);
    expect(clear(book("buy 5@9"), TICKS)).to.equal(undefined);
    expect(clear(book("sell 5@0"), TICKS)).to.equal(undefined);
    expect(clear(book("buy 5@3", "sell 5@4"), TICKS)).to.equal(undefined);
  });

  it("takes the midpoint to the next live tick, rounded down, where nothing is rationed", function () {
    expect(clear(book("sell 5@4", "buy 5@9"), TICKS)).to.include({ marginalTick: 4n, priceTick: 6n, lots: 5n });
  });

  it("stops the midpoint at the next live tick, whoever is there", function () {
    expect(clear(book("sell 5@4", "buy 5@9", "sell 1@5"), TICKS)?.priceTick).to.equal(4n);
  });

  it("rations the long side at the marginal tick by prefix, without dust", function () {
    const orders = book("sell 10@4", "buy 3@4", "buy 3@4", "buy 3@4", "buy 3@4", "buy 3@4");
    const result = clear(orders, TICKS);
    expect(result).to.deep.equal({
      marginalTick: 4n,
      priceTick: 4n,
      lots: 10n,
      bidAllotment: 10n,
      bidVolume: 15n,
      askAllotment: 10n,
      askVolume: 10n,
    });
    expect([...fills(orders, result).values()]).to.deep.equal([10n, 2n, 2n, 2n, 2n, 2n]);
  });

  it("finds the lowest covered tick, and every tick above is covered too", function () {
    fc.assert(
      fc.property(anyBook, (orders) => {
        const covered = coveredTicks(orders, TICKS);
        const first = at(covered, 0);
        expect(covered).to.have.lengthOf(Number(TICKS - first));
        const result = clear(orders, TICKS);
        if (result !== undefined) expect(result.marginalTick).to.equal(at(clearingPrices(orders, TICKS), 0));
      }),
      RUNS,
    );
  });

  it("prices at the middle of all market-clearing prices", function () {
    fc.assert(
      fc.property(anyBook, (orders) => {
        const result = clear(orders, TICKS);
        if (result === undefined) return;
        const prices = clearingPrices(orders, TICKS);
        expect(result.priceTick).to.equal((at(prices, 0) + at(prices, prices.length - 1)) / 2n);
      }),
      RUNS,
    );
  });

  it("trades the most that any price allows, with the greatest gain", function () {
    fc.assert(
      fc.property(anyBook, (orders) => {
        const result = clear(orders, TICKS);
        const best = matchGreedily(orders);
        expect(result?.lots ?? 0n).to.equal(best.lots);
        expect(best.lots).to.equal(mostTradable(orders, TICKS));
        expect(welfareOf(orders, fills(orders, result))).to.equal(best.welfare);
      }),
      RUNS,
    );
  });

  it("fills the same on both sides, each order within its lots, the marginal tick within one lot of its share", function () {
    fc.assert(
      fc.property(anyBook, (orders) => {
        const result = clear(orders, TICKS);
        const filled = fills(orders, result);
        const total = (side: string): bigint =>
          sum(orders.filter((order) => order.side === side).map(({ id }) => get(filled, id)));
        expect([total("buy"), total("sell")]).to.deep.equal([result?.lots ?? 0n, result?.lots ?? 0n]);
        for (const { id, side, tick, lots } of orders) {
          const fill = get(filled, id);
          expect(fill >= 0n && fill <= lots, `fill ${fill} of ${lots}`).to.equal(true);
          if (result === undefined || tick !== result.marginalTick) continue;
          const allotment = side === "buy" ? result.bidAllotment : result.askAllotment;
          const all = volumeAt(orders, side, tick);
          const off = fill * all - lots * allotment;
          expect(-all < off && off < all, `fill ${fill} of ${lots}, ${allotment} of ${all}`).to.equal(true);
        }
      }),
      RUNS,
    );
  });

  it("wrongs nobody: no unfilled order is better than the price, no filled one worse", function () {
    fc.assert(
      fc.property(anyBook, (orders) => {
        const result = clear(orders, TICKS);
        if (result !== undefined) expect(wronged(orders, fills(orders, result), result.priceTick)).to.deep.equal([]);
      }),
      RUNS,
    );
  });

  it("does not depend on the sequence, and neither does a fill by more than one lot", function () {
    fc.assert(
      fc.property(shuffled, ([orders, others]) => {
        const result = clear(orders, TICKS);
        expect(clear(others, TICKS)).to.deep.equal(result);
        const [before, after] = [fills(orders, result), fills(others, result)];
        for (const { id } of orders) {
          const moved = get(after, id) - get(before, id);
          expect(moved >= -1n && moved <= 1n, `fill moved by ${moved}`).to.equal(true);
        }
      }),
      RUNS,
    );
  });
});
