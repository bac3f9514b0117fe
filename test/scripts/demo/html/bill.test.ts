import { expect } from "chai";
import { billRows, billTotal } from "../../../../scripts/demo/html/bill.ts";
import { gridSides } from "../../../../scripts/demo/html/home-day.ts";

const PAYMENTS = {
  paid: 150_000n,
  received: 30_000n,
  networkFee: 40_000n,
  settlementFee: 2_000n,
  relayerFee: 120n,
  gridLeg: 292_000n,
};

function rows(imbalances: readonly bigint[], net: readonly bigint[]) {
  const input = {
    boughtWh: 1_000n,
    soldWh: 200n,
    payments: PAYMENTS,
    ...gridSides(imbalances),
    retailer: gridSides(net),
  };
  return new Map(billRows(input).map((row) => [row.label, row]));
}

describe("a bill on the page", function () {
  it("prices what was drawn at the import price and what was fed in at the export price, slot by slot", function () {
    expect(gridSides([1_000n, -100n, 0n])).to.deep.equal({
      drawn: { wh: 1_000n, amount: 300_000n },
      fedIn: { wh: 100n, amount: 8_000n },
    });
  });

  it("shows energy, mean price and amount, and income below zero", function () {
    const bill = rows([1_000n, -100n], [2_000n]);
    expect(bill.get("Bought from neighbours")).to.deep.include({ energy: "1.00", price: "15.0", amount: "0.1500" });
    expect(bill.get("Sold to neighbours")).to.deep.include({ energy: "0.20", price: "15.0", amount: "−0.0300" });
    expect(bill.get("Fed into the grid beyond that")).to.deep.include({
      energy: "0.10",
      price: "8.0",
      amount: "−0.0080",
    });
    expect(bill.get("Settlement fee")).to.deep.include({ energy: "", price: "", amount: "0.0020" });
  });

  it("ends with the bill, the retailer's, and what lies between them", function () {
    expect(billTotal(PAYMENTS)).to.equal(454_120n);
    const bill = rows([1_000n, -100n], [2_000n]);
    expect(bill.get("Bill with neighbours")?.amount).to.equal("0.4541");
    expect(bill.get("Bill at the retailer")?.amount).to.equal("0.6000");
    expect(bill.get("Saving")?.amount).to.equal("0.1459");
    expect(rows([1_000n], [1_000n]).get("Saving (below zero: paid more)")?.amount).to.equal("−0.1541");
  });
});
