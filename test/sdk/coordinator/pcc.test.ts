import { expect } from "chai";
import fc from "fast-check";
import { comparePccWith, supplyInvoiceOf } from "../../../sdk/src/coordinator/pcc.ts";
import { asPermille, asPrice, asWh } from "../../../sdk/src/units.ts";
import { accounts, comparison } from "../../reference/desk.ts";
import { expectCode, metered, RETAIL } from "../support.ts";

const value = fc.record({
  imported: fc.bigInt(0n, 4_000n).map((wh) => asWh(wh)),
  exported: fc.bigInt(0n, 4_000n).map((wh) => asWh(wh)),
});
const price = fc.record({
  importPrice: fc.bigInt(0n, 65_535n).map((each) => asPrice(each)),
  exportPrice: fc.bigInt(0n, 65_535n).map((each) => asPrice(each)),
});
const day = fc.array(value, { minLength: 4, maxLength: 4 });

describe("A PCC reading", function () {
  it("is invoiced as the naive model does, gaps included (N2)", function () {
    fc.assert(
      fc.property(day, fc.array(price, { minLength: 4, maxLength: 4 }), value, (values, prices, gap) => {
        const owed = accounts(new Map([[0n, { supplier: 3, prices }]]), [{ period: 1n, gap, slots: values }]);
        expect(supplyInvoiceOf(prices, values, gap)).to.equal(owed.get(3));
      }),
      { seed: 6 },
    );
  });

  it("is compared with members as the naive model does (N5)", function () {
    fc.assert(
      fc.property(day, day, fc.bigInt(0n, 1_000n), fc.bigInt(0n, 9_000n), (values, ledger, permille, absolute) => {
        const found = comparison(values, [ledger], permille, absolute);
        const tolerance = { permille: asPermille(permille), absoluteWh: asWh(absolute) };
        const balanced = found.deviation <= found.tolerated;
        expect(comparePccWith(ledger, values, tolerance)).to.deep.equal({ ...found, balanced });
      }),
      { seed: 6 },
    );
  });

  it("names a list of another length", function () {
    const values = [metered(1, 0), metered(2, 0)];
    const tolerance = { permille: asPermille(0n), absoluteWh: asWh(0n) };
    expectCode(() => supplyInvoiceOf([RETAIL], values), "BAD_LENGTH", { field: "prices", length: 1 });
    expectCode(() => comparePccWith(values.slice(1), values, tolerance), "BAD_LENGTH", { field: "ledger", length: 1 });
  });
});
