/** Where the sun stands, and what it sends through a clear sky. */

import { STEP } from "./clock.ts";
import { cos, exp, PI, radians, sin } from "./numbers.ts";
import type { Setup } from "./options.ts";

/** The sun at the middle of each step. Angles as sines and cosines; irradiance in W/m². */
export interface Sun {
  readonly sinDeclination: Float64Array;
  readonly cosDeclination: Float64Array;
  readonly sinHour: Float64Array;
  readonly cosHour: Float64Array;
  /** Cosine of the zenith angle: above 0 by day. */
  readonly height: Float64Array;
  /** On level ground under a clear sky. */
  readonly clear: Float64Array;
  /** On level ground outside the atmosphere. */
  readonly outside: Float64Array;
}

/** Sun on a plane of one square metre outside the atmosphere, W. */
const SOLAR_CONSTANT = 1_361;
const YEAR = 365.2425 * 86_400;

/**
 * Declination and equation of time by Spencer's series (1971), clear sky by Haurwitz (1945):
 * `1098 cos z exp(-0.057 / cos z)` W/m². Good to a few per cent, which is far better than any cloud.
 */
export function sunOf({ start, days, latitude, longitude }: Setup): Sun {
  const steps = (days * 86_400) / STEP;
  const array = () => new Float64Array(steps);
  const sun = {
    sinDeclination: array(),
    cosDeclination: array(),
    sinHour: array(),
    cosHour: array(),
    height: array(),
    clear: array(),
    outside: array(),
  };
  const [sinLatitude, cosLatitude] = [sin(radians(latitude)), cos(radians(latitude))];
  for (let k = 0; k < steps; k += 1) {
    const time = start + (k + 0.5) * STEP;
    const turn = 2 * PI * (time / YEAR - Math.floor(time / YEAR));
    const declination = declinationAt(turn);
    const solarSeconds = (time % 86_400) + longitude * 240 + minutesAhead(turn) * 60;
    const hour = 2 * PI * (solarSeconds / 86_400 - 0.5);
    const [sinD, cosD, sinH, cosH] = [sin(declination), cos(declination), sin(hour), cos(hour)];
    const height = sinLatitude * sinD + cosLatitude * cosD * cosH;
    sun.sinDeclination[k] = sinD;
    sun.cosDeclination[k] = cosD;
    sun.sinHour[k] = sinH;
    sun.cosHour[k] = cosH;
    sun.height[k] = height;
    if (height <= 0) continue;
    sun.clear[k] = 1_098 * height * exp(-0.057 / Math.max(height, 1e-3));
    sun.outside[k] = SOLAR_CONSTANT * (1 + 0.033 * cos(turn)) * height;
  }
  return sun;
}

/** Radians, from the fraction of the year as an angle. */
function declinationAt(turn: number): number {
  const first = -0.399912 * cos(turn) + 0.070257 * sin(turn);
  const second = -0.006758 * cos(2 * turn) + 0.000907 * sin(2 * turn);
  return 0.006918 + first + second - 0.002697 * cos(3 * turn) + 0.00148 * sin(3 * turn);
}

/** Minutes that a sundial runs ahead of a clock. */
function minutesAhead(turn: number): number {
  const first = 0.001868 * cos(turn) - 0.032077 * sin(turn);
  return 229.18 * (0.000075 + first - 0.014615 * cos(2 * turn) - 0.040849 * sin(2 * turn));
}
