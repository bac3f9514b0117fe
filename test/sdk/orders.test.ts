import { expect } from "chai";
import fc from "fast-check";
import { clearOrders } from "../../sdk/src/orders.ts";
import type { LimitOrder, OrderGrid } from "../../sdk/src/orders.ts";
import type { Plain } from "../../sdk/src/terms.ts";
import { at, get, largest, smallest } from "../reference/arrays.ts";
import type { Order } from "../reference/book.ts";
import { clear } from "../reference/clearing.ts";
import { matchGreedily } from "../reference/equilibrium.ts";
import { fills } from "../reference/fills.ts";
import { knownBooks } from "../reference/known-books.ts";
import { anyBook, runs } from "../reference/samples.ts";
import { expectCode } from "./support.ts";

const GRID = { floorPrice: 60n, tickSize: 4n, tickCount: 64n, lotWh: 10n };

function order(id: string, side: "buy" | "sell", price: number, quantityWh: number): Plain<LimitOrder> {
  return { id, side, price: BigInt(price), quantityWh: BigInt(quantityWh) };
}

/** Orders of the reference model, ticks and lots, in prices and Wh. */
function priced(grid: Plain<OrderGrid>, book: readonly Order[]): Plain<LimitOrder>[] {
  return book.map(({ id, side, tick, lots }) => {
    return { id, side, price: grid.floorPrice + tick * grid.tickSize, quantityWh: lots * grid.lotWh };
  });
}

/** Grids of 13 ticks and more, so that every random book fits. */
const anyGrid = fc.record({
  floorPrice: fc.bigInt(0n, 500n),
  tickSize: fc.bigInt(1n, 9n),
  tickCount: fc.constantFrom(13n, 32n, 64n, 128n),
  lotWh: fc.constantFrom(1n, 7n, 10n, 1_000n),
});

