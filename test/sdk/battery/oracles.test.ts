import { type LinearSolver, peakShave, planBattery, planByRule } from "../../../sdk/src/battery/index.ts";
import { expect } from "chai";
import { batteryOf, slotOf, solverForTests } from "./support.ts";

const HOUR = 3_600n;
const EMPTY = { storedMilliWh: 0n, slotSeconds: HOUR };

/** The published cases of family F8 in kWh; `scale` 190 makes every move of their optimum a whole Wh, and what it takes whole mWh. */
describe("published cases of the battery", function () {
  let solver: LinearSolver;
  before(async function () {
    solver = await solverForTests();
  });

  const arbitrage = (scale: bigint) => ({
    ...EMPTY,
    battery: batteryOf(10_000n * scale, 5_000n * scale),
    slots: [slotOf(0n, 100n, 0n), slotOf(5_000n * scale, 300n, 0n)],
  });
  const flat = (scale: bigint) => ({
    ...EMPTY,
    battery: batteryOf(5_000n * scale, 3_000n * scale),
    slots: [-4_000n, -2_000n, 3_000n, 3_000n].map((net) => slotOf(net * scale, 200n, 50n)),
  });

  it("T1.5 two slots: charges 5, discharges 4.5125, costs 0.64625", function () {
    const plan = planBattery(arbitrage(1n), solver);
    expect(plan.leastCost).to.equal(646_250n);
    expect(plan.slots.map(({ powerW }) => powerW)).to.deep.equal([5_000n, -4_512n]);
    expect(plan.cost - plan.leastCost).to.equal(150n); // half a Wh at 0.30

    const { slots, cost, leastCost } = planBattery(arbitrage(190n), solver);
    expect(slots.map(({ powerW }) => powerW)).to.deep.equal([190n * 5_000n, -857_375n]); // 190 times 4,512.5
    expect([cost, leastCost]).to.deep.equal([190n * 646_250n, 190n * 646_250n]);
    expect(slots.at(-1)?.storedMilliWh).to.equal(0n);
  });

  it("T3.I4 four slots at a flat tariff: the plan costs 0.2475, the rule the same, no battery 0.90", function () {
    const [plan, rule] = [planBattery(flat(1n), solver), planByRule(flat(1n))];
    expect([plan.leastCost, plan.costWithout, rule.costWithout]).to.deep.equal([247_500n, 900_000n, 900_000n]);
    expect([plan.cost, rule.cost]).to.deep.equal([247_600n, 247_600n]); // 4,512 of 4,512.5 Wh given

    const [whole, ruled] = [planBattery(flat(190n), solver), planByRule(flat(190n))];
    expect(new Set([whole.cost, whole.leastCost, ruled.cost])).to.deep.equal(new Set([190n * 247_500n]));
  });

  for (const stored of [0n, 4_000_000n]) {
    it(`T3.R2 lowers the peak of 2, 3, 9, 4 kW from 9 to 6 with ${stored / 1_000_000n} kWh stored`, function () {
      const slots = [2_000n, 3_000n, 9_000n, 4_000n].map((net) => slotOf(net, 200n, 50n));
      const plan = peakShave({ ...EMPTY, storedMilliWh: stored, battery: batteryOf(4_000n, 3_000n), slots }, solver);
      expect([plan.peakWh, plan.leastPeakWh, plan.peakWithoutWh]).to.deep.equal([6_000n, 6_000n, 9_000n]);
      expect(plan.slots.every(({ importWh }) => importWh <= 6_000n)).to.equal(true);
    });
  }

  it("takes the cheapest of the plans with the lowest peak", function () {
    const slots = [slotOf(2_000n, 200n, 50n), slotOf(2_000n, 100n, 50n), slotOf(9_000n, 200n, 50n)];
    const plan = peakShave({ ...EMPTY, battery: batteryOf(4_000n, 3_000n), slots }, solver);
    expect(plan.peakWh).to.equal(6_000n);
    expect(plan.slots.map(({ chargeWh }) => chargeWh > 2_000n)).to.deep.equal([false, true, false]);
  });
});
