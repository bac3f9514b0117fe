import { expect } from "chai";
import {
  type BatteryInput,
  type LinearSolver,
  loadSolver,
  netOfPcc,
  planBattery,
  planByRule,
  type SolverAnswer,
} from "../../../sdk/src/battery/index.ts";
import type { WattbookErrorCode } from "../../../sdk/src/errors.ts";
import { asWh } from "../../../sdk/src/units.ts";
import { expectCode } from "../support.ts";
import { batteryOf, slotOf, solverForTests } from "./support.ts";

const GOOD: BatteryInput = {
  battery: batteryOf(10_000n, 5_000n, { minWh: asWh(1_000n), maxWh: asWh(9_000n) }),
  storedMilliWh: 2_000_000n,
  slots: [slotOf(0n, 100n, 50n), slotOf(5_000n, 300n, 80n)],
  slotSeconds: 900n,
};
const withBattery = (changes: object) => ({ battery: { ...GOOD.battery, ...changes } });

describe("what the battery's planner refuses", function () {
  let solver: LinearSolver;
  before(async function () {
    solver = await solverForTests();
  });

  const cases: [string, object, WattbookErrorCode, object][] = [
    ["no capacity", withBattery({ capacityWh: 0n }), "OUT_OF_RANGE", { field: "capacityWh" }],
    ["a number where a bigint belongs", withBattery({ chargeW: 5_000 }), "OUT_OF_RANGE", { field: "chargeW" }],
    ["negative power", withBattery({ dischargeW: -1n }), "OUT_OF_RANGE", { field: "dischargeW" }],
    ["an efficiency above one", withBattery({ chargePermille: 1_001n }), "OUT_OF_RANGE", { field: "chargePermille" }],
    ["a heater", withBattery({ dischargePermille: 99n }), "OUT_OF_RANGE", { field: "dischargePermille" }],
    ["negative wear", withBattery({ wearPerWh: -1n }), "OUT_OF_RANGE", { field: "wearPerWh" }],
    ["limits that cross", withBattery({ minWh: 9_001n }), "BATTERY_INVALID", { field: "minWh", value: 9_001n }],
    ["a limit above capacity", withBattery({ maxWh: 10_001n }), "BATTERY_INVALID", { field: "maxWh" }],
    ["a slot that does not divide the hour", { slotSeconds: 700n }, "BATTERY_INVALID", { field: "slotSeconds" }],
    ["less stored than the minimum", { storedMilliWh: 999_999n }, "STORED_OUT_OF_LIMITS", { least: 1_000_000n }],
    ["more stored than the maximum", { storedMilliWh: 9_000_001n }, "STORED_OUT_OF_LIMITS", { field: "storedMilliWh" }],
    ["an end above the maximum", { endMilliWh: 9_000_001n }, "STORED_OUT_OF_LIMITS", { field: "endMilliWh" }],
    ["an end out of reach", { endMilliWh: 4_375_001n }, "END_UNREACHABLE", { most: 4_375_000n }],
    ["no slots", { slots: [] }, "BAD_LENGTH", { field: "slots" }],
    ["a slot without a forecast", { slots: [GOOD.slots[0], undefined] }, "FORECAST_MISSING", { field: "slots[1]" }],
    ["a slot without a price", { slots: [{ netWh: 1n, importPrice: 2n }] }, "FORECAST_MISSING", { field: "slots[0]" }],
    ["a community beyond measure", { slots: [{ ...GOOD.slots[0], netWh: 10n ** 10n }] }, "OUT_OF_RANGE", {}],
    ["a negative price", { slots: [{ ...GOOD.slots[0], exportPrice: -1n }] }, "OUT_OF_RANGE", {}],
    [
      "an export price above the import price",
      { slots: [GOOD.slots[0], { ...GOOD.slots[1], exportPrice: 301n }] },
      "EXPORT_ABOVE_IMPORT",
      { field: "slots[1]", exportPrice: 301n, importPrice: 300n },
    ],
  ];
  for (const [what, changes, code, evidence] of cases) {
    it(what, function () {
      const input = { ...GOOD, ...changes };
      const error = expectCode(() => planBattery(input, solver), code, evidence);
      if (!("endMilliWh" in changes)) expectCode(() => planByRule(input), code, evidence);
      expect(error.message).to.match(/\d|no forecast/);
    });
  }

  it("nothing of an end that charging at full power just reaches", function () {
    const { slots } = planBattery({ ...GOOD, endMilliWh: 4_375_000n }, solver);
    expect(slots.map(({ powerW, storedMilliWh }) => [powerW, storedMilliWh])).to.deep.equal([
      [5_000n, 3_187_500n],
      [5_000n, 4_375_000n],
    ]);
  });

  const answers: [string, Partial<SolverAnswer>, string][] = [
    ["an infeasible program", { Status: "Infeasible" }, "Infeasible"],
    ["an unbounded program", { Status: "Unbounded" }, "Unbounded"],
    ["a solver out of time", { Status: "Time limit reached" }, "Time limit reached"],
    ["an answer without a variable", { Status: "Optimal", ObjectiveValue: 0, Columns: {} }, "s0 is missing"],
    ["an objective that is no number", { Status: "Optimal", ObjectiveValue: Number.NaN }, "the objective is NaN"],
  ];
  for (const [what, answer, status] of answers) {
    it(what, function () {
      const broken = { solve: () => answer as SolverAnswer };
      expectCode(() => planBattery(GOOD, broken), "SOLVER_FAILED", { status });
    });
  }

  it("a solver that throws, with what it threw as the cause", function () {
    const cause = new Error("memory access out of bounds");
    const broken = {
      solve: () => {
        throw cause;
      },
    };
    expect(expectCode(() => planBattery(GOOD, broken), "SOLVER_FAILED").cause).to.equal(cause);
  });

  const loaders: [string, unknown][] = [
    ["no loader", undefined],
    ["a module instead of its default export", { default: () => undefined }],
    ["a loader of something else", () => ({ optimise: () => undefined })],
    ["a loader of nothing", () => undefined],
    ["a loader that cannot find its file", () => Promise.reject(new Error("highs.wasm: 404"))],
  ];
  for (const [what, load] of loaders) {
    it(what, async function () {
      const failed = await loadSolver(load).catch((error: unknown) => error);
      expectCode(() => {
        throw failed as Error;
      }, "SOLVER_UNFIT");
    });
  }

  it("hands settings to the loader", async function () {
    const seen: unknown[] = [];
    const locateFile = (file: string) => `/assets/${file}`;
    await loadSolver(
      (settings: unknown) => {
        seen.push(settings);
        return solver;
      },
      { locateFile },
    );
    expect(seen).to.deep.equal([{ locateFile }]);
  });

  it("tells what the community takes from the meter at the PCC", function () {
    const meter = { imported: asWh(900n), exported: asWh(0n) };
    expect(netOfPcc(meter, { chargeWh: asWh(750n), dischargeWh: asWh(0n) })).to.equal(150n);
    expect(netOfPcc(meter, { chargeWh: asWh(0n), dischargeWh: asWh(500n) })).to.equal(1_400n);
  });
});
