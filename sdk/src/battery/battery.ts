/**
 * A battery in whole numbers. Its meter counts whole Wh at its terminals; what it holds is counted in mWh, so that a Wh charged adds
 * its efficiency in permille, exactly. What a discharge takes is rounded up: the books never hold more than the battery.
 */
import { OutOfRangeError } from "../errors.ts";
import type { PricePerWh, Wh } from "../units.ts";
import { asPrice, asWh } from "../units.ts";
import { BatteryError, StoredError } from "./errors.ts";

/** A battery, its limits and what its use costs. */
export interface Battery {
  /** What it holds when full. */
  readonly capacityWh: Wh;
  /** What stays in it, for its health or for emergencies. */
  readonly minWh: Wh;
  /** What it is filled to. */
  readonly maxWh: Wh;
  /** Most power at its terminals while it charges, W. */
  readonly chargeW: bigint;
  /** Most power at its terminals while it discharges, W. */
  readonly dischargeW: bigint;
  /** What is stored of a Wh taken, permille. */
  readonly chargePermille: bigint;
  /** What is given of a stored Wh, permille. */
  readonly dischargePermille: bigint;
  /** Wear, base units per Wh charged and per Wh discharged. */
  readonly wearPerWh: PricePerWh;
}

/** What a battery takes or gives in a slot, at its terminals. One of both is 0. */
export interface BatteryMove {
  readonly chargeWh: Wh;
  readonly dischargeWh: Wh;
}

export const HOUR = 3_600n;
const PERMILLE = 1_000n;
/** 10^8 Wh and W: a community's battery is far smaller, and the solver's numbers stay exact to the mWh. */
export const MOST_BATTERY = 100_000_000n;
/** Below that it is a heater. It also bounds what rounding to whole Wh costs. */
const LEAST_PERMILLE = 100n;

/**
 * Checks the limits of a battery.
 * @throws BatteryError naming the field
 * @throws OutOfRangeError
 * @example checkBattery(battery); // refuses one whose minWh is above its maxWh
 */
export function checkBattery(battery: Battery): void {
  const { capacityWh, minWh, maxWh, chargeW, dischargeW, chargePermille, dischargePermille, wearPerWh } = battery;
  inRange("capacityWh", capacityWh, 1n, MOST_BATTERY);
  inRange("chargeW", chargeW, 0n, MOST_BATTERY);
  inRange("dischargeW", dischargeW, 0n, MOST_BATTERY);
  inRange("chargePermille", chargePermille, LEAST_PERMILLE, PERMILLE);
  inRange("dischargePermille", dischargePermille, LEAST_PERMILLE, PERMILLE);
  asPrice(wearPerWh, "wearPerWh");
  inRange("minWh", minWh, 0n, MOST_BATTERY);
  inRange("maxWh", maxWh, 0n, MOST_BATTERY);
  if (maxWh > capacityWh) throw new BatteryError("maxWh", maxWh, `Pass at most capacityWh, ${capacityWh}.`);
  if (minWh > maxWh) throw new BatteryError("minWh", minWh, `Pass at most maxWh, ${maxWh}.`);
}

/** @throws OutOfRangeError */
export function inRange(field: string, value: unknown, least: bigint, most: bigint): void {
  if (typeof value !== "bigint" || value < least || value > most) throw new OutOfRangeError(field, value, least, most);
}

/**
 * Checks stored energy against the limits between which it is planned.
 * @throws StoredError
 */
export function checkStored({ minWh, maxWh }: Battery, field: string, milliWh: bigint): void {
  const [least, most] = [PERMILLE * minWh, PERMILLE * maxWh];
  if (typeof milliWh !== "bigint" || milliWh < least || milliWh > most) {
    throw new StoredError(field, milliWh, least, most);
  }
}

/**
 * Checks a slot's duration: with one that divides the hour, a whole number of Wh in a slot is a whole number of W.
 * @throws BatteryError
 */
export function checkSlotSeconds(slotSeconds: bigint): void {
  if (typeof slotSeconds === "bigint" && slotSeconds > 0n && HOUR % slotSeconds === 0n) return;
  throw new BatteryError("slotSeconds", slotSeconds, "Pass a bigint that divides 3600, such as 900n.");
}

/** Energy of a power over a time, Wh rounded towards zero. @example energyDown(3_001n, 900n) // 750n */
export function energyDown(watts: bigint, seconds: bigint): bigint {
  return (watts * seconds) / HOUR;
}

/** mWh that a charge adds, exact. @example storedBy(battery, 100n) // 95_000n */
export function storedBy({ chargePermille }: Battery, chargeWh: bigint): bigint {
  return chargeWh * chargePermille;
}

/** mWh that a discharge takes, rounded up. @example takenUp(battery, 100n) // 105_264n */
export function takenUp({ dischargePermille }: Battery, dischargeWh: bigint): bigint {
  return (dischargeWh * PERMILLE * PERMILLE + dischargePermille - 1n) / dischargePermille;
}

/** Most Wh whose charge adds no more than `milliWh`. @example chargeDown(battery, 95_949n) // 100n */
export function chargeDown({ chargePermille }: Battery, milliWh: bigint): bigint {
  return milliWh > 0n ? milliWh / chargePermille : 0n;
}

/** Least Wh whose charge adds `milliWh`. @example chargeUp(battery, 95_001n) // 101n */
export function chargeUp({ chargePermille }: Battery, milliWh: bigint): bigint {
  return (milliWh + chargePermille - 1n) / chargePermille;
}

/** Most Wh whose discharge takes no more than `milliWh`. @example dischargeDown(battery, 105_264n) // 100n */
export function dischargeDown({ dischargePermille }: Battery, milliWh: bigint): bigint {
  return milliWh > 0n ? (milliWh * dischargePermille) / (PERMILLE * PERMILLE) : 0n;
}

/**
 * What is stored after a slot, mWh. Does not check limits.
 * @example storedAfter(battery, 1_000_000n, { chargeWh: asWh(100n), dischargeWh: asWh(0n) }) // 1_095_000n
 */
export function storedAfter(battery: Battery, storedMilliWh: bigint, { chargeWh, dischargeWh }: BatteryMove): bigint {
  return storedMilliWh + storedBy(battery, chargeWh) - takenUp(battery, dischargeWh);
}

/** A move from Wh with a sign, above zero into the battery. @example moveOf(-750n).dischargeWh // 750n */
export function moveOf(energy: bigint): BatteryMove {
  return { chargeWh: asWh(larger(energy, 0n)), dischargeWh: asWh(larger(-energy, 0n)) };
}

/** The limits of stored energy, mWh. */
export function storedLimits({ minWh, maxWh }: Battery): { readonly least: bigint; readonly most: bigint } {
  return { least: PERMILLE * minWh, most: PERMILLE * maxWh };
}

/** The smaller of two. */
export function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** The larger of two. */
export function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
