import { expect } from "chai";
import fc from "fast-check";
import { formatSlotPrice, fractionOf } from "../../sdk/src/slot-price.ts";
import { asPrice } from "../../sdk/src/units.ts";

describe("A slot's price", function () {
  it("is whole where it is whole, and has six decimals elsewhere", function () {
    expect(formatSlotPrice(asPrice(140n))).to.equal("140");
    expect(formatSlotPrice({ num: 280n, den: 2n })).to.equal("140");
    expect(formatSlotPrice({ num: 0n, den: 7n })).to.equal("0");
    expect(formatSlotPrice({ num: 800n, den: 7n })).to.equal("114.285714");
    expect(formatSlotPrice({ num: 1n, den: 2_000_000n })).to.equal("0.000001");
  });

  it("is never more than half a millionth from the fraction", function () {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 128n), fc.bigInt(1n, 1n << 112n), (num, den) => {
        const [whole = "", part = "0"] = formatSlotPrice({ num, den }).split(".");
        const shown = BigInt(whole) * 1_000_000n + BigInt(part.padEnd(6, "0"));
        const off = 2n * (shown * den - num * 1_000_000n);
        expect(off > -den && off <= den).to.equal(true);
        expect(fractionOf({ num, den })).to.deep.equal({ num, den });
      }),
    );
  });
});
