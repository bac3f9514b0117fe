/** The average household: BDEW standard load profile H0 of 1999. */

import { dayOfYear, weekdayOf } from "./clock.ts";

/**
 * Mean W of each hour at 1,000 kWh a year, from the quarter-hours of H0 (Meier, Fünfgeld, Adam, Schieferdecker 1999 for
 * VDEW, today BDEW; here from the CC0 tables of `flrd/standardlastprofile`), rounded to whole W. By season and kind of day.
 */
const H0 = {
  winter: {
    workday: [
      58, 43, 40, 38, 39, 47, 90, 129, 134, 123, 116, 118, 131, 129, 115, 105, 105, 129, 166, 187, 168, 141, 117, 86,
    ],
    saturday: [
      67, 53, 42, 40, 38, 40, 53, 82, 120, 142, 148, 155, 167, 166, 153, 144, 145, 180, 209, 210, 172, 134, 122, 104,
    ],
    sunday: [
      78, 56, 45, 41, 39, 39, 41, 50, 89, 138, 174, 203, 207, 173, 136, 117, 107, 126, 156, 176, 160, 136, 115, 85,
    ],
  },
  transition: {
    workday: [
      67, 49, 44, 43, 44, 53, 93, 130, 137, 136, 132, 133, 150, 146, 127, 113, 106, 116, 145, 172, 168, 156, 136, 100,
    ],
    saturday: [
      73, 56, 46, 44, 43, 45, 59, 93, 130, 150, 163, 172, 181, 177, 161, 149, 147, 159, 183, 198, 180, 147, 139, 116,
    ],
    sunday: [
      84, 62, 49, 44, 43, 43, 46, 66, 111, 160, 185, 205, 208, 169, 136, 121, 107, 112, 138, 161, 155, 144, 128, 94,
    ],
  },
  summer: {
    workday: [
      74, 55, 50, 47, 49, 59, 98, 130, 142, 144, 139, 142, 158, 153, 132, 119, 115, 122, 142, 165, 167, 158, 144, 112,
    ],
    saturday: [
      83, 64, 52, 50, 50, 52, 64, 93, 128, 156, 165, 171, 182, 176, 157, 148, 145, 149, 166, 180, 173, 154, 149, 125,
    ],
    sunday: [
      90, 67, 54, 51, 50, 49, 51, 70, 112, 160, 187, 206, 209, 175, 144, 124, 108, 110, 127, 152, 159, 150, 140, 108,
    ],
  },
} as const;

const HALF_YEAR = 182.62;
/** Between the tropics there is no winter. */
const TROPIC = 23.4;

/** Day of the year as the north lives it: half a year later in the south. */
function northernDay(day: number, latitude: number): number {
  return latitude < 0 ? (dayOfYear(day) + HALF_YEAR) % 365.2425 : dayOfYear(day);
}

/** BDEW's seasons: winter from 1 November to 20 March, summer from 15 May to 14 September. */
function seasonOf(day: number, latitude: number): keyof typeof H0 {
  if (Math.abs(latitude) < TROPIC) return "transition";
  const of = northernDay(day, latitude);
  if (of < 79 || of >= 304) return "winter";
  return of >= 134 && of < 257 ? "summer" : "transition";
}

/** Mean W at a minute of a local day for a home of 1,000 kWh a year, straight lines between the hours' middles. */
export function shapeAt(day: number, minute: number, latitude: number): number {
  const weekday = weekdayOf(day);
  const kind = weekday === 6 ? "sunday" : weekday === 5 ? "saturday" : "workday";
  const hours = H0[seasonOf(day, latitude)][kind];
  const at = (((minute / 60 - 0.5) % 24) + 24) % 24;
  const hour = Math.floor(at);
  const rest = at - hour;
  return ((hours[hour] ?? 0) * (1 - rest) + (hours[(hour + 1) % 24] ?? 0) * rest) * dynamics(day, latitude);
}

/** BDEW's dynamisation of H0: 1.24 in January, 0.77 in July; none between the tropics. */
function dynamics(day: number, latitude: number): number {
  if (Math.abs(latitude) < TROPIC) return 1;
  const t = northernDay(day, latitude) + 1;
  return ((-3.92e-10 * t + 3.2e-7) * t - 7.02e-5) * t * t + 2.1e-3 * t + 1.24;
}
