import { expect } from "chai";
import fc from "fast-check";
import {
  type BatterySlot,
  HORIZON,
  type LinearSolver,
  planBattery,
  runRollingHorizon,
} from "../../../sdk/src/battery/index.ts";
import { asSignedWh } from "../../../sdk/src/units.ts";
import { after, costOfMove } from "../../reference/battery.ts";
import { expectCode } from "../support.ts";
import { anyBattery, anySlot, batteryOf, intervalsOf, slotOf, solverForTests, storeOf } from "./support.ts";

/** A community's quarter hours: cheap nights, sun at noon, dear evenings. */
function day(slots: number): BatterySlot[] {
  return Array.from({ length: slots }, (_, t) => {
    const hour = Math.floor((t % 96) / 4);
    const net = hour >= 10 && hour < 16 ? -3_000n : hour >= 17 && hour < 22 ? 2_500n : 600n;
    return slotOf(net + BigInt((t * 37) % 11) * 20n, hour >= 17 && hour < 22 ? 400n : 200n, 80n);
  });
}

/** The slots from `first` on; the last day again and again behind the end. */
const from = (slots: readonly BatterySlot[], first: number, length: number): BatterySlot[] =>
  Array.from({ length }, (_, t) => {
    const slot = slots[first + t] ?? slots[(first + t) % slots.length];
    if (slot === undefined) throw new Error("no slots");
    return slot;
  });

const off = (slot: BatterySlot, by: bigint): BatterySlot => ({ ...slot, netWh: asSignedWh(slot.netWh + by) });

