/** All rules on the same households and days, each on a node of its own: bills, savings, how even they are, and gas. */
import { SHARING_RULES, type SharingRule } from "@wattbook/sdk";
import { type Books } from "../books.ts";
import { runOnChain, stepsOf } from "../chain/run.ts";
import type { Community } from "../community.ts";
import { type HomeOutcome, homeKpis } from "../kpis.ts";
import type { Progress } from "../progress.ts";
import type { Ratio } from "../ratio.ts";
import { giniOf } from "./gini.ts";
import { meteredMode } from "./metered.ts";
import type { Gas } from "./mode.ts";
import { type MeterOutcome, runMode } from "./run.ts";
import { sharingMode } from "./sharing.ts";

/** What meters can trade by: a rule of sharing, or the auction within standing orders. */
export type MeterRule = SharingRule | "metered";
/** A row of the comparison: one of those, or the auction of the order book. */
export type ComparedRule = MeterRule | "auction";

const METER_RULES: readonly MeterRule[] = [...SHARING_RULES, "metered"];

/** One rule. */
export interface RuleRow {
  readonly rule: ComparedRule;
  /** Sums over all homes, base units, all fees but gas. */
  readonly bills: bigint;
  readonly savings: bigint;
  readonly gini: Ratio | null;
  /** Of each home, in their order. */
  readonly homeSavings: readonly bigint[];
  /** Homes that pay more than at the retailer. */
  readonly worseOff: number;
  readonly sharedWh: bigint;
  /** From receipts, per home and slot, rounded up; without what is done once. */
  readonly gasPerHouseholdSlot: bigint;
  readonly books: Books;
}

/** The comparison, and the runs in which meters decided. */
export interface Comparison {
  readonly rows: readonly RuleRow[];
  readonly runs: ReadonlyMap<MeterRule, MeterOutcome>;
  readonly faults: readonly string[];
}

type Span = { readonly days: number; readonly seed: bigint };

/** Steps of a comparison, for its progress. */
export function comparisonSteps(community: Community, days: number): number {
  const each = community.homes.length * (1 + days * periodsPerDay(community));
  return METER_RULES.length * each + stepsOf(community, days);
}

/** Runs every rule. */
export async function compareRules(community: Community, span: Span, progress: Progress): Promise<Comparison> {
  const slots = span.days * community.calendar.slotsPerDay;
  const runs = new Map<MeterRule, MeterOutcome>();
  const rows: RuleRow[] = [];
  const faults: string[] = [];
  for (const rule of METER_RULES) {
    const mode = rule === "metered" ? meteredMode(span.seed) : sharingMode(rule);
    const run = await runMode(community, span, mode, named(progress, rule));
    runs.set(rule, run);
    rows.push(rowOf(rule, run.homes, run.books, perHouseholdSlot(run.gas, run.homes.length, slots)));
    faults.push(...run.faults.map((fault) => `${rule}: ${fault}`));
  }
  const { outcome, faults: found } = await runOnChain(community, span, named(progress, "auction"));
  const homes = outcome.homes.map((each) => each.outcome);
  rows.push(rowOf("auction", homes, outcome.books, outcome.gas.perHouseholdSlot));
  faults.push(...found.map((fault) => `auction: ${fault}`));
  return { rows, runs, faults };
}

/** Says which of the rules is at work: "3/7 mmr: day 1: joining". */
function named(progress: Progress, rule: ComparedRule): Progress {
  const place = rule === "auction" ? METER_RULES.length : METER_RULES.indexOf(rule);
  return {
    ...progress,
    advance: (stage, steps) => {
      progress.advance(`${place + 1}/${METER_RULES.length + 1} ${rule}: ${stage}`, steps);
    },
  };
}

function periodsPerDay({ calendar }: Community): number {
  return calendar.slotsPerDay / calendar.slotsPerPeriod;
}

function rowOf(rule: ComparedRule, homes: readonly HomeOutcome[], books: Books, gas: bigint): RuleRow {
  const kpis = homes.map(homeKpis);
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
  const savings = kpis.map(({ saving }) => saving);
  return {
    rule,
    bills: sum(kpis.map(({ bill }) => bill)),
    savings: sum(savings),
    gini: giniOf(savings),
    homeSavings: savings,
    worseOff: savings.filter((saving) => saving < 0n).length,
    sharedWh: sum(kpis.map(({ boughtWh }) => boughtWh)),
    gasPerHouseholdSlot: gas,
    books,
  };
}

/** Rounded up. */
export function perHouseholdSlot(gas: Gas, homes: number, slots: number): bigint {
  const total = Object.values(gas).reduce((sum, amount) => sum + amount, 0n);
  const units = BigInt(homes * slots);
  return (total + units - 1n) / units;
}
