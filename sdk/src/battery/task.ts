/** What there is to plan, checked. */
import { BadLengthError } from "../errors.ts";
import { checkBattery, checkSlotSeconds, checkStored, energyDown, smaller, storedBy, storedLimits } from "./battery.ts";
import type { Battery } from "./battery.ts";
import { EndUnreachableError } from "./errors.ts";
import { checkSlots } from "./slots.ts";
import type { BatterySlot } from "./slots.ts";

/** What to plan. */
export interface BatteryInput {
  readonly battery: Battery;
  /** Stored now. */
  readonly storedMilliWh: bigint;
  /**
   * To be stored at the end of the last slot, to the last whole Wh that can be charged; without it `minWh`: what is left at the end is
   * worth nothing to a plan.
   */
  readonly endMilliWh?: bigint;
  /** Forecasts of the PCC, from now on. */
  readonly slots: readonly BatterySlot[];
  /** Divides 3600. */
  readonly slotSeconds: bigint;
}

/** A checked input. */
export interface Task extends Required<BatteryInput> {
  /** Most import of a slot, Wh; not limited if left out. */
  readonly mostImportWh?: bigint;
}

/** Checks the input of a plan. */
export function taskOf({ battery, storedMilliWh, endMilliWh, slots, slotSeconds }: BatteryInput): Task {
  checkBattery(battery);
  checkSlotSeconds(slotSeconds);
  checkStored(battery, "storedMilliWh", storedMilliWh);
  if (slots.length === 0) throw new BadLengthError("slots", 0, "at least one slot");
  checkSlots("slots", slots);
  const { least, most } = storedLimits(battery);
  const end = endMilliWh ?? least;
  checkStored(battery, "endMilliWh", end);
  const full = storedMilliWh + BigInt(slots.length) * storedBy(battery, energyDown(battery.chargeW, slotSeconds));
  const reached = smaller(full, most);
  if (end > reached) throw new EndUnreachableError(end, reached);
  return { battery, storedMilliWh, endMilliWh: end, slots, slotSeconds };
}
