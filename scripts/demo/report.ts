/** The result of a run: what `--json` prints and the tables show. */

import type { Books } from "./books.ts";
import type { Home } from "./homes.ts";
import { type CommunityKpis, communityKpis, type HomeKpis, homeKpis, type HomeOutcome } from "./kpis.ts";
import { type JsonValue, toJson } from "./json.ts";

/** Gas used, from receipts, rounded up. */
export interface GasKpis {
  /** Placing, clearing and settling, per home and slot of the run. */
  readonly perHouseholdSlot: bigint;
  /** Per order and slot. */
  readonly place: bigint;
  /** Per slot. */
  readonly clear: bigint;
  /** Per order and slot. */
  readonly settle: bigint;
  /** All placing of the run; the next two likewise. */
  readonly placeTotal: bigint;
  readonly clearTotal: bigint;
  readonly settleTotal: bigint;
}

/** A strip or item that the chain left out, and its reason. */
export interface Skipped {
  readonly stage: "post" | "clear" | "settle" | "claim";
  /** Home, from 1. */
  readonly home: number;
  /** Day, from 1. */
  readonly day: number;
  readonly reason: string;
}

/** A home in the report. */
export interface HouseholdReport extends HomeKpis {
  readonly name: string;
  readonly shiftDays: number;
  /** Name of its PV series. */
  readonly pv: string | null;
}

export interface Report {
  /** How the community trades: a gate per slot. */
  readonly mode: "open";
  /** Where the homes come from: measured, partly repeated with a shift of days, or made by a formula. */
  readonly source: "file" | "file, repeated" | "synthetic";
  readonly seed: bigint;
  readonly homes: number;
  readonly days: number;
  readonly slots: number;
  /** Homes' slots whose forecast could not rest on the past, because the input does not reach back so far. */
  readonly standIns: number;
  /** Members' settled periods whose legs, bill and journal equal the SDK's own computation; all of them in a sound run. */
  readonly checkedBills: number;
  readonly skipped: readonly Skipped[];
  /** Journals that no one settled. */
  readonly unsettled: number;
  readonly books: Books;
  readonly community: CommunityKpis;
  readonly gas: GasKpis;
  readonly households: readonly HouseholdReport[];
}

/** What a run leaves behind for its report. */
export interface RunOutcome extends Pick<
  Report,
  "seed" | "days" | "slots" | "standIns" | "checkedBills" | "skipped" | "unsettled" | "books" | "gas"
> {
  readonly synthetic: boolean;
  readonly homes: readonly { readonly home: Home; readonly outcome: HomeOutcome }[];
  /** Largest possible welfare, base units. */
  readonly optimum: bigint;
}

export function reportOf(run: RunOutcome): Report {
  const { seed, days, slots, standIns, checkedBills, skipped, unsettled, books, gas } = run;
  return {
    mode: "open",
    source: sourceOf(
      run.synthetic,
      run.homes.map(({ home }) => home),
    ),
    seed,
    homes: run.homes.length,
    days,
    slots,
    skipped,
    unsettled,
    standIns,
    checkedBills,
    books,
    community: communityKpis(
      run.homes.map(({ outcome }) => outcome),
      run.optimum,
    ),
    gas,
    households: run.homes.map(({ home, outcome }) => ({
      name: home.name,
      shiftDays: home.shiftDays,
      pv: home.pv?.name ?? null,
      ...homeKpis(outcome),
    })),
  };
}

/** Where homes come from; of a file they repeat once one load stands behind two of them. */
export function sourceOf(synthetic: boolean, homes: readonly Pick<Home, "load">[]): Report["source"] {
  if (synthetic) return "synthetic";
  return new Set(homes.map(({ load }) => load)).size < homes.length ? "file, repeated" : "file";
}

/** The report as one JSON object. */
export function reportJson(report: Report): string {
  return toJson(report as unknown as JsonValue);
}
