/** The battery without forecasts and without a solver. */
import { energyDown, HOUR, moveOf, storedAfter, storedLimits } from "./battery.ts";
import { correctSetPoint } from "./correct.ts";
import { planOf } from "./plan.ts";
import type { BatteryPlan } from "./plan.ts";
import { taskOf } from "./task.ts";
import type { BatteryInput } from "./task.ts";

/**
 * What the heuristic does: a surplus is stored as far as it fits, a deficit met as far as there is something, the grid takes and gives the
 * rest. It is the second stage with nothing planned. At a flat tariff under which storing pays, no plan that ends with as much stored costs less.
 * @throws as `planBattery`, without those of a solver
 * @example
 * const slots = [-4_000n, -2_000n, 3_000n, 3_000n].map((net) => ({
 *   netWh: asSignedWh(net),
 *   importPrice: asPrice(200n),
 *   exportPrice: asPrice(50n),
 * }));
 * planByRule({ battery, storedMilliWh: 0n, slots, slotSeconds: 3_600n }).costWithout // 900_000n
 */
export function planByRule(input: Omit<BatteryInput, "endMilliWh">): BatteryPlan {
  const task = taskOf(input);
  const { battery, slotSeconds } = task;
  const { least } = storedLimits(battery);
  let storedMilliWh = task.storedMilliWh;
  const moves = task.slots.map(({ netWh }) => {
    const { powerW } = correctSetPoint({
      battery,
      storedMilliWh,
      remainingSeconds: slotSeconds,
      plannedW: 0n,
      forecastW: 0n,
      reserveMilliWh: least,
      pccW: netWh * (HOUR / slotSeconds),
      batteryW: 0n,
    });
    const move = moveOf(energyDown(powerW, slotSeconds));
    storedMilliWh = storedAfter(battery, storedMilliWh, move);
    return move;
  });
  return planOf(task, moves);
}
