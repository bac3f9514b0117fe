import { asPrice, asWh } from "../../../sdk/src/units.ts";
import {
  type BatteryInput,
  type BatteryPlan,
  type CheapestPlan,
  checkPlan,
  type LinearSolver,
  peakShave,
  planBattery,
  planByRule,
} from "../../../sdk/src/battery/index.ts";
import { expect } from "chai";
import fc from "fast-check";
import { after, costOfMove, leastCost, type Store } from "../../reference/battery.ts";
import { expectCode } from "../support.ts";
import {
  anyBattery,
  anySlot,
  batteryOf,
  intervalsOf,
  larger,
  roundingBound,
  slotOf,
  solverForTests,
  storeOf,
} from "./support.ts";

/** Any plan to make: days of up to `most` slots with moves of up to `mostWh` Wh a slot. */
const anyInput = (most: number, mostWh: bigint, slotSeconds: bigint): fc.Arbitrary<BatteryInput> =>
  fc
    .record({
      own: anyBattery(3n * mostWh, (mostWh * 3_600n) / slotSeconds),
      slots: fc.array(anySlot(2n * mostWh), { minLength: 1, maxLength: most }),
    })
    .map(({ own, slots }) => ({ ...own, slots, slotSeconds }));

/** An end that can be reached: thousandths of the way from the least stored to the most, the last one exactly. */
function reachable({ battery, storedMilliWh, slots, slotSeconds }: BatteryInput, part: bigint): bigint {
  const [least, most] = [1_000n * battery.minWh, 1_000n * battery.maxWh];
  const full = storedMilliWh + BigInt(slots.length) * storeOf(battery, slotSeconds).charge * battery.chargePermille;
  return least + (((full < most ? full : most) - least) * part) / 1_000n;
}

/** Recounts a plan naively: limits in every slot, levels and money. */
function expectSound({ battery, storedMilliWh, slots, slotSeconds }: BatteryInput, plan: BatteryPlan): void {
  const store: Store = storeOf(battery, slotSeconds);
  let [stored, cost] = [storedMilliWh, 0n];
  for (const [t, interval] of intervalsOf(slots).entries()) {
    const planned = plan.slots[t];
    if (planned === undefined) throw new Error(`slot ${t} is not planned`);
    const { chargeWh, dischargeWh, powerW, importWh, exportWh } = planned;
    expect(chargeWh === 0n || dischargeWh === 0n, `slot ${t} charges and discharges`).to.equal(true);
    expect(chargeWh <= store.charge && dischargeWh <= store.discharge, `power in slot ${t}`).to.equal(true);
    expect(powerW <= battery.chargeW && -powerW <= battery.dischargeW, `set-point ${t}`).to.equal(true);
    stored = after(store, stored, chargeWh - dischargeWh);
    expect(planned.storedMilliWh === stored, `stored in slot ${t}`).to.equal(true);
    expect(store.minWh * 1_000n <= stored && stored <= store.maxWh * 1_000n, `level in slot ${t}`).to.equal(true);
    expect(importWh - exportWh === interval.net + chargeWh - dischargeWh, `PCC in slot ${t}`).to.equal(true);
    cost += costOfMove(store, interval, chargeWh - dischargeWh);
  }
  expect(plan.slots.length).to.equal(slots.length);
  expect(plan.cost === cost, `cost ${plan.cost}, recounted ${cost}`).to.equal(true);
}

