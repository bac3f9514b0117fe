/** What each home's agent decides before the gates close. */

import type { Calendar } from "./calendar.ts";
import type { Side } from "@wattbook/sdk";
import { curveAround, type CurvePoint } from "./curve.ts";
import { forecastOf } from "./forecast.ts";
import type { Home } from "./homes.ts";
import { MARKET, tradingBand, valueBand } from "./market.ts";
import { draw, Purpose, within } from "./prng.ts";

/** A home's plan for a slot. */
export interface SlotPlan {
  /** Slot index, unix time / step. */
  readonly slot: number;
  /** Expected net, positive from the grid, Wh. */
  readonly forecastWh: bigint;
  /** The home's true value of a Wh in this slot, as a tick: what a buyer would at most pay, a seller at least take. */
  readonly valueTick: number;
  readonly side: Side;
  /** Whole lots of the forecast, within the home's cap. */
  readonly lots: number;
  /** The orders: points in ascending order of ticks; none for less than a lot. */
  readonly orders: readonly CurvePoint[];
}

/** Plans a day (from 0) of a home. */
export function planDay(home: Home, calendar: Calendar, day: number, seed: bigint): SlotPlan[] {
  return Array.from({ length: calendar.slotsPerDay }, (_, slot) => planSlot(home, calendar, day, slot, seed));
}

/** The true value of a Wh for a home in a slot, as a tick: drawn evenly between the retailer's export and import price. */
export function trueValue(seed: bigint, home: number, slot: number): number {
  const band = valueBand();
  return Number(within(draw(seed, Purpose.Value, home, slot), BigInt(band.lowest), BigInt(band.highest)));
}

function planSlot(home: Home, calendar: Calendar, day: number, offset: number, seed: bigint): SlotPlan {
  const slot = calendar.firstSlot + day * calendar.slotsPerDay + offset;
  const forecastWh = forecastOf(home, calendar, day, offset);
  const side: Side = forecastWh < 0n ? "sell" : "buy";
  const whole = Number((forecastWh < 0n ? -forecastWh : forecastWh) / MARKET.lotWh);
  const lots = Math.min(whole, side === "buy" ? home.buyCap : home.sellCap);
  const valueTick = trueValue(seed, home.index, slot);
  return { slot, forecastWh, valueTick, side, lots, orders: curveAround(valueTick, lots, tradingBand(side)) };
}
