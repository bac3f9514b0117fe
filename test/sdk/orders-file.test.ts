import { expect } from "chai";
import { clearedOrdersJson, parseOrderFile } from "../../sdk/src/orders-file.ts";
import { clearOrders } from "../../sdk/src/orders.ts";
import { expectCode } from "./support.ts";

const GRID = { floorPrice: 60, tickSize: 4, tickCount: 64, lotWh: 10 };
const ROOF = { id: "roof", side: "sell", price: 100, quantityWh: 1_000 };

function answerTo(file: unknown): string {
  const { grid, orders } = parseOrderFile(JSON.parse(JSON.stringify(file)));
  return clearedOrdersJson(clearOrders(grid, orders));
}

describe("order files", function () {
  it("hold a grid and orders, and become price, volume, welfare and fills", function () {
    const oven = { id: "oven", side: "buy", price: 180, quantityWh: 800 };
    expect(JSON.parse(answerTo({ ...GRID, orders: [ROOF, oven] }))).to.deep.equal({
      tick: 10,
      price: 100,
      volumeWh: 800,
      welfare: 800 * 80,
      fills: { roof: 800, oven: 800 },
    });
  });

  it("without trade have null for tick and price", function () {
    const nothing = { tick: null, price: null, volumeWh: 0, welfare: 0 };
    expect(JSON.parse(answerTo({ ...GRID, orders: [] }))).to.deep.equal({ ...nothing, fills: {} });
    expect(JSON.parse(answerTo({ ...GRID, orders: [ROOF] }))).to.deep.equal({ ...nothing, fills: { roof: 0 } });
  });

  it("keep any id, and integers beyond 2^53 as digits", function () {
    const wide = { ...GRID, lotWh: 1, orders: [] as object[] };
    const much = (2n ** 60n + 1n).toString();
    for (const [id, side] of [
      ["__proto__", "sell"],
      ["10", "buy"],
      ['a "quoted" one', "buy"],
    ]) {
      wide.orders.push({ id, side, price: "100", quantityWh: much });
    }
    const text = answerTo(wide);
    expect(text).to.contain(`"__proto__":${much},"10":`).and.to.contain('"a \\"quoted\\" one":');
    expect(Object.keys((JSON.parse(text) as { fills: object }).fills)).to.have.length(3);
  });

  it("are refused with a code, whatever stands where a number should", function () {
    for (const floorPrice of [() => 1, Symbol("x"), { a: 1n }, [1n], Number.NaN, true]) {
      expectCode(() => parseOrderFile({ floorPrice }), "ORDER_FILE_INVALID");
    }
  });

  it("may be numbered: a whole number and its digits are one id", function () {
    const oven = { id: 8, side: "buy", price: 180, quantityWh: 800 };
    const text = answerTo({ ...GRID, orders: [{ ...ROOF, id: 7 }, oven] });
    expect((JSON.parse(text) as { fills: object }).fills).to.deep.equal({ 7: 800, 8: 800 });
    const twice = () =>
      answerTo({
        ...GRID,
        orders: [
          { ...ROOF, id: 7 },
          { ...oven, id: "7" },
        ],
      });
    expectCode(twice, "REPEATED_ID", { id: "7" });
  });

  it("are refused with the field, and the order where it has an id", function () {
    const cases: [unknown, string][] = [
      [[], "the file"],
      [null, "the file"],
      [{ ...GRID, lotWh: undefined, orders: [] }, "lotWh"],
      [{ ...GRID, tickCount: 6.5, orders: [] }, "tickCount"],
      [{ ...GRID, orders: {} }, "orders"],
      [{ ...GRID, orders: [ROOF, 5] }, "orders[1]"],
      [{ ...GRID, orders: [{ ...ROOF, id: 7.5 }] }, "orders[0].id"],
      [{ ...GRID, orders: [{ ...ROOF, id: 2 ** 53 }] }, "orders[0].id"],
      [{ ...GRID, orders: [{ ...ROOF, id: null }] }, "orders[0].id"],
      [{ ...GRID, orders: [{ ...ROOF, id: "" }] }, "orders[0].id"],
      [{ ...GRID, orders: [{ ...ROOF, side: "BUY" }] }, 'side of order "roof"'],
      [{ ...GRID, orders: [{ ...ROOF, price: "1e2" }] }, 'price of order "roof"'],
      [{ ...GRID, orders: [{ ...ROOF, quantityWh: 12.5 }] }, 'quantityWh of order "roof"'],
      [{ ...GRID, orders: [{ ...ROOF, quantityWh: 2 ** 53 }] }, 'quantityWh of order "roof"'],
    ];
    for (const [file, field] of cases) {
      const error = expectCode(() => answerTo(file), "ORDER_FILE_INVALID", { field });
      expect(error.message.startsWith(`${field} is `), error.message).to.equal(true);
    }
  });
});
