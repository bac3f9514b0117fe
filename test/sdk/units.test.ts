import { expect } from "chai";
import fc from "fast-check";
import * as units from "../../sdk/src/units.ts";
import {
  asAmount,
  asLots,
  asPrice,
  asSignedAmount,
  asSignedWh,
  asWh,
  costOf,
  formatAmount,
  formatPrice,
  formatWh,
  lotsDown,
  lotsUp,
  parseAmount,
  parsePrice,
  registerDown,
  sumAmounts,
  sumSigned,
  sumWh,
  whDown,
  whOf,
} from "../../sdk/src/units.ts";
import { expectCode } from "./support.ts";

const UNSIGNED = [
  [units.asWh, 128n],
  [units.asLots, 64n],
  [units.asPrice, 16n],
  [units.asAmount, 128n],
  [units.asTick, 7n],
  [units.asSeconds, 40n],
  [units.asSlot, 32n],
  [units.asSlotOffset, 8n],
  [units.asPeriod, 32n],
  [units.asCommunity, 32n],
  [units.asMember, 32n],
] as const;

describe("units", function () {
  describe("factories", function () {
    for (const [factory, bits] of UNSIGNED) {
      it(`${factory.name} takes ${bits} bits and nothing else`, function () {
        const most = (1n << bits) - 1n;
        expect(factory(0n)).to.equal(0n);
        expect(factory(most)).to.equal(most);
        expectCode(() => factory(-1n), "OUT_OF_RANGE", { value: -1n, least: 0n, most });
        expectCode(() => factory(most + 1n), "OUT_OF_RANGE", { value: most + 1n });
      });
    }

    for (const factory of [asSignedWh, asSignedAmount]) {
      it(`${factory.name} takes both signs`, function () {
        expect(factory(-5n)).to.equal(-5n);
        expectCode(() => factory(1n << 128n), "OUT_OF_RANGE");
        expectCode(() => factory(-(1n << 128n)), "OUT_OF_RANGE");
      });
    }

    it("refuse numbers, which JavaScript callers may pass", function () {
      const plain: unknown = 250;
      expectCode(() => asWh(plain as bigint), "OUT_OF_RANGE", { field: "Wh", value: 250 });
    });

    it("name the field they were given", function () {
      const error = expectCode(() => asAmount(-1n, "maxReserve"), "OUT_OF_RANGE", { field: "maxReserve" });
      expect(error.message).to.contain("maxReserve is -1");
    });
  });

  describe("conversions", function () {
    it("round lots in the direction of their name", function () {
      expect(lotsDown(asWh(259n), asWh(10n))).to.equal(25n);
      expect(lotsUp(asWh(251n), asWh(10n))).to.equal(26n);
      expect(lotsUp(asWh(250n), asWh(10n))).to.equal(25n);
    });

    it("bracket any energy between lots down and lots up", function () {
      fc.assert(
        fc.property(fc.bigInt(0n, 10n ** 9n), fc.constantFrom(1n, 10n, 100n, 1_000n), (energy, lot) => {
          const lotWh = asWh(lot);
          const down = whOf(lotsDown(asWh(energy), lotWh), lotWh);
          const up = whOf(lotsUp(asWh(energy), lotWh), lotWh);
          expect(down <= energy && energy <= up && up - down <= lot).to.equal(true);
          expect(up === down).to.equal(energy % lot === 0n);
        }),
      );
    });

    it("multiply energy and price exactly", function () {
      expect(costOf(asWh(250n), asPrice(312n))).to.equal(78_000n);
    });

    it("take a part of an energy, rounded down, and nothing of nothing", function () {
      expect(whDown(asWh(100n), 1n, 3n)).to.equal(33n);
      expect(whDown(asWh(100n), 0n, 0n)).to.equal(0n);
    });

    it("sum", function () {
      expect(sumWh([asWh(1n), asWh(2n)])).to.equal(3n);
      expect(sumAmounts([])).to.equal(0n);
      expect(sumSigned([asAmount(3n), asSignedAmount(-5n)])).to.equal(-2n);
    });
  });

  describe("text", function () {
    const AMOUNTS: [bigint, bigint, bigint, string][] = [
      [1_234_500n, 6n, 2n, "1.2345"],
      [1_000_000n, 6n, 2n, "1.00"],
      [1_000_000n, 6n, 0n, "1"],
      [1n, 6n, 2n, "0.000001"],
      [-1_500_000n, 6n, 2n, "-1.50"],
      [0n, 6n, 2n, "0.00"],
      [12n, 0n, 2n, "12"],
      [10n ** 38n + 1n, 18n, 2n, "100000000000000000000.000000000000000001"],
    ];
    for (const [value, decimals, least, text] of AMOUNTS) {
      it(`writes ${value} with ${decimals} decimals as ${text}`, function () {
        expect(formatAmount(asSignedAmount(value), decimals, least)).to.equal(text);
      });
    }

    it("reads back what it writes", function () {
      fc.assert(
        fc.property(fc.bigInt(0n, 10n ** 30n), fc.bigInt(0n, 18n), fc.bigInt(0n, 20n), (value, decimals, least) => {
          expect(parseAmount(formatAmount(asAmount(value), decimals, least), decimals)).to.equal(value);
        }),
      );
    });

    it("refuses what is no decimal number, or too fine", function () {
      for (const text of ["", "1,5", ".5", "1.", "-1", "1e6", " 1", "0x10", "1.0000001"]) {
        expectCode(() => parseAmount(text, 6n), "INVALID_DECIMAL", { text });
      }
      expectCode(() => formatAmount(asAmount(1n), -1n), "OUT_OF_RANGE", { field: "decimals" });
    });

    it("reads prices per kWh as it writes them, and refuses finer ones", function () {
      fc.assert(
        fc.property(fc.bigInt(0n, 65_535n), fc.bigInt(3n, 18n), (value, decimals) => {
          expect(parsePrice(formatPrice(asPrice(value), decimals), decimals)).to.equal(value);
        }),
      );
      expectCode(() => parsePrice("0.1005", 6n), "INVALID_DECIMAL", { field: "price", text: "0.1005" });
    });

    it("writes prices per kWh", function () {
      expect(formatPrice(asPrice(312n), 6n)).to.equal("0.312");
      expect(formatPrice(asPrice(60n), 6n)).to.equal("0.06");
      expect(formatPrice(asPrice(60n), 6n, 3n)).to.equal("0.060");
    });

    it("writes energy in Wh below one kWh", function () {
      expect(formatWh(asWh(0n))).to.equal("0 Wh");
      expect(formatWh(asSignedWh(-999n))).to.equal("-999 Wh");
      expect(formatWh(asWh(1_000n))).to.equal("1 kWh");
      expect(formatWh(asSignedWh(-1_250n))).to.equal("-1.25 kWh");
    });

    it("reads registers in kWh, rounded down", function () {
      expect(registerDown("10482.2917")).to.equal(10_482_291n);
      expect(registerDown("10482.2999999999999999")).to.equal(10_482_299n);
      expect(registerDown("7")).to.equal(7_000n);
      expectCode(() => registerDown("-1"), "INVALID_DECIMAL");
    });
  });

  it("lets the compiler refuse a wrong unit", function () {
    const refuse = (): void => {
      // @ts-expect-error lots are no watt-hours
      whOf(asWh(1n), asWh(1n));
      // @ts-expect-error a plain bigint is no price
      costOf(asWh(1n), 5n);
      // @ts-expect-error a signed amount may be negative
      sumAmounts([asSignedAmount(-1n)]);
      // @ts-expect-error a sum is a plain bigint until a factory takes it
      asLots(asLots(1n) + asLots(1n)) satisfies units.Wh;
    };
    expect(refuse).to.be.a("function");
  });
});
