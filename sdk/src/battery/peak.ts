/** A battery that lowers the highest import of a horizon. */
import { asWh } from "../units.ts";
import type { Wh } from "../units.ts";
import { checkPlan } from "./check-plan.ts";
import { cheapestPlan } from "./plan.ts";
import type { CheapestPlan } from "./plan.ts";
import { programOf } from "./program.ts";
import { optimumOf } from "./solver.ts";
import type { LinearSolver } from "./solver.ts";
import { taskOf } from "./task.ts";
import type { BatteryInput } from "./task.ts";

/** The cheapest of the plans with the lowest peak. */
export interface PeakPlan extends CheapestPlan {
  /** Highest import of a slot. */
  readonly peakWh: Wh;
  /** The same without a battery. */
  readonly peakWithoutWh: Wh;
  /** The lowest peak there is, up to the next Wh. */
  readonly leastPeakWh: Wh;
}

/**
 * Plans the lowest peak, and of the plans that have it the cheapest.
 * @throws as `planBattery`
 * @example
 * const slots = [2_000n, 3_000n, 9_000n, 4_000n].map((net) => ({
 *   netWh: asSignedWh(net),
 *   importPrice: asPrice(200n),
 *   exportPrice: asPrice(50n),
 * }));
 * const small = { ...battery, capacityWh: asWh(4_000n), maxWh: asWh(4_000n), chargeW: 3_000n, dischargeW: 3_000n };
 * peakShave({ battery: small, storedMilliWh: 0n, slots, slotSeconds: 3_600n }, solver).peakWh // 6_000n
 */
export function peakShave(input: BatteryInput, solver: LinearSolver): PeakPlan {
  const task = taskOf(input);
  // Up to the next Wh, and what lies below a millionth is the solver's.
  const mostImportWh = (optimumOf(solver, programOf(task, "peak")).at("p", 1_000_000n) + 999_999n) / 1_000_000n;
  const plan = cheapestPlan({ ...task, mostImportWh }, solver);
  checkPlan(input, plan);
  const peak = (values: readonly bigint[]) => asWh(values.reduce((most, value) => (value > most ? value : most), 0n));
  return {
    ...plan,
    peakWh: peak(plan.slots.map(({ importWh }) => importWh)),
    peakWithoutWh: peak(task.slots.map(({ netWh }) => netWh)),
    leastPeakWh: asWh(mostImportWh),
  };
}
