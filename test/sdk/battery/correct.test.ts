import { expect } from "chai";
import fc from "fast-check";
import { type Battery, type Correction, correctSetPoint } from "../../../sdk/src/battery/index.ts";
import { asWh } from "../../../sdk/src/units.ts";
import { after } from "../../reference/battery.ts";
import { expectCode } from "../support.ts";
import { anyBattery, batteryOf, larger, storeOf } from "./support.ts";

/** 10 kWh, 5 kW, half full, a quarter of an hour left, nothing planned and nothing measured. */
const QUIET: Correction = {
  battery: batteryOf(10_000n, 5_000n),
  storedMilliWh: 5_000_000n,
  remainingSeconds: 900n,
  plannedW: 0n,
  forecastW: 0n,
  reserveMilliWh: 0n,
  pccW: 0n,
  batteryW: 0n,
};
const power = (changes: Partial<Correction>) => correctSetPoint({ ...QUIET, ...changes }).powerW;

describe("the correction of a set-point", function () {
  const cases: [string, Partial<Correction>, bigint][] = [
    ["does what is planned where the forecast holds", { plannedW: 3_000n, forecastW: 500n, pccW: 500n }, 3_000n],
    ["discharges as planned where the forecast holds", { plannedW: -3_000n, forecastW: 4_000n, pccW: 4_000n }, -3_000n],
    ["keeps still where nothing is planned and the PCC is as expected", { forecastW: 700n, pccW: 700n }, 0n],
    ["stores an unexpected surplus", { pccW: -800n }, 800n],
    ["meets an unexpected demand", { pccW: 800n }, -800n],
    ["takes off what it does itself at the moment", { pccW: 200n, batteryW: 1_000n }, 800n],
    ["charges less where less is left over", { plannedW: 2_000n, forecastW: -2_000n, pccW: -1_500n }, 1_500n],
    ["never imports to charge more than planned", { plannedW: 1_000n, forecastW: 2_000n, pccW: 500n }, 1_000n],
    ["never feeds in from the battery unless planned", { plannedW: -500n, forecastW: 1_000n, pccW: 5_900n }, -5_000n],
    ["does not meet demand that is not there", { plannedW: 0n, forecastW: -1_000n, pccW: -200n }, 0n],
    ["imports no more for a planned charge where the sun stays away", { plannedW: 2_000n, forecastW: -2_000n }, 0n],
    ["feeds in what is planned", { plannedW: -2_000n, forecastW: 0n, pccW: 0n }, -2_000n],
    ["stops discharging for a surplus", { plannedW: -2_000n, forecastW: 2_000n, pccW: -300n }, 300n],
    ["keeps to the power that it has", { pccW: -9_000n }, 5_000n],
  ];
  for (const [what, changes, expected] of cases) {
    it(what, function () {
      expect(power(changes)).to.equal(expected);
    });
  }

  it("spends nothing below the reserve on a deviation", function () {
    expect(power({ pccW: 4_000n, reserveMilliWh: 5_000_000n })).to.equal(0n);
    // 500 Wh above the reserve give 475 Wh, in a quarter of an hour 1.9 kW.
    expect(power({ pccW: 4_000n, reserveMilliWh: 4_500_000n })).to.equal(-1_900n);
  });

  it("goes on with a planned charge that the reserve needs, and no further", function () {
    const cloudy = { plannedW: 3_000n, forecastW: 0n, pccW: 2_500n };
    expect(power(cloudy)).to.equal(500n);
    expect(power({ ...cloudy, reserveMilliWh: 6_000_000n })).to.equal(3_000n);
    expect(power({ ...cloudy, reserveMilliWh: 5_237_500n })).to.equal(1_000n); // 250 Wh store 237.5
    expect(power({ pccW: 2_500n, reserveMilliWh: 6_000_000n })).to.equal(0n);
  });

  it("imports nothing for the reserve where the plan stores a surplus", function () {
    expect(power({ plannedW: 2_000n, forecastW: -2_000n, pccW: -500n, reserveMilliWh: 6_000_000n })).to.equal(500n);
    expect(power({ plannedW: 2_000n, forecastW: -2_000n, pccW: 500n, reserveMilliWh: 6_000_000n })).to.equal(0n);
  });

  it("stops at the limits of stored energy, by what is left of the slot", function () {
    const battery = batteryOf(10_000n, 5_000n, { minWh: asWh(1_000n), maxWh: asWh(9_000n) });
    const full = { battery, storedMilliWh: 8_905_000n, pccW: -5_000n };
    expect(power({ ...full, remainingSeconds: 900n })).to.equal(400n); // 95 Wh of room are 100 Wh taken
    expect(power({ ...full, remainingSeconds: 60n })).to.equal(5_000n);
    const low = { battery, storedMilliWh: 1_100_000n, pccW: 5_000n };
    expect(power({ ...low, remainingSeconds: 900n })).to.equal(-380n); // 100 Wh give 95
    expect(power({ ...low, remainingSeconds: 1n })).to.equal(-5_000n);
  });

  it("only moves back to the limits from outside of them", function () {
    const battery = batteryOf(10_000n, 5_000n, { minWh: asWh(1_000n), maxWh: asWh(9_000n) });
    const over = correctSetPoint({ ...QUIET, battery, storedMilliWh: 9_500_000n, plannedW: 1_000n, pccW: -3_000n });
    expect([over.powerW, over.leastW, over.mostW]).to.deep.equal([0n, -5_000n, 0n]);
    const under = correctSetPoint({ ...QUIET, battery, storedMilliWh: 500_000n, plannedW: -1_000n, pccW: 3_000n });
    expect([under.powerW, under.leastW, under.mostW]).to.deep.equal([0n, 0n, 5_000n]);
  });

  const refused: [string, Partial<Correction>, "OUT_OF_RANGE" | "BATTERY_INVALID", object][] = [
    ["more stored than fits", { storedMilliWh: 10_000_001n }, "OUT_OF_RANGE", { field: "storedMilliWh" }],
    ["a slot that is over", { remainingSeconds: 0n }, "BATTERY_INVALID", { field: "remainingSeconds", value: 0n }],
    ["a reserve below nothing", { reserveMilliWh: -1n }, "OUT_OF_RANGE", { field: "reserveMilliWh" }],
    ["a meter without a value", { pccW: undefined as unknown as bigint }, "OUT_OF_RANGE", { field: "pccW" }],
  ];
  for (const [what, changes, code, evidence] of refused) {
    it(`refuses ${what}`, function () {
      expectCode(() => power(changes), code, evidence);
    });
  }

  it("keeps any battery within power and stored energy to the end of the slot, and its PCC between plan and rule", function () {
    const watts = fc.bigInt(-30_000n, 30_000n);
    const anyNow = fc.record({
      own: anyBattery(20_000n, 20_000n),
      remainingSeconds: fc.bigInt(1n, 3_600n),
      reserve: fc.bigInt(0n, 1_000n),
      powers: fc.record({ plannedW: watts, forecastW: watts, pccW: watts, batteryW: watts }),
    });
    fc.assert(
      fc.property(anyNow, ({ own: { battery, storedMilliWh }, remainingSeconds, reserve, powers }) => {
        const reserveMilliWh = battery.capacityWh * reserve;
        const now = { battery, storedMilliWh, remainingSeconds, reserveMilliWh, ...powers };
        const { powerW, leastW, mostW } = correctSetPoint(now);
        expect(leastW <= powerW && powerW <= mostW, `${leastW} <= ${powerW} <= ${mostW}`).to.equal(true);
        for (const edge of [leastW, powerW, mostW]) expectWithin(battery, storedMilliWh, edge, remainingSeconds);
        // It makes the community import to charge, or feed in, by no more than the plan.
        const over = (power: bigint, net: bigint) => larger(0n, power - larger(0n, net));
        const [net, { plannedW, forecastW }] = [powers.pccW - powers.batteryW, powers];
        expect(over(powerW, -net) <= over(plannedW, -forecastW), "charges from the grid").to.equal(true);
        expect(over(-powerW, net) <= over(-plannedW, forecastW), "discharges into the grid").to.equal(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A power over some seconds, with what is stored as an exact fraction of 3,600ths. */
function expectWithin(battery: Battery, stored: bigint, watts: bigint, seconds: bigint): void {
  const store = storeOf(battery, 3_600n);
  expect(watts <= battery.chargeW && -watts <= battery.dischargeW, `power ${watts}`).to.equal(true);
  // W times seconds are Wh of a battery whose limits are 3,600 times as wide.
  const end =
    watts >= 0n
      ? stored * 3_600n + watts * seconds * battery.chargePermille
      : after(store, stored * 3_600n, watts * seconds);
  expect(store.minWh * 3_600_000n <= end && end <= store.maxWh * 3_600_000n, `stored ${end}`).to.equal(true);
}