describe("orders cleared offline", function () {
  it("fill at one price, in Wh, with what they are worth", function () {
    const cleared = clearOrders(GRID, [
      order("roof", "sell", 100, 1_000),
      order("oven", "buy", 180, 500),
      order("car", "buy", 140, 300),
      order("pump", "buy", 96, 300),
    ]);
    expect(cleared).to.deep.equal({
      tick: 10n,
      price: 100n,
      volumeWh: 800n,
      welfare: 500n * 180n + 300n * 140n - 800n * 100n,
      fills: new Map(Object.entries({ roof: 800n, oven: 500n, car: 300n, pump: 0n })),
    });
  });

  it("have no price where nothing trades", function () {
    const none = { tick: null, price: null, volumeWh: 0n, welfare: 0n };
    expect(clearOrders(GRID, [])).to.deep.equal({ ...none, fills: new Map() });
    const apart = clearOrders(GRID, [order("a", "sell", 104, 10), order("b", "buy", 100, 10)]);
    expect(apart).to.deep.equal({ ...none, fills: new Map(Object.entries({ a: 0n, b: 0n })) });
  });

  it("share what is rationed by their place in the list", function () {
    const asks = [order("first", "sell", 100, 30), order("second", "sell", 100, 30)];
    const bid = order("bid", "buy", 100, 30);
    const shares = (orders: readonly Plain<LimitOrder>[]) => [...clearOrders(GRID, orders).fills.values()];
    expect(shares([...asks, bid])).to.deep.equal([10n, 20n, 30n]);
    expect(clearOrders(GRID, [...[...asks].reverse(), bid]).fills.get("second")).to.equal(10n);
  });

  it("become what the reference model makes of any book", function () {
    fc.assert(
      fc.property(anyGrid, anyBook, (grid, book) => {
        const cleared = clearOrders(grid, priced(grid, book));
        const expected = clear(book, grid.tickCount);
        const filled = fills(book, expected);
        const greedy = matchGreedily(book);
        expect(cleared.tick).to.equal(expected?.priceTick ?? null);
        expect(cleared.price).to.equal(expected ? grid.floorPrice + expected.priceTick * grid.tickSize : null);
        expect(cleared.volumeWh).to.equal((expected?.lots ?? 0n) * grid.lotWh);
        expect(cleared.welfare).to.equal(greedy.welfare * grid.tickSize * grid.lotWh);
        expect([...cleared.fills]).to.deep.equal(book.map(({ id }) => [id, get(filled, id) * grid.lotWh]));
      }),
      runs(500),
    );
  });

  for (const known of knownBooks()) {
    it(`agree with the known book ${known.id}`, function () {
      const prices = [...known.bids, ...known.asks].map(({ price }) => price);
      const low = smallest(prices);
      const everyPrice = largest(prices) - low + 1n;
      // Prices finer than any grid stand for their places among each other.
      const places = [...new Set(prices)].sort((a, b) => (a < b ? -1 : 1));
      const fits = everyPrice <= 128n;
      const grid = { floorPrice: 0n, tickSize: 1n, tickCount: fits ? everyPrice : BigInt(places.length), lotWh: 1n };
      const tickOf = (price: bigint) => (fits ? price - low : BigInt(places.indexOf(price)));
      const priceAt = (tick: bigint) => (fits ? low + tick : at(places, tick));
      const side = (raw: typeof known.bids, name: "buy" | "sell") =>
        raw.map(({ quantity, price }, i) => {
          return { id: `${name} ${i}`, side: name, price: tickOf(price), quantityWh: quantity, limit: price };
        });
      const orders = [...side(known.bids, "buy"), ...side(known.asks, "sell")];
      const cleared = clearOrders(grid, orders);
      expect(cleared.volumeWh).to.equal(known.volume);
      const worth = orders.reduce((sum, each) => {
        return sum + get(cleared.fills, each.id) * (each.side === "buy" ? each.limit : -each.limit);
      }, 0n);
      expect(worth).to.equal(known.welfare);
      // On a grid of every price welfare is the known one: a shift of all prices cancels out.
      if (fits) expect(cleared.welfare).to.equal(known.welfare);
      const price = priceAt(cleared.tick ?? -1n);
      expect(price >= known.low && price <= known.high, `${price} in ${known.low} to ${known.high}`).to.equal(true);
    });
  }

  describe("are refused by id", function () {
    const good = order("good", "sell", 100, 10);
    const refused = (bad: Plain<LimitOrder>) => () => clearOrders(GRID, [good, bad]);

    it("for a quantity that is no whole lot, or none", function () {
      for (const quantity of [0, 5, 15, -10]) {
        const evidence = { order: "bad", energy: BigInt(quantity), lotWh: 10n };
        const error = expectCode(refused(order("bad", "buy", 100, quantity)), "OFF_LOT_QUANTITY", evidence);
        expect(error.message).to.contain('order "bad"');
      }
    });

    it("for a price between two ticks or outside the grid", function () {
      for (const price of [56, 59, 101, 313, 316, 70_000, -4]) {
        const evidence = { order: "bad", price: BigInt(price), topPrice: 312n };
        const error = expectCode(refused(order("bad", "buy", price, 10)), "OFF_GRID_PRICE", evidence);
        expect(error.message).to.contain('order "bad"');
      }
    });

    it("for an id that another order has", function () {
      expectCode(refused(order("good", "buy", 100, 10)), "REPEATED_ID", { kind: "order", id: "good" });
    });

    it("for what the compiler would not let pass", function () {
      const loose = (fields: object) => ({ ...good, id: "bad", ...fields }) as Plain<LimitOrder>;
      for (const fields of [{ price: 100 }, { quantityWh: "10" }, { side: "BUY" }]) {
        const evidence = { field: `${Object.keys(fields).join()} of order "bad"` };
        expectCode(refused(loose(fields)), "ORDER_FILE_INVALID", evidence);
      }
    });
  });

  it("need a grid with lots, steps and one to 128 ticks below 65536", function () {
    const withGrid = (fields: Partial<Plain<OrderGrid>>) => () => clearOrders({ ...GRID, ...fields }, []);
    expectCode(withGrid({ lotWh: 0n }), "TERMS_OUT_OF_BOUNDS", { field: "lotWh" });
    expectCode(withGrid({ tickSize: 0n }), "TERMS_OUT_OF_BOUNDS", { field: "tickSize" });
    expectCode(withGrid({ tickCount: 0n }), "TERMS_OUT_OF_BOUNDS", { field: "tickCount" });
    expectCode(withGrid({ tickCount: 129n }), "TERMS_OUT_OF_BOUNDS", { field: "tickCount" });
    expectCode(withGrid({ floorPrice: 65_535n }), "TERMS_OUT_OF_BOUNDS", { field: "floorPrice" });
    expectCode(withGrid({ floorPrice: -1n }), "OUT_OF_RANGE", { field: "floorPrice" });
  });
});
