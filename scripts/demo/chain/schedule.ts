/** When what happens, and what homes plan and meters count in a period. */

import { type Period, periodEnd, periodStart, type CommunityTerms, asPeriod } from "@wattbook/sdk";
import { planDay, type SlotPlan } from "../agents.ts";
import type { Calendar } from "../calendar.ts";
import { isStandIn } from "../forecast.ts";
import { type Flow, flowOf, type Home } from "../homes.ts";

/** A traded period and its place in the run. */
export interface TradedPeriod {
  readonly period: Period;
  /** Day of the run, from 0. */
  readonly day: number;
  /** First slot of the period in that day. */
  readonly firstSlot: number;
}

/** The traded periods of a run, in order. Days start with a period. */
export function tradedPeriods({ firstSlot, slotsPerDay, slotsPerPeriod }: Calendar, days: number): TradedPeriod[] {
  const perDay = slotsPerDay / slotsPerPeriod;
  const first = firstSlot / slotsPerPeriod;
  return Array.from({ length: days * perDay }, (_, index) => ({
    period: asPeriod(BigInt(first + index)),
    day: Math.floor(index / perDay),
    firstSlot: (index % perDay) * slotsPerPeriod,
  }));
}

/** What a home's agent plans for a period. */
export function plansOf(home: Home, calendar: Calendar, { day, firstSlot }: TradedPeriod, seed: bigint): SlotPlan[] {
  return planDay(home, calendar, day, seed).slice(firstSlot, firstSlot + calendar.slotsPerPeriod);
}

/** In how many slots of a period a home's forecast rests on something else than the past. */
export function standInsOf(home: Home, calendar: Calendar, { day, firstSlot }: TradedPeriod): number {
  const slots = Array.from({ length: calendar.slotsPerPeriod }, (_, k) => firstSlot + k);
  return slots.filter((slot) => isStandIn(home, calendar, day, slot)).length;
}

/** What flows through a home's meter in a period. */
export function flowsOf(home: Home, calendar: Calendar, { day, firstSlot }: TradedPeriod): Flow[] {
  return Array.from({ length: calendar.slotsPerPeriod }, (_, k) => flowOf(home, calendar, day, firstSlot + k));
}

/** Unix seconds at which a period starts. */
export function startOf(terms: CommunityTerms, period: Period): number {
  return Number(periodStart(terms, period));
}

/** Unix seconds from which the tokens of a period can be claimed: readings are final. */
export function finalAt(terms: CommunityTerms, period: Period): number {
  return Number(periodEnd(terms, period) + terms.correctionWindow);
}
