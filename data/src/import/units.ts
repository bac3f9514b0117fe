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

/** What `energyOf` counts in, parts of a Wh. */
export function partsPerWh(unit: EnergyUnit): bigint {
  return isPower(unit) ? 3600n : 1n;
}

/**
 * A value as energy, exact: in Wh, or for power in watt-seconds, since an hour is no decimal number of seconds.
 * @param seconds How long the power lasts.
 *
 * @example
 * energyOf({ digits: 25n, scale: 1 }, "kWh", 900); // { digits: 25000n, scale: 1 }, which is 2.5 kWh
 * energyOf({ digits: 12n, scale: 0 }, "W", 300); // { digits: 3600n, scale: 0 }, which is 1 Wh
 */
export function energyOf(value: Decimal, unit: EnergyUnit, seconds: number): Decimal {
  const duration = isPower(unit) ? BigInt(seconds) : 1n;
  return { digits: value.digits * pow10(POWER_OF_TEN[unit]) * duration, scale: value.scale };
}

/** Times ten to the power of `exponent`, which may be negative. */
export function scaled({ digits, scale }: Decimal, exponent: number): Decimal {
  const to = scale - exponent;
  return to >= 0 ? { digits, scale: to } : { digits: digits * pow10(-to), scale: 0 };
}
