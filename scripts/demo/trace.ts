/** What a run records for its report's page: books and homes slot by slot. Key figures come from elsewhere. */

import type { AcceptedEntry, Bill, Clearing } from "@wattbook/sdk";
import type { SlotPlan } from "./agents.ts";
import type { Flow } from "./homes.ts";

/** A home's period; lists have one item per slot. */
export interface HomeTrace {
  readonly plans: readonly SlotPlan[];
  readonly flows: readonly Flow[];
  /** Undefined where nobody settled it. */
  readonly settled: SettledTrace | undefined;
}

export interface SettledTrace {
  /** As the SDK computes it from the logs; equal to what the chain moved. */
  readonly bill: Bill;
  /** Its orders that the chain took. */
  readonly entries: readonly AcceptedEntry[];
  /** For all these orders, base units. */
  readonly relayerFee: bigint;
}

/** A settled period. */
export interface PeriodTrace {
  /** Day of the run, from 0. */
  readonly day: number;
  /** One per slot; null without trade, undefined where nobody cleared. */
  readonly clearings: readonly (Clearing | null | undefined)[];
  /** In the order of the homes. */
  readonly homes: readonly HomeTrace[];
}

/** What the page shows slot by slot. */
export interface Detail {
  /** First days of the run. */
  readonly days: number;
  /** First homes of the community. */
  readonly homes: number;
}

/** About 5 MB of page. */
const MOST_HOME_SLOTS = 60_000;

/** How much of a run the page can hold: at least one day, all homes where they fit. */
export function detailOf(homes: number, slotsPerDay: number, days: number): Detail {
  const perDay = homes * slotsPerDay;
  return {
    days: Math.min(days, Math.max(1, Math.floor(MOST_HOME_SLOTS / perDay))),
    homes: Math.min(homes, Math.floor(MOST_HOME_SLOTS / slotsPerDay)),
  };
}

/** Keeps the first days of a run and lets go of the others. */
export class Trace {
  readonly #days: number;
  readonly #periods: PeriodTrace[] = [];

  constructor(days: number) {
    this.#days = days;
  }

  get periods(): readonly PeriodTrace[] {
    return this.#periods;
  }

  add(period: PeriodTrace): void {
    if (period.day < this.#days) this.#periods.push(period);
  }
}
