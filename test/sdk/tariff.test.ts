import { expect } from "chai";
import { dataLength } from "ethers";
import fc from "fast-check";
import {
  checkTariff,
  decodeTariff,
  decodeTariffCode,
  encodeTariff,
  flatTariff,
  pricesOf,
} from "../../sdk/src/tariff.ts";
import type { GridPrice, Tariff } from "../../sdk/src/tariff.ts";
import { asPrice } from "../../sdk/src/units.ts";
import { expectCode, RETAIL, SMALL, SMALL_TARIFF, TARIFF, TERMS } from "./support.ts";

const anyPrice = fc.bigInt(0n, 65_535n).map((value) => asPrice(value));
const anySlot: fc.Arbitrary<GridPrice> = fc.record({ importPrice: anyPrice, exportPrice: anyPrice });
const anyTariff: fc.Arbitrary<Tariff> = fc.record({
  networkFee: anyPrice,
  classes: fc.array(fc.array(anySlot, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
});

/** The small tariff with one slot of one class replaced. */
function changed(tariffClass: number, slot: number, price: Partial<GridPrice>): Tariff {
  const tariff = flatTariff(SMALL, asPrice(20n), [RETAIL, RETAIL]);
  const classes = tariff.classes.map((prices, index) =>
    prices.map((each, at) => (index === tariffClass && at === slot ? { ...each, ...price } : each)),
  );
  return { ...tariff, classes };
}

describe("tariff", function () {
  describe("bytes", function () {
    it("hold the fee, then import and export per class and slot", function () {
      expect(encodeTariff(SMALL_TARIFF)).to.equal(`0x0014${"01400050".repeat(4)}`);
      expect(dataLength(encodeTariff(TARIFF))).to.equal(2 + 4 * 96);
    });

    it("decode to what was encoded", function () {
      fc.assert(
        fc.property(anyTariff, (tariff) => {
          const bytes = encodeTariff(tariff);
          expect(decodeTariff(SMALL, bytes)).to.deep.equal(tariff);
          expect(decodeTariffCode(SMALL, `0x00${bytes.slice(2)}`)).to.deep.equal(tariff);
        }),
      );
    });

    it("hold whole classes", function () {
      for (const bytes of ["0x", "0x0014", `0x0014${"01400050".repeat(3)}`, `0x0014${"01400050".repeat(4)}00`]) {
        expectCode(() => decodeTariff(SMALL, bytes), "BAD_LENGTH", { field: "tariff" });
      }
      expectCode(() => decodeTariff(SMALL, "0x001"), "INVALID_HEX", { field: "tariff" });
      expectCode(() => decodeTariffCode(SMALL, "0x"), "BAD_LENGTH", { field: "code" });
      expectCode(() => decodeTariffCode(SMALL, encodeTariff(SMALL_TARIFF).replace("0x00", "0x01")), "BAD_LENGTH");
    });
  });

  describe("checkTariff", function () {
    it("returns a sound tariff", function () {
      expect(checkTariff(TERMS, TARIFF, 1)).to.equal(TARIFF);
    });

    it("takes export equal to import", function () {
      checkTariff(SMALL, changed(1, 3, { exportPrice: asPrice(320n) }), 2);
    });

    it("refuses a dear fee or import price", function () {
      const dear = { ...TARIFF, networkFee: asPrice(101n) };
      expectCode(() => checkTariff(TERMS, dear, 1), "TARIFF_ABOVE_MAXIMUM", { field: "networkFee", most: 100n });
      const field = "classes[1][3].importPrice";
      const tariff = changed(1, 3, { importPrice: asPrice(601n) });
      expectCode(() => checkTariff(SMALL, tariff, 2), "TARIFF_ABOVE_MAXIMUM", { field, value: 601n });
    });

    it("refuses an export price above the import price of any class", function () {
      const evidence = { offset: 2, lowestImport: 320n, highestExport: 321n };
      expectCode(
        () => checkTariff(SMALL, changed(0, 2, { exportPrice: asPrice(321n) }), 2),
        "TARIFF_MONEY_PUMP",
        evidence,
      );
      expectCode(() => checkTariff(SMALL, changed(1, 2, { importPrice: asPrice(79n) }), 2), "TARIFF_MONEY_PUMP", {
        lowestImport: 79n,
        highestExport: 80n,
      });
    });

    it("refuses another number of classes or slots", function () {
      expectCode(() => checkTariff(TERMS, TARIFF, 2), "BAD_LENGTH", { field: "classes" });
      expectCode(() => checkTariff(TERMS, SMALL_TARIFF, 1), "BAD_LENGTH", { field: "classes[0]" });
    });
  });

  it("names the classes it holds", function () {
    expect(pricesOf(TARIFF, 0n)).to.have.length(96);
    expectCode(() => pricesOf(TARIFF, 1n), "UNKNOWN_TARIFF_CLASS", { tariffClass: 1n, count: 1 });
  });
});
