import { expect } from "chai";
import fc from "fast-check";
import { cumulativeFloorWh, type Decimal, loadFactor, parseDecimal, pow10, pvFactor } from "@wattbook/data/import";

const decimals = fc.record({ digits: fc.bigInt(0n, 10n ** 9n), scale: fc.integer({ min: 0, max: 8 }) });
const steps = fc.constantFrom(300, 900, 1800, 3600);

/** Floor of the exact sum of `values * num / den`, over one common denominator. */
function floorOfSum(values: readonly Decimal[], { num, den }: { num: bigint; den: bigint }): bigint {
  const total = values.reduce((sum, { digits, scale }) => sum + digits * pow10(8 - scale), 0n);
  return (total * num) / (pow10(8) * den);
}

describe("whole watt-hours", function () {
  it("loses nothing: the rows of any beginning add up to the floor of its exact total", function () {
    const factors = fc.oneof(
      steps.map((step) => loadFactor("W", step)),
      fc.tuple(decimals, steps).map(([kwp, step]) => pvFactor({ ...kwp, digits: kwp.digits + 1n }, step)),
    );
    fc.assert(
      fc.property(fc.array(decimals, { minLength: 1, maxLength: 60 }), factors, (values, factor) => {
        const rows = cumulativeFloorWh(values, factor);
        let register = 0n;
        rows.forEach((wh, i) => {
          register += wh;
          expect(wh >= 0n).to.equal(true);
          expect(register).to.equal(floorOfSum(values.slice(0, i + 1), factor));
        });
      }),
    );
  });

  it("keeps each row within one Wh of its own value", function () {
    const watts = [399, 401, 402, 3, 5].map((n) => ({ digits: BigInt(n), scale: 0 }));
    expect(cumulativeFloorWh(watts, loadFactor("W", 900))).to.deep.equal([99n, 101n, 100n, 1n, 1n]);
  });

  it("makes 5 kWp at full power 1250 Wh in a quarter of an hour", function () {
    const one = { digits: 1n, scale: 0 };
    expect(cumulativeFloorWh([one], pvFactor({ digits: 5n, scale: 0 }, 900))).to.deep.equal([1250n]);
  });

  it("reads decimals exactly", function () {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 12n), fc.integer({ min: 0, max: 12 }), (digits, scale) => {
        const text = digits.toString().padStart(scale + 1, "0");
        const dotted = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
        expect(parseDecimal(dotted)).to.deep.equal({ digits, scale });
        expect(parseDecimal(`${digits}e-${scale}`)).to.deep.equal({ digits, scale });
      }),
    );
    expect(parseDecimal("+1.5E2")).to.deep.equal({ digits: 150n, scale: 0 });
    expect(parseDecimal("-0.25")).to.deep.equal({ digits: -25n, scale: 2 });
    for (const text of ["", ".", "e5", "1e", "1e999", "--1", "Infinity", "0x1f", "1_000", "9".repeat(65)]) {
      expect(parseDecimal(text), text).to.equal(undefined);
    }
  });
});
