/**
 * The second stage: between two plans a rule holds the PCC where the plan has it. It needs the meter at the PCC, the battery's own power and
 * the slot's plan, and no solver.
 */
import { BatteryError } from "./errors.ts";
import { checkBattery, HOUR, inRange, larger, MOST_BATTERY, smaller, storedLimits } from "./battery.ts";
import type { Battery } from "./battery.ts";

/** What the rule knows now. Powers at the PCC are above zero for import, those of the battery above zero while it charges. */
export interface Correction {
  readonly battery: Battery;
  /** Stored now; outside of the limits the battery only moves back to them. */
  readonly storedMilliWh: bigint;
  /** What is left of the slot. */
  readonly remainingSeconds: bigint;
  /** The plan's set-point of the slot, W. */
  readonly plannedW: bigint;
  /** The plan's forecast of the community without its battery, W. */
  readonly forecastW: bigint;
  /** The plan's reserve of the slot. */
  readonly reserveMilliWh: bigint;
  /** Measured at the PCC, battery included, W. */
  readonly pccW: bigint;
  /** What the battery does now, W. */
  readonly batteryW: bigint;
}

/** A power for the rest of the slot, and the range in which no limit of the battery is broken until its end. */
export interface CorrectedPower {
  readonly powerW: bigint;
  readonly leastW: bigint;
  readonly mostW: bigint;
}

/**
 * The set-point that holds the plan's PCC within the limits. In this order, the last one wins:
 *
 * 1. planned power, less what the community takes beyond its forecast;
 * 2. nothing below the plan's reserve is spent on a deviation, and a planned charge that the reserve needs goes on;
 * 3. charging takes a surplus and what the plan takes from the grid for it, discharging meets demand and what the plan feeds in: the battery
 *    never imports to charge, and never feeds in, unless the plan does;
 * 4. the limits of power, and of stored energy until the end of the slot, rounded towards zero.
 *
 * @throws BatteryError, OutOfRangeError
 * @example
 * const sunnier = { plannedW: 1_000n, forecastW: -1_000n, pccW: -600n, batteryW: 1_000n, reserveMilliWh: 0n };
 * correctSetPoint({ battery, storedMilliWh: 5_000_000n, remainingSeconds: 900n, ...sunnier }).powerW // 1_600n
 */
export function correctSetPoint(now: Correction): CorrectedPower {
  checkCorrection(now);
  const { battery, storedMilliWh: stored, plannedW, forecastW, reserveMilliWh, pccW, batteryW } = now;
  const netW = pccW - batteryW;
  const wanted = plannedW - (netW - forecastW);

  const fromGrid = larger(plannedW - larger(-forecastW, 0n), 0n);
  const intoGrid = larger(-plannedW - larger(forecastW, 0n), 0n);
  const highest = larger(-netW, 0n) + fromGrid;
  const lowest = -larger(netW, 0n) - intoGrid;

  const missing = reserveMilliWh - stored;
  const held = missing > 0n ? smaller(larger(plannedW, 0n), chargingUp(now, missing)) : -dischargingDown(now, -missing);
  const kept = clamp(wanted, larger(lowest, held), highest);

  const { least, most } = storedLimits(battery);
  const mostW = smaller(battery.chargeW, chargingDown(now, most - stored));
  const leastW = -smaller(battery.dischargeW, dischargingDown(now, stored - least));
  return { powerW: clamp(kept, leastW, mostW), leastW, mostW };
}

function checkCorrection({ battery, storedMilliWh, remainingSeconds, reserveMilliWh, ...powers }: Correction): void {
  checkBattery(battery);
  inRange("storedMilliWh", storedMilliWh, 0n, 1_000n * battery.capacityWh);
  inRange("reserveMilliWh", reserveMilliWh, 0n, 1_000n * battery.capacityWh);
  if (typeof remainingSeconds !== "bigint" || remainingSeconds < 1n || remainingSeconds > HOUR) {
    throw new BatteryError(
      "remainingSeconds",
      remainingSeconds,
      "Pass 1n to 3600n; plan the next slot at a slot's end.",
    );
  }
  for (const [field, value] of Object.entries(powers)) inRange(field, value, -MOST_POWER, MOST_POWER);
}

/** As much as the largest slot of a plan has, in a second. */
const MOST_POWER = MOST_BATTERY * HOUR;

type Rest = Pick<Correction, "battery" | "remainingSeconds">;

/** Most W that add no more than `milliWh` in the rest of the slot. */
function chargingDown({ battery, remainingSeconds }: Rest, milliWh: bigint): bigint {
  return milliWh > 0n ? (milliWh * HOUR) / (remainingSeconds * battery.chargePermille) : 0n;
}

/** Least W that add `milliWh` in the rest of the slot. */
function chargingUp({ battery, remainingSeconds }: Rest, milliWh: bigint): bigint {
  const den = remainingSeconds * battery.chargePermille;
  return (milliWh * HOUR + den - 1n) / den;
}

/** Most W that take no more than `milliWh` in the rest of the slot. */
function dischargingDown({ battery, remainingSeconds }: Rest, milliWh: bigint): bigint {
  return milliWh > 0n ? (milliWh * HOUR * battery.dischargePermille) / (remainingSeconds * 1_000_000n) : 0n;
}

function clamp(value: bigint, least: bigint, most: bigint): bigint {
  return smaller(larger(value, least), most);
}
