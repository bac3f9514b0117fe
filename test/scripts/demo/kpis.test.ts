import { expect } from "chai";
import fc from "fast-check";
import { booksOf } from "../../../scripts/demo/books.ts";
import { communityKpis, homeKpis, realisedWelfare } from "../../../scripts/demo/kpis.ts";
import { formatRatio, ratio } from "../../../scripts/demo/ratio.ts";
import { homeOutcome, slotOutcome } from "./factories.ts";

const text = (value: { millionths: bigint }) => formatRatio(value);

describe("demo ratios", function () {
  it("have six decimals, round half up and stay within 0 .. 1", function () {
    expect(text(ratio(1n, 3n))).to.equal("0.333333");
    expect(text(ratio(2n, 3n))).to.equal("0.666667");
    expect(text(ratio(1n, 2_000_000n))).to.equal("0.000001");
    expect(text(ratio(5n, 4n))).to.equal("1.000000");
    expect(text(ratio(-1n, 4n))).to.equal("0.000000");
    expect([text(ratio(0n, 0n)), text(ratio(0n, 0n, 1n))]).to.deep.equal(["0.000000", "1.000000"]);
  });
});

describe("demo figures of a home", function () {
  it("bill everything it paid less everything it got, and compare with the retailer", function () {
    const slots = [slotOutcome({ loadWh: 100n, boughtWh: 60n }), slotOutcome({ loadWh: 10n, pvWh: 110n, soldWh: 50n })];
    const gridLeg = 40n * 300n - 50n * 80n;
    const paid = 60n * 150n;
    const received = 50n * 101n;
    const fees = { networkFee: 60n * 40n, settlementFee: 20n, relayerFee: 3n };
    const kpis = homeKpis(homeOutcome(slots, { paid, received, gridLeg, ...fees }));
    const bill = 9000n - 5050n + 2400n + 23n + 8000n;
    expect(kpis).to.deep.equal({
      boughtWh: 60n,
      soldWh: 50n,
      averagePrice: 128n, // 14,050 / 110 = 127.7
      bill,
      retailerBill: 100n * 300n - 100n * 80n,
      saving: 22_000n - bill,
      selfSufficiency: { millionths: 636_363n }, // 60 of a neighbour and 10 of the roof, of 110
      selfConsumption: { millionths: 545_454n }, // 50 for a neighbour and 10 at home, of 110
    });
  });

  it("have no average price without trade, and no share of nothing", function () {
    const idle = homeKpis(homeOutcome([slotOutcome({ loadWh: 1n })]));
    expect(idle).to.deep.include({ averagePrice: 0n, selfSufficiency: { millionths: 0n }, selfConsumption: null });
    expect(homeKpis(homeOutcome([slotOutcome({ pvWh: 1n })])).selfSufficiency).to.equal(null);
  });

  it("count as from and for neighbours what was traded and flowed, no forecast that failed", function () {
    const slots = [slotOutcome({ loadWh: 100n, boughtWh: 150n }), slotOutcome({ pvWh: 80n, soldWh: 200n })];
    const kpis = homeKpis(homeOutcome(slots));
    expect(kpis).to.deep.include({ selfSufficiency: { millionths: 1_000_000n } });
    expect(kpis).to.deep.include({ selfConsumption: { millionths: 1_000_000n } });
  });
});

describe("demo figures of the community", function () {
  const seller = homeOutcome([slotOutcome({ loadWh: 20n, pvWh: 100n, soldWh: 90n, valueTick: 10 })]);
  const buyer = homeOutcome([slotOutcome({ loadWh: 180n, boughtWh: 90n, valueTick: 20 })], { paid: 90n * 400n });

  it("count what was used behind the meter and what was traded and delivered", function () {
    const kpis = communityKpis([seller, buyer], 4_500n);
    expect(kpis).to.include({ loadWh: 200n, pvWh: 100n, tradedWh: 90n });
    expect(text(kpis.selfSufficiency)).to.equal("0.500000"); // 20 of its own, 80 of 90 sold were fed in
    expect(text(kpis.selfConsumption)).to.equal("1.000000");
  });

  it("compare realised welfare at true values with the optimum", function () {
    expect(realisedWelfare([seller, buyer])).to.equal(90n * 40n);
    expect(text(communityKpis([seller, buyer], 4_500n).welfareRatio)).to.equal("0.800000");
    expect(text(communityKpis([], 0n).welfareRatio)).to.equal("1.000000");
  });

  it("count the homes that pay more than at the retailer", function () {
    const dear = homeOutcome([slotOutcome({ loadWh: 1n })], { gridLeg: 301n });
    const even = homeOutcome([slotOutcome({ loadWh: 1n })], { gridLeg: 300n });
    expect(communityKpis([dear, even], 0n).worseOff).to.equal(1);
  });

  it("never claim more than all load and all PV", function () {
    const wh = fc.bigInt(0n, 2000n);
    const slot = fc.record({
      loadWh: wh,
      pvWh: wh,
      chargeWh: fc.constant(0n),
      dischargeWh: fc.constant(0n),
      evWh: fc.constant(0n),
      boughtWh: wh,
      soldWh: wh,
      valueTick: fc.integer({ min: 0, max: 63 }),
    });
    const homes = fc.array(fc.array(slot, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(homes, (all) => {
        const slots = all.flat();
        const { loadWh, pvWh, selfSufficiency, selfConsumption } = communityKpis(
          all.map((s) => homeOutcome(s)),
          0n,
        );
        const own = slots.reduce((sum, s) => sum + (s.loadWh < s.pvWh ? s.loadWh : s.pvWh), 0n);
        expect(selfSufficiency.millionths * loadWh >= own * 1_000_000n - loadWh).to.equal(true);
        expect(selfConsumption.millionths * pvWh >= own * 1_000_000n - pvWh).to.equal(true);
        // Both count the same energy: load * sufficiency = PV * consumption, to within rounding.
        const gap = selfSufficiency.millionths * loadWh - selfConsumption.millionths * pvWh;
        expect((gap < 0n ? -gap : gap) <= loadWh + pvWh).to.equal(true);
      }),
    );
  });

  it("count a battery's charge as consumed and its discharge as supplied", function () {
    const noon = slotOutcome({ loadWh: 100n, pvWh: 600n, chargeWh: 400n });
    const night = slotOutcome({ loadWh: 500n, evWh: 200n, dischargeWh: 300n });
    const kpis = communityKpis([homeOutcome([noon, night])], 0n);
    expect(kpis).to.include({ loadWh: 600n, evWh: 200n, pvWh: 600n, chargedWh: 400n, dischargedWh: 300n });
    expect(text(kpis.selfSufficiency)).to.equal("0.666666"); // 100 at noon and 300 at night of 600
    expect(text(kpis.selfConsumption)).to.equal("0.833333"); // 100 and 400 of 600
  });

  it("close the books", function () {
    const holdings = { accounts: 10n, pots: 0n, dueFund: 2n, fees: 3n, bonds: 0n, deposits: 100n, withdrawals: 85n };
    const slots = [slotOutcome({ boughtWh: 5n }), slotOutcome({ soldWh: 5n })];
    expect(booksOf(slots, holdings)).to.deep.equal({ energyWh: 0n, money: 0n });
  });
});
