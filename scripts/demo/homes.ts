/** The homes of the community, made from the series of a dataset. */

import { type Calendar, rowOf } from "./calendar.ts";
import type { Dataset, HomeSeries, Series } from "./dataset.ts";
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
  /** All that it uses, its car included. */
  readonly load: Series;
  readonly pv: Series | undefined;
  /** The sun is read this many days later: 0 where loads are shifted against each other under one sun. */
  readonly sunShiftDays: number;
  /** Into and out of its battery, if it has one. */
  readonly charge?: Series | undefined;
  readonly discharge?: Series | undefined;
  /** The part of its load that charged its car, if it has one. */
  readonly ev?: Series | undefined;
  /** Most lots that the home may buy in a slot. */
  readonly buyCap: number;
  /** Most lots that the home may sell in a slot; 0 without PV. */
  readonly sellCap: number;
}

/** What happened behind a home's meter in a slot, Wh. */
export interface Flow {
  /** All that the home used, its car included. */
  readonly loadWh: bigint;
  readonly pvWh: bigint;
  /** Into and out of the battery, at its terminals. */
  readonly chargeWh: bigint;
  readonly dischargeWh: bigint;
  /** The part of `loadWh` that charged the car. */
  readonly evWh: bigint;
}

/**
 * Makes `count` homes. Where the data hold whole homes, home `i` is number `i mod H` of them. Else home `i` has load series
 * `i mod L`, and every second home (the 2nd, 4th, ...) owns PV: the `k`-th owner, from 0, has series `k mod P`. Beyond the
 * input they repeat, each round one day later, and say so in their name. The sun over paired loads is not shifted: on one day
 * it is the same for all roofs.
 */
export function makeHomes(data: Dataset, calendar: Calendar, count: number, pvKwp: Decimal): Home[] {
  return Array.from({ length: count }, (_, index) => {
    const series = data.homes === undefined ? paired(data, index) : pick(data.homes, index);
    const copy = Math.floor(index / data.loads.length);
    const shiftDays = copy % Math.max(1, calendar.fullDays);
    const { load, pv } = series;
    const name = copy === 0 ? load.name : `${load.name} (copy ${copy}, +${shiftDays} d)`;
    const sunShiftDays = data.homes === undefined ? 0 : shiftDays;
    const isMetered = data.homes !== undefined && !data.synthetic;
    const rated = isMetered ? withHeadroom : (wh: bigint) => larger(wh, nameplateWh(pvKwp, calendar.step));
    const buyCap = capLots(name, withHeadroom(largest(load)));
    const sellCap = pv === undefined ? 0 : capLots(name, rated(largest(pv)));
    return { index, name, shiftDays, sunShiftDays, ...series, buyCap, sellCap };
  });
}

function paired({ loads, pvs }: Dataset, index: number): HomeSeries {
  return { load: pick(loads, index), pv: index % 2 === 1 ? pick(pvs, (index - 1) / 2) : undefined };
}

/** The metered flow of a home in a slot of a day, both from 0. */
export function flowOf(home: Home, calendar: Calendar, day: number, slot: number): Flow {
  const row = rowOf(calendar, day, slot, home.shiftDays);
  return {
    loadWh: whAt(home.load, row),
    pvWh: someAt(home.pv, rowOf(calendar, day, slot, home.sunShiftDays)),
    chargeWh: someAt(home.charge, row),
    dischargeWh: someAt(home.discharge, row),
    evWh: someAt(home.ev, row),
  };
}

/** What the meter sees: positive from the grid, negative into it, Wh. One of both is 0 in a slot. */
export function netOf({ loadWh, pvWh, chargeWh, dischargeWh }: Omit<Flow, "evWh">): bigint {
  return loadWh + chargeWh - dischargeWh - pvWh;
}

/** Wh of a series in a row, 0 of none. */
export function someAt(series: Series | undefined, row: number): bigint {
  return series === undefined ? 0n : whAt(series, row);
}

/** Wh of a series in a row. */
export function whAt(series: Series, row: number): bigint {
  const wh = series.wh[row];
  if (wh === undefined) throw new RangeError(`${series.name} has no row ${row}`);
  return wh;
}

function pick<T>(series: readonly T[], index: number): T {
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
