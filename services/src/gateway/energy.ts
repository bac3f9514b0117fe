/** Energy in messages: decimal texts become whole watt-hours, by digits and never through a float. */
import { parseDecimal, pow10 } from "@wattbook/data/import";
import { GatewayError } from "./errors.ts";

/** Units that energy registers come in. */
export const ENERGY_UNITS = ["Wh", "kWh", "MWh"] as const;
export type EnergyUnit = (typeof ENERGY_UNITS)[number];

const EXPONENT: Readonly<Record<EnergyUnit, number>> = { Wh: 0, kWh: 3, MWh: 6 };

/** What the queue's columns hold: 63 bits, a billion years of a home. */
export const MOST_WH = (1n << 63n) - 1n;

/** More digits than anybody means, such as 1e308. */
const HUGE = /^[+-]?\d+(?:\.\d*)?[eE]\+?\d{3,}$/;

/**
 * The unit of a text.
 * @throws GatewayError UNIT_UNKNOWN
 */
export function energyUnit(text: string, field: string): EnergyUnit {
  const unit = ENERGY_UNITS.find((each) => each === text);
  if (unit !== undefined) return unit;
  throw new GatewayError("UNIT_UNKNOWN", field, text, `energy is read in ${ENERGY_UNITS.join(", ")}. Map a register.`);
}

/**
 * Whole Wh in a decimal text, rounded down: a register shows what has been counted in full.
 * @throws GatewayError NOT_A_NUMBER, NEGATIVE, TOO_LARGE
 * @example registerWhDown("001581.123", "kWh", "1-0:1.8.1") // 1_581_123n
 */
export function registerWhDown(text: string, unit: EnergyUnit, field: string): bigint {
  const value = parseDecimal(text);
  if (value === undefined) throw HUGE.test(text) ? tooLarge(field, text) : notANumber(field, text);
  if (value.digits < 0n) {
    throw new GatewayError("NEGATIVE", field, text, "a register counts up from 0. Map import and export on their own.");
  }
  const wh = (value.digits * pow10(EXPONENT[unit])) / pow10(value.scale);
  return checkWh(wh, field, text);
}

/**
 * Checks a count of Wh against what the queue holds.
 * @throws GatewayError TOO_LARGE
 */
export function checkWh(wh: bigint, field: string, shown: unknown = wh): bigint {
  if (wh > MOST_WH) throw tooLarge(field, shown);
  return wh;
}

function tooLarge(field: string, value: unknown): GatewayError {
  return new GatewayError("TOO_LARGE", field, value, `no register counts beyond ${MOST_WH} Wh. Check the unit.`);
}

function notANumber(field: string, text: string): GatewayError {
  return new GatewayError("NOT_A_NUMBER", field, text, "send a decimal number such as 1581.123.");
}
