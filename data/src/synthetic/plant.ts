/** A plant on a roof: what its modules make of the sun. */

import { STEP } from "./clock.ts";
import { clamp, cos, radians, sin } from "./numbers.ts";
import { belongs, type Setup } from "./options.ts";
import { Purpose, Stream } from "./random.ts";
import type { Sun } from "./sun.ts";

/** A roof. */
export interface Roof {
  /** Peak power, W. */
  readonly watts: number;
  /** Degrees from level. */
  readonly tilt: number;
  /** Degrees from south, west positive: 180 is north. */
  readonly azimuth: number;
  /** AC energy per sun on the modules, at one sun. */
  readonly performance: number;
}

/** What the ground throws back. */
const ALBEDO = 0.2;
/** Sun on a module at its peak power, W/m². */
const STANDARD = 1_000;
/** Below this the sun grazes: the direct part is not magnified further. Cosine of the zenith angle. */
const GRAZING = 0.06;

/** The roof of a home; undefined where it has no plant. It faces the equator, give or take. */
export function roofOf({ seed, pvShare, plantWatts, latitude }: Setup, home: number): Roof | undefined {
  if (!belongs(home, pvShare)) return undefined;
  const stream = new Stream(seed, home, Purpose.Plant);
  const watts = Math.round(clamp(stream.logNormal(6_000, 0.3), 3_000, 10_000) / 10) * 10;
  const facing = stream.normal(0, 35);
  return {
    watts: plantWatts ?? watts,
    tilt: stream.between(12, 45),
    azimuth: latitude >= 0 ? facing : 180 + facing,
    performance: stream.between(0.76, 0.86),
  };
}

/**
 * Wh per step. The diffuse part of the sun follows Erbs' correlation (1982); both parts are laid on the tilted plane with an
 * even sky and a grey ground. Heat, snow and shade count as one performance ratio, lower in low light.
 */
export function plantOf(roof: Roof, { latitude }: Setup, sun: Sun, sky: Float64Array): Float64Array {
  const [tilt, azimuth, phi] = [roof.tilt, roof.azimuth, latitude].map(radians) as [number, number, number];
  const [sinT, cosT, sinA, cosA, sinP, cosP] = [sin(tilt), cos(tilt), sin(azimuth), cos(azimuth), sin(phi), cos(phi)];
  const inPlane = (k: number) => {
    const [sinD, cosD] = [sun.sinDeclination[k] ?? 0, sun.cosDeclination[k] ?? 0];
    const [sinH, cosH] = [sun.sinHour[k] ?? 0, sun.cosHour[k] ?? 0];
    const still = sinD * (sinP * cosT - cosP * sinT * cosA);
    return still + cosD * (cosH * (cosP * cosT + sinP * sinT * cosA) + sinH * sinT * sinA);
  };
  return Float64Array.from(sky, (clearness, k) => {
    const height = sun.height[k] ?? 0;
    if (height <= 0) return 0;
    const ground = (sun.clear[k] ?? 0) * clearness;
    const diffuse = ground * diffuseShare(ground / (sun.outside[k] ?? 1));
    const direct = ((ground - diffuse) * Math.max(0, inPlane(k))) / Math.max(GRAZING, height);
    const plane = direct + (diffuse * (1 + cosT)) / 2 + (ground * ALBEDO * (1 - cosT)) / 2;
    const watts = (roof.watts * roof.performance * plane * lowLight(plane)) / STANDARD;
    return (Math.min(watts, roof.watts) * STEP) / 3600;
  });
}

/** Share of the light that comes from the sky rather than the sun, by how much of the sun outside reaches the ground. */
function diffuseShare(reaching: number): number {
  const k = clamp(reaching, 0, 1);
  if (k <= 0.22) return 1 - 0.09 * k;
  if (k > 0.8) return 0.165;
  return 0.9511 + k * (-0.1604 + k * (4.388 + k * (-16.638 + k * 12.336)));
}

/** Inverters and modules waste more of little light: nothing is left of none. */
function lowLight(plane: number): number {
  return plane / (plane + 15);
}
