/** Units of value columns, as exact factors to Wh. */

import { type Decimal, pow10 } from "../decimal.ts";

/** What a value column holds: energy of an interval or a register, or mean power over an interval. */
export type EnergyUnit = "Wh" | "kWh" | "MWh" | "W" | "kW";

/** Units by their suffix in a header, lower case. */
const BY_SUFFIX: ReadonlyMap<string, EnergyUnit> = new Map(
  (["Wh", "kWh", "MWh", "W", "kW"] as const).map((unit) => [unit.toLowerCase(), unit]),
);

/** `kwh` to `kWh`; undefined where it is no unit. */
export function unitOf(suffix: string): EnergyUnit | undefined {
  return BY_SUFFIX.get(suffix.toLowerCase());
}

/** Power needs a duration to become energy. */
export function isPower(unit: EnergyUnit): boolean {
  return unit === "W" || unit === "kW";
}

const POWER_OF_TEN: Readonly<Record<EnergyUnit, number>> = { Wh: 0, kWh: 3, MWh: 6, W: 0, kW: 3 };

/**
 * A value in Wh, exact. Power over `seconds` is `value * seconds / 3600`; durations that divide by 9 s stay decimal, and
 * all slot durations do.
 *
 * @example
 * energyOf({ digits: 25n, scale: 1 }, "kWh", 900); // { digits: 25000n, scale: 1 }, which is 2.5 kWh
 */
export function energyOf(value: Decimal, unit: EnergyUnit, seconds: number): Decimal {
  const digits = value.digits * pow10(POWER_OF_TEN[unit]);
  if (!isPower(unit)) return { digits, scale: value.scale };
  // seconds / 3600 = seconds * 25 / 90000, and seconds / 9 is whole.
  return { digits: (digits * BigInt(seconds) * 25n) / 9n, scale: value.scale + 4 };
}

/** Times ten to the power of `exponent`, which may be negative. */
export function scaled({ digits, scale }: Decimal, exponent: number): Decimal {
  const to = scale - exponent;
  return to >= 0 ? { digits, scale: to } : { digits: digits * pow10(-to), scale: 0 };
}