describe("the rolling horizon", function () {
  this.timeout(60_000);
  const battery = batteryOf(20_000n, 10_000n);
  const start = { battery, storedMilliWh: 0n, slotSeconds: 900n };
  const actual = day(96);
  let solver: LinearSolver;
  before(async function () {
    solver = await solverForTests();
  });

  it("plans 48 slots each time and does only the first", function () {
    const asked: [number, number][] = [];
    const forecast = (first: number) => {
      const slots = from(actual, first, HORIZON);
      asked.push([first, slots.length]);
      return slots;
    };
    const { slots } = runRollingHorizon({ ...start, actual, forecast }, solver);
    expect(asked).to.deep.equal(actual.map((_, first) => [first, 48]));
    let { storedMilliWh } = start;
    for (const [first, slot] of slots.entries()) {
      const plan = planBattery({ ...start, storedMilliWh, slots: from(actual, first, HORIZON) }, solver);
      expect([slot.plannedW, slot.powerW]).to.deep.equal([plan.slots[0]?.powerW, plan.slots[0]?.powerW]);
      ({ storedMilliWh } = slot);
    }
  });

  it("costs less than no battery and hardly more than foresight where forecasts are right", function () {
    const forecast = (first: number) => from(actual, first, HORIZON);
    const run = runRollingHorizon({ ...start, actual, forecast }, solver);
    expect(run.cost < run.costWithout).to.equal(true);
    expect(run.cost >= run.foresightCost).to.equal(true);
    const [gained, possible] = [run.costWithout - run.cost, run.costWithout - run.foresightCost];
    expect(gained * 100n >= possible * 95n, `${gained} of ${possible}`).to.equal(true);
  });

  it("corrects what the forecast missed, for less than the plan alone", function () {
    // The sun comes two slots later than expected, and more of it.
    const forecast = (first: number) => from(actual, first + 2, HORIZON).map((slot) => off(slot, 200n));
    const corrected = runRollingHorizon({ ...start, actual, forecast }, solver);
    const planned = runRollingHorizon({ ...start, actual, forecast, corrected: false }, solver);
    expect(planned.slots.map(({ powerW }) => powerW)).to.deep.equal(planned.slots.map(({ plannedW }) => plannedW));
    expect(corrected.slots.some(({ powerW, plannedW }) => powerW !== plannedW)).to.equal(true);
    expect(corrected.cost < planned.cost, `${corrected.cost} against ${planned.cost}`).to.equal(true);
    expect(corrected.cost >= corrected.foresightCost && planned.cost >= planned.foresightCost).to.equal(true);
  });

  it("keeps what the plan needs later from a demand that nobody expected", function () {
    const [cheap, dear] = [slotOf(0n, 200n, 0n), slotOf(900n, 600n, 0n)];
    const forecast = (first: number) => (first === 0 ? [cheap, dear] : [dear, cheap]);
    const input = { ...start, storedMilliWh: 1_000_000n, actual: [off(cheap, 900n), dear], forecast, horizon: 2 };
    const { slots } = runRollingHorizon(input, solver);
    // 900 Wh take 947,369 mWh; what lies above gives 49 Wh now.
    expect(slots.map(({ dischargeWh }) => dischargeWh)).to.deep.equal([49n, 900n]);
  });

  it("keeps any battery within limits under any forecast, and is never cheaper than foresight", function () {
    const anyRun = fc.record({
      own: anyBattery(9_000n, 9_000n),
      actual: fc.array(anySlot(3_000n), { minLength: 1, maxLength: 12 }),
      forecasts: fc.array(anySlot(3_000n), { minLength: 1, maxLength: 20 }),
      corrected: fc.boolean(),
    });
    fc.assert(
      fc.property(anyRun, ({ own, actual: slots, forecasts, corrected }) => {
        const forecast = (first: number) => from(forecasts, first, 6);
        const input = { ...own, slotSeconds: 1_800n, actual: slots, forecast, horizon: 6, corrected };
        const run = runRollingHorizon(input, solver);
        const store = storeOf(own.battery, 1_800n);
        let [stored, cost] = [own.storedMilliWh, 0n];
        for (const [t, interval] of intervalsOf(slots).entries()) {
          const { chargeWh = 0n, dischargeWh = 0n, storedMilliWh } = run.slots[t] ?? {};
          expect(chargeWh * dischargeWh === 0n && chargeWh <= store.charge && dischargeWh <= store.discharge).to.equal(
            true,
          );
          stored = after(store, stored, chargeWh - dischargeWh);
          expect(stored === storedMilliWh, `stored in slot ${t}`).to.equal(true);
          expect(store.minWh * 1_000n <= stored && stored <= store.maxWh * 1_000n, `level in slot ${t}`).to.equal(true);
          cost += costOfMove(store, interval, chargeWh - dischargeWh);
        }
        expect(run.cost === cost && run.cost >= run.foresightCost, `${run.cost}, ${cost}`).to.equal(true);
      }),
      { numRuns: 60 },
    );
  });

  describe("refuses", function () {
    const forecast = (first: number) => from(actual, first, HORIZON);
    const run = (changes: object) => () => runRollingHorizon({ ...start, actual, forecast, ...changes }, solver);

    it("a forecast of another length, and says of which slot", function () {
      const short = (first: number) => from(actual, first, first === 3 ? 47 : 48);
      const error = expectCode(run({ forecast: short }), "BAD_LENGTH", { field: "forecast(3)", length: 47 });
      expect(error.message).to.equal("forecast(3) has length 47. Pass 48 slots.");
    });

    it("a slot without a forecast, or without one of its values", function () {
      const holey = (first: number) => from(actual, first, HORIZON).map((slot, t) => (t === 5 ? undefined : slot));
      expectCode(run({ forecast: holey }), "FORECAST_MISSING", { field: "forecast(0)[5]" });
      const priceless = () => from(actual, 0, HORIZON).map(({ netWh }) => ({ netWh }));
      expectCode(run({ forecast: priceless }), "FORECAST_MISSING", { field: "forecast(0)[0]" });
    });

    it("a run of no slots, and one whose meter left a slot out", function () {
      expectCode(run({ actual: [] }), "BAD_LENGTH", { field: "actual" });
      expectCode(run({ actual: [undefined] }), "FORECAST_MISSING", { field: "actual[0]" });
    });
  });
});
