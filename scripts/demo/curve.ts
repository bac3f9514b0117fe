/** A price-quantity curve around a true value. */

import type { Band } from "./market.ts";

/** A point of a curve. */
export interface CurvePoint {
  readonly tick: number;
  readonly lots: number;
}

/** Ticks between the points of a curve. */
const SPREAD = 2;

/**
 * A quarter of the lots two ticks below the value, a quarter two ticks above, the rest at the value. A buyer takes more the
 * cheaper it gets, a seller gives more the dearer it gets. Points outside the band move to its edge, so that no fill is
 * ever worse than the retailer; fewer than four lots are one point.
 *
 * @example
 * curveAround(20, 10, { lowest: 5, highest: 50 });
 * // [{ tick: 18, lots: 2 }, { tick: 20, lots: 6 }, { tick: 22, lots: 2 }]
 */
export function curveAround(tick: number, lots: number, band: Band): CurvePoint[] {
  const quarter = Math.floor(lots / 4);
  const within = (at: number) => Math.max(band.lowest, Math.min(band.highest, at));
  const points = [
    { tick: within(tick - SPREAD), lots: quarter },
    { tick: within(tick), lots: lots - 2 * quarter },
    { tick: within(tick + SPREAD), lots: quarter },
  ];
  return merge(points.filter((point) => point.lots > 0));
}

/** Adds up neighbours at the same tick. */
function merge(points: readonly CurvePoint[]): CurvePoint[] {
  const merged: CurvePoint[] = [];
  for (const point of points) {
    const last = merged.at(-1);
    if (last?.tick === point.tick) merged[merged.length - 1] = { tick: last.tick, lots: last.lots + point.lots };
    else merged.push(point);
  }
  return merged;
}
