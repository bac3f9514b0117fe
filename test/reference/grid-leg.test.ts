import { expect } from "chai";
import { estimate, gapPrices, gridLeg, slotLeg } from "./grid-leg.ts";

const price = { importPrice: 300n, exportPrice: 80n };
const metered = (imported: bigint, exported: bigint) => ({ imported, exported });
const position = (bought: bigint, sold: bigint) => ({ bought, sold });

describe("reference grid leg", function () {
  it("bills import that was not bought at the import price", function () {
    expect(slotLeg(metered(50n, 0n), position(30n, 0n), price)).to.equal(20n * 300n);
  });

  it("pays for export that was not sold at the export price", function () {
    expect(slotLeg(metered(0n, 50n), position(0n, 30n), price)).to.equal(-20n * 80n);
  });

  it("lets a seller who did not deliver pay retail for the replacement", function () {
    expect(slotLeg(metered(0n, 10n), position(0n, 30n), price)).to.equal(20n * 300n);
  });

  it("takes back at the export price what a buyer did not use", function () {
    expect(slotLeg(metered(10n, 0n), position(30n, 0n), price)).to.equal(-20n * 80n);
  });

  it("nets import, export, bought and sold of a slot, and slots only in money", function () {
    const readings = [metered(100n, 40n), metered(0n, 7n)];
    expect(gridLeg(readings, [position(30n, 20n), position(0n, 0n)], [price, price])).to.equal(50n * 300n - 7n * 80n);
  });

  it("estimates no export and at least the default load", function () {
    const estimated = [metered(25n, 0n), metered(40n, 0n)];
    expect(estimate([position(10n, 30n), position(40n, 0n)], 25n)).to.deep.equal(estimated);
  });

  it("takes the worst prices of a gap", function () {
    const other = { importPrice: 200n, exportPrice: 50n };
    expect(gapPrices([other, price])).to.deep.equal({ dearest: 300n, cheapest: 50n });
    expect(gapPrices([price, other])).to.deep.equal({ dearest: 300n, cheapest: 50n });
  });
});
