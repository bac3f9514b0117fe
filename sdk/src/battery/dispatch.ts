/** From a plan's power to what a dispatcher signs. */
import { checkBattery } from "./battery.ts";
import type { Battery } from "./battery.ts";
import { BatteryError } from "./errors.ts";

/** The fields of a set-point that the planner decides. */
export interface DispatchFields {
  readonly discharging: boolean;
  /** W, without a sign. */
  readonly powerW: bigint;
  /** Discharging ends at this state of charge. */
  readonly minSocPermille: bigint;
  /** Charging ends at it. */
  readonly maxSocPermille: bigint;
}

/**
 * A power as the fields of a set-point; states of charge are rounded inwards, so that they allow nothing that the battery's limits do not.
 * @param powerW Above zero into the battery.
 * @throws BatteryError for more power than the battery has, or limits with no whole permille between them
 * @example dispatchInwards(battery, -4_512n) // { discharging: true, powerW: 4_512n, minSocPermille: 0n, maxSocPermille: 1_000n }
 */
export function dispatchInwards(battery: Battery, powerW: bigint): DispatchFields {
  checkBattery(battery);
  const { capacityWh, minWh, maxWh, chargeW, dischargeW } = battery;
  if (powerW > chargeW || powerW < -dischargeW) {
    throw new BatteryError("powerW", powerW, `Pass ${-dischargeW} to ${chargeW}.`);
  }
  const minSocPermille = (1_000n * minWh + capacityWh - 1n) / capacityWh;
  const maxSocPermille = (1_000n * maxWh) / capacityWh;
  if (minSocPermille > maxSocPermille) {
    throw new BatteryError("maxWh", maxWh, "Leave at least a thousandth of capacityWh between minWh and maxWh.");
  }
  const discharging = powerW < 0n;
  return { discharging, powerW: discharging ? -powerW : powerW, minSocPermille, maxSocPermille };
}
