/** Amounts and times as a page shows them. */

import { ctPerKwh as ct, eur as plainEur, formatFixed, kwh as plainKwh, percent as plainPercent } from "../format.ts";

/**
 * A formatted number with a true minus sign and thin spaces that do not break.
 *
 * @example
 * typeset("-1 234.5"); // "−1 234.5"
 */
export function typeset(number: string): string {
  return number.replace("-", "\u2212").replaceAll(" ", "\u202f");
}

/** Base units as EUR, four decimals. */
export const eur = (baseUnits: bigint): string => typeset(plainEur(baseUnits));
/** Wh as kWh, two decimals. */
export const kwh = (wh: bigint): string => typeset(plainKwh(wh));
/** Base units per Wh as ct/kWh, one decimal. */
export const ctPerKwh = (price: bigint): string => typeset(ct(price));
/** Millionths as per cent, one decimal. */
export const percent = (millionths: bigint): string => typeset(plainPercent(millionths));
export const whole = (value: bigint): string => typeset(formatFixed(value, 0, 0));

/** Keeps a number and its unit on one line. */
export function unbroken(sentence: string): string {
  return sentence.replaceAll(/(\d) (Wh|kWh|ct\/kWh|EUR)\b/g, "$1\u00a0$2");
}

/** "1 home", "2 homes" */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(BigInt(count))} ${count === 1 ? one : many}`;
}

/** Time of day in UTC: "06:15". */
export function clock(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().slice(11, 16);
}

const LONG_DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeZone: "UTC" });
const SHORT_DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** "Monday 15 February 2021" */
export const longDate = (unixSeconds: number): string => LONG_DATE.format(unixSeconds * 1000);
/** "15 February 2021" */
export const shortDate = (unixSeconds: number): string => SHORT_DATE.format(unixSeconds * 1000);

/** Mean price in base units per Wh, rounded half up; `-` for no energy. */
export function meanPrice(amount: bigint, wh: bigint): string {
  return wh === 0n ? "" : ctPerKwh((amount * 2n + wh) / (wh * 2n));
}

/** The same in hundredths of a cent, for prices that a rule makes: "12.34" ct/kWh. */
export function fineMeanPrice(amount: bigint, wh: bigint): string {
  return wh === 0n ? "" : typeset(formatFixed((amount * 20n + wh) / (wh * 2n), 2, 2));
}