describe("plans of a battery", function () {
  this.timeout(60_000);
  let solver: LinearSolver;
  before(async function () {
    solver = await solverForTests();
  });

  for (const [size, mostWh] of [
    ["a home's", 800n],
    ["a community's", 50_000n],
    ["the largest", 25_000_000n],
  ] as const) {
    it(`of ${size} size keep within limits in every slot, whatever the day, and cost what rounding costs`, function () {
      fc.assert(
        fc.property(anyInput(96, mostWh, 900n), fc.bigInt(0n, 1_000n), (input, part) => {
          const endMilliWh = reachable(input, part);
          const plan = planBattery({ ...input, endMilliWh }, solver);
          expectSound(input, plan);
          const level = plan.slots.at(-1)?.storedMilliWh ?? 0n;
          expect(level > endMilliWh - input.battery.chargePermille, `end ${level}`).to.equal(true);
          const rounding = plan.cost - plan.leastCost;
          // Only a plan that stops below the end costs less than the optimum.
          expect(rounding >= 0n || level < endMilliWh, `${rounding}`).to.equal(true);
          expect(rounding <= roundingBound(input.battery, input.slots), `${rounding}`).to.equal(true);
          const ruled = planByRule(input);
          expectSound(input, ruled);
          const { leastCost: least } = planBattery(input, solver);
          expect(ruled.cost >= least, `rule ${ruled.cost}, optimum ${least}`).to.equal(true);
        }),
        { numRuns: 40 },
      );
    });
  }

  it("are within rounding of every move tried, on small days", function () {
    fc.assert(
      fc.property(anyInput(5, 4n, 3_600n), fc.bigInt(0n, 1_000n), (input, part) => {
        const { battery, storedMilliWh, slots } = input;
        const asked = { ...input, endMilliWh: reachable(input, part) };
        const plan = planBattery(asked, solver);
        expectSound(asked, plan);
        const store = storeOf(battery, 3_600n);
        const best = leastCost(store, intervalsOf(slots), storedMilliWh, asked.endMilliWh);
        // With whole Wh an end may be out of reach by less than one of them; the plan then stops below it.
        const level = plan.slots.at(-1)?.storedMilliWh ?? 0n;
        const reached = best ?? leastCost(store, intervalsOf(slots), storedMilliWh, level);
        if (reached === undefined) throw new Error("the plan's own moves are not among all moves");
        expect(level > asked.endMilliWh - battery.chargePermille, "end").to.equal(true);
        if (best !== undefined) expect(plan.leastCost <= best, `${plan.leastCost} > ${best}`).to.equal(true);
        expect(plan.cost - reached <= roundingBound(battery, slots), `${plan.cost} against ${reached}`).to.equal(true);
      }),
      { numRuns: 150 },
    );
  });

  it("are the best of all moves where nothing is lost in the battery", function () {
    const lossless = anyInput(5, 4n, 3_600n).map(({ battery, ...input }) => ({
      ...input,
      storedMilliWh: 1_000n * battery.minWh,
      battery: { ...battery, chargePermille: 1_000n, dischargePermille: 1_000n },
    }));
    fc.assert(
      fc.property(lossless, (input) => {
        const { battery, storedMilliWh, slots } = input;
        const best = leastCost(storeOf(battery, 3_600n), intervalsOf(slots), storedMilliWh, 1_000n * battery.minWh);
        const { cost, leastCost: least } = planBattery(input, solver);
        expect(cost === best && least === best, `${cost}, ${least}, all moves ${best}`).to.equal(true);
      }),
      { numRuns: 100 },
    );
  });

  it("never lower a peak less than the optimum but for whole Wh, and never raise it", function () {
    fc.assert(
      fc.property(anyInput(24, 5_000n, 900n), (input) => {
        const plan = peakShave(input, solver);
        expectSound(input, plan);
        expect(plan.peakWh === plan.slots.reduce((peak, { importWh }) => larger(peak, importWh), 0n)).to.equal(true);
        expect(plan.leastPeakWh <= plan.peakWithoutWh && plan.leastPeakWh <= plan.peakWh).to.equal(true);
        expect(plan.peakWh - plan.leastPeakWh <= 1n, `${plan.peakWh}, optimum ${plan.leastPeakWh}`).to.equal(true);
      }),
      { numRuns: 80 },
    );
  });

  it("cost no less than the rule's at a flat tariff, with as much stored at the end", function () {
    const flatDay = fc.record({
      own: anyBattery(20_000n, 20_000n),
      nets: fc.array(fc.bigInt(-9_000n, 9_000n), { minLength: 1, maxLength: 24 }),
      importPrice: fc.bigInt(0n, 400n),
      part: fc.bigInt(0n, 4n),
    });
    fc.assert(
      fc.property(flatDay, ({ own, nets, importPrice, part }) => {
        const battery = { ...own.battery, wearPerWh: asPrice(0n) };
        // Storing pays where what is given back is worth more than feeding in.
        fc.pre(4n * battery.chargePermille * battery.dischargePermille >= part * 1_000_000n);
        const slots = nets.map((net) => slotOf(net, importPrice, (importPrice * part) / 4n));
        const input = { ...own, battery, slots, slotSeconds: 3_600n };
        const ruled = planByRule(input);
        const endMilliWh = ruled.slots.at(-1)?.storedMilliWh ?? 0n;
        const { leastCost: least } = planBattery({ ...input, endMilliWh }, solver);
        const over = ruled.cost - least;
        expect(over >= 0n && over <= roundingBound(battery, slots), `rule ${ruled.cost}, optimum ${least}`).to.equal(
          true,
        );
      }),
      { numRuns: 80 },
    );
  });

  it("reach an end or a peak that lies right at the limit, whatever the efficiencies", function () {
    for (let permille = 601n; permille < 1_000n; permille += 7n) {
      const efficiencies = { chargePermille: permille, dischargePermille: 1_600n - permille };
      const battery = batteryOf(1_000_000n, 6_746n, efficiencies);
      const slots = [slotOf(700n, 0n, 0n), slotOf(900n, 2n, 1n), slotOf(4_000n, 0n, 0n)];
      const input = { battery, storedMilliWh: 1_003n, slots, slotSeconds: 1_800n };
      const endMilliWh = 1_003n + 3n * 3_373n * permille;
      const plan = planBattery({ ...input, endMilliWh }, solver);
      expect(plan.slots.at(-1)?.storedMilliWh, `at ${permille}`).to.equal(endMilliWh);
      const { peakWh, leastPeakWh } = peakShave(input, solver);
      expect(peakWh - leastPeakWh <= 1n, `at ${permille}: ${peakWh}, optimum ${leastPeakWh}`).to.equal(true);
    }
  });

  describe("where money does not mind", function () {
    // 2 kWh above the minimum, worth the same in either slot.
    const input = {
      battery: batteryOf(10_000n, 5_000n),
      storedMilliWh: 2_000_000n,
      slots: [slotOf(1_500n, 300n, 80n), slotOf(1_500n, 300n, 80n), slotOf(1_500n, 300n, 80n)],
      slotSeconds: 3_600n,
    };

    it("use early what they use", function () {
      const { slots } = planBattery(input, solver);
      expect(slots.map(({ dischargeWh }) => dischargeWh)).to.deep.equal([1_500n, 399n, 0n]); // of 399.9994: 1,500 Wh take 1,578.948
    });

    it("store early what they store, and no more than they use", function () {
      const sunny = {
        ...input,
        storedMilliWh: 0n,
        slots: [-1_000n, -1_000n, 500n].map((net) => slotOf(net, 300n, 80n)),
      };
      const { slots } = planBattery(sunny, solver);
      expect(slots.map(({ powerW }) => powerW)).to.deep.equal([554n, 0n, -499n]);
    });

    it("leave the battery alone where it gains nothing", function () {
      const even = { ...input, slots: [slotOf(1_000n, 0n, 0n), slotOf(-1_000n, 0n, 0n)] };
      const lossless = { ...input.battery, chargePermille: 1_000n, dischargePermille: 1_000n };
      for (const battery of [input.battery, lossless]) {
        const { slots } = planBattery({ ...even, battery }, solver);
        expect(slots.map(({ powerW }) => powerW)).to.deep.equal([0n, 0n]);
      }
    });

    it("cost no more where the solver finds none that is early", function () {
      const lazy: LinearSolver = {
        solve: (program, options) =>
          program.includes("cost:")
            ? { Status: "Infeasible", ObjectiveValue: 0, Columns: {} }
            : solver.solve(program, options),
      };
      const [early, any] = [planBattery(input, solver), planBattery(input, lazy)];
      expect(any.leastCost).to.equal(early.leastCost);
      expect(any.cost - any.leastCost <= roundingBound(input.battery, input.slots)).to.equal(true);
    });
  });

  it("name the reserve that the rest of the plan needs", function () {
    const slots = [slotOf(0n, 100n, 0n), slotOf(0n, 300n, 0n), slotOf(3_000n, 300n, 0n), slotOf(1_000n, 300n, 0n)];
    const { slots: planned } = planBattery(
      { battery: batteryOf(10_000n, 5_000n), storedMilliWh: 0n, slots, slotSeconds: 3_600n },
      solver,
    );
    const taken = planned.map(({ storedMilliWh }, t) => (planned[t - 1]?.storedMilliWh ?? 0n) - storedMilliWh);
    const [, , third = 0n, fourth = 0n] = taken;
    expect(planned.map(({ reserveMilliWh }) => reserveMilliWh)).to.deep.equal([
      third + fourth,
      third + fourth,
      fourth,
      0n,
    ]);
  });

  describe("that a broken solver suggests", function () {
    const input = {
      battery: batteryOf(10_000n, 5_000n, { minWh: asWh(1_000n), maxWh: asWh(9_000n) }),
      storedMilliWh: 5_000_000n,
      slots: [slotOf(0n, 100n, 0n), slotOf(5_000n, 300n, 0n), slotOf(-5_000n, 300n, 0n)],
      slotSeconds: 900n,
    };
    const saying = (level: number): LinearSolver => ({
      solve: () => ({
        Status: "Optimal",
        ObjectiveValue: 0,
        Columns: Object.fromEntries(input.slots.map((_, t) => [`s${t}`, { Primal: level }])),
      }),
    });

    for (const level of [-1e9, 0, 20_000, 1e9]) {
      it(`at ${level} Wh stay within the limits`, function () {
        expectSound(input, planBattery(input, saying(level)));
      });
    }

    it("without a number are refused", function () {
      for (const level of [Number.NaN, Number.POSITIVE_INFINITY]) {
        expectCode(() => planBattery(input, saying(level)), "SOLVER_FAILED");
      }
    });
  });

  describe("checked exactly", function () {
    const input = {
      battery: batteryOf(10_000n, 5_000n),
      storedMilliWh: 1_000_000n,
      endMilliWh: 500_000n,
      slots: [slotOf(0n, 100n, 0n), slotOf(5_000n, 300n, 0n)],
      slotSeconds: 3_600n,
    };
    let plan: CheapestPlan;
    before(function () {
      plan = planBattery(input, solver);
    });
    const with0 = (changes: object): BatteryPlan => ({
      ...plan,
      slots: plan.slots.map((slot, t) => (t === 0 ? { ...slot, ...changes } : slot)),
    });

    const wrong: [string, object][] = [
      ["more power than there is", { chargeWh: asWh(5_001n) }],
      ["both directions at once", { dischargeWh: asWh(1n) }],
      ["energy from nothing", { storedMilliWh: 6_000_000n }],
      ["another power", { powerW: 4_999n }],
      ["another import", { importWh: asWh(4_999n) }],
      ["another cost", { cost: 1n }],
    ];
    for (const [what, changes] of wrong) {
      it(`refuses ${what}`, function () {
        expectCode(() => {
          checkPlan(input, with0(changes));
        }, "PLAN_REFUSED");
      });
    }

    it("refuses an end below the one asked for, a wrong total, and missing slots", function () {
      checkPlan(input, plan);
      const refuses = (asked: BatteryInput, given: BatteryPlan, code: "PLAN_REFUSED" | "BAD_LENGTH") =>
        expectCode(() => {
          checkPlan(asked, given);
        }, code);
      refuses({ ...input, endMilliWh: 1_500_000n }, plan, "PLAN_REFUSED");
      refuses(input, { ...plan, cost: plan.costWithout }, "PLAN_REFUSED");
      refuses(input, { ...plan, slots: plan.slots.slice(1) }, "BAD_LENGTH");
    });
  });
});
