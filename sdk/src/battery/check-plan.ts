/** The exact check of a plan: whoever made it, the battery can follow it and its figures are those of its moves. */
import { BadLengthError } from "../errors.ts";
import { energyDown, HOUR, storedAfter, storedLimits } from "./battery.ts";
import { PlanRefusedError } from "./errors.ts";
import type { BatteryPlan } from "./plan.ts";
import { gridFlow } from "./slots.ts";
import { taskOf } from "./task.ts";
import type { BatteryInput } from "./task.ts";

/**
 * Checks a plan against limits and forecasts, in whole numbers. The planners of this package have done it.
 * @throws PlanRefusedError naming slot and field
 * @throws BadLengthError for a plan of another number of slots
 */
export function checkPlan(input: BatteryInput, plan: BatteryPlan): void {
  const { battery, slots, slotSeconds, endMilliWh } = taskOf(input);
  if (plan.slots.length !== slots.length) {
    throw new BadLengthError("plan.slots", plan.slots.length, `${slots.length} slots`);
  }
  const { least, most } = storedLimits(battery);
  let stored = input.storedMilliWh;
  let cost = 0n;
  for (const [t, slot] of slots.entries()) {
    const planned = plan.slots[t];
    if (planned === undefined) throw new BadLengthError("plan.slots", t, `${slots.length} slots`);
    const within = (field: string, value: bigint, from: bigint, to: bigint) => {
      if (value < from || value > to) throw new PlanRefusedError(`slots[${t}].${field}`, value, from, to);
    };
    const is = (field: string, value: bigint, exact: bigint) => {
      within(field, value, exact, exact);
    };
    const { chargeWh, dischargeWh } = planned;
    within("chargeWh", chargeWh, 0n, energyDown(battery.chargeW, slotSeconds));
    within("dischargeWh", dischargeWh, 0n, chargeWh > 0n ? 0n : energyDown(battery.dischargeW, slotSeconds));
    stored = storedAfter(battery, stored, planned);
    is("storedMilliWh", planned.storedMilliWh, stored);
    within("storedMilliWh", stored, least, most);
    is("powerW", planned.powerW, (chargeWh - dischargeWh) * (HOUR / slotSeconds));
    const flow = gridFlow(battery, slot, planned);
    is("importWh", planned.importWh, flow.importWh);
    is("exportWh", planned.exportWh, flow.exportWh);
    is("cost", planned.cost, flow.cost);
    cost += flow.cost;
  }
  // One Wh more would go beyond the end that was asked for.
  const end = endMilliWh - battery.chargePermille + 1n;
  if (stored < end) throw new PlanRefusedError("the end's storedMilliWh", stored, end, most);
  if (plan.cost !== cost) throw new PlanRefusedError("cost", plan.cost, cost, cost);
}
