/** The homes of the community, made from the series of a dataset. */

import { type Calendar, rowOf } from "./calendar.ts";
import type { Dataset, Series } from "./dataset.ts";
import { DemoError } from "./errors.ts";
import { type Decimal, pow10 } from "@wattbook/data/import";
import { MARKET } from "./market.ts";

/** A member of the community: a load, and a PV plant or none. */
export interface Home {
  /** From 0. */
  readonly index: number;
  /** Name of the load series, with the copy and its shift where the file has fewer homes. */
  readonly name: string;
  /** The load is read this many days later than the calendar says. */
  readonly shiftDays: number;
  readonly load: Series;
  readonly pv: Series | undefined;
  /** Most lots that the home may buy in a slot. */
  readonly buyCap: number;
  /** Most lots that the home may sell in a slot; 0 without PV. */
  readonly sellCap: number;
}

/** What a home used and made in a slot, Wh. */
export interface Flow {
  readonly loadWh: bigint;
  readonly pvWh: bigint;
}

/**
 * Makes `count` homes. Home `i` has load series `i mod L`. Beyond the file the series repeat, each round one day later, and
 * say so in their name. Every second home (the 2nd, 4th, ...) owns PV: the `k`-th owner, from 0, has series `k mod P`. The
 * sun is not shifted: on one day it is the same for all roofs.
 */
export function makeHomes(data: Dataset, calendar: Calendar, count: number, pvKwp: Decimal): Home[] {
  return Array.from({ length: count }, (_, index) => {
    const load = pick(data.loads, index);
    const pv = index % 2 === 1 ? pick(data.pvs, (index - 1) / 2) : undefined;
    const copy = Math.floor(index / data.loads.length);
    const shiftDays = copy % Math.max(1, calendar.fullDays);
    const name = copy === 0 ? load.name : `${load.name} (copy ${copy}, +${shiftDays} d)`;
    const buyCap = capLots(name, withHeadroom(largest(load)));
    const sellCap = pv === undefined ? 0 : capLots(name, larger(largest(pv), nameplateWh(pvKwp, calendar.step)));
    return { index, name, shiftDays, load, pv, buyCap, sellCap };
  });
}

/** The metered flow of a home in a slot of a day, both from 0. */
export function flowOf(home: Home, calendar: Calendar, day: number, slot: number): Flow {
  return {
    loadWh: whAt(home.load, rowOf(calendar, day, slot, home.shiftDays)),
    pvWh: home.pv === undefined ? 0n : whAt(home.pv, rowOf(calendar, day, slot, 0)),
  };
}

/** What the meter sees: positive from the grid, negative into it, Wh. */
export function netOf(flow: Flow): bigint {
  return flow.loadWh - flow.pvWh;
}

/** Wh of a series in a row. */
export function whAt(series: Series, row: number): bigint {
  const wh = series.wh[row];
  if (wh === undefined) throw new RangeError(`${series.name} has no row ${row}`);
  return wh;
}

function pick(series: readonly Series[], index: number): Series {
  const chosen = series[index % series.length];
  if (chosen === undefined) throw new RangeError("no series to choose from");
  return chosen;
}

function largest(series: Series): bigint {
  return series.wh.reduce(larger, 0n);
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

/** A rated power lies above what was ever drawn: a quarter more. */
function withHeadroom(wh: bigint): bigint {
  return (wh * 5n + 3n) / 4n;
}

/** Energy of a plant at its peak power in a slot of `step` seconds, Wh, rounded up. */
function nameplateWh(kwp: Decimal, step: number): bigint {
  const den = pow10(kwp.scale) * 3600n;
  return (kwp.digits * 1000n * BigInt(step) + den - 1n) / den;
}

/** Lots that hold `wh`, at least one. @throws DemoError HOME_TOO_LARGE above what a cap holds */
function capLots(name: string, wh: bigint): number {
  const lots = larger(1n, (wh + MARKET.lotWh - 1n) / MARKET.lotWh);
  if (lots <= MOST_LOTS) return Number(lots);
  const message = `${name}: ${wh} Wh in a slot, the demo's market takes ${MOST_LOTS * MARKET.lotWh}. Is the unit right?`;
  throw new DemoError("HOME_TOO_LARGE", message);
}
const MOST_LOTS = 0xffffn;
