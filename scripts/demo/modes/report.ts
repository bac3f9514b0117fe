/** What a run in a mode says in which meters decide: homes of one rule, and all rules side by side. */
import { sharingWarning } from "@wattbook/sdk";
import { plainTable } from "../../lib/plain-table.ts";
import type { Books } from "../books.ts";
import type { Community } from "../community.ts";
import { eur, formatFixed, kwh } from "../format.ts";
import { type JsonValue, toJson } from "../json.ts";
import { type HomeKpis, homeKpis } from "../kpis.ts";
import { formatRatio } from "../ratio.ts";
import { homesTable } from "../tables.ts";
import { type Comparison, type MeterRule, perHouseholdSlot, type RuleRow } from "./compare.ts";
import type { Gas } from "./mode.ts";

/** The result of a run. */
export interface SharingReport {
  readonly mode: "sharing" | "metered";
  readonly rule: MeterRule;
  readonly seed: bigint;
  readonly homes: number;
  readonly days: number;
  readonly slots: number;
  readonly books: Books;
  /** Settled bills that equal what the SDK computes of the meters alone; all of them in a sound run. */
  readonly checkedBills: number;
  readonly unsettled: number;
  readonly gas: { readonly perHouseholdSlot: bigint; readonly stages: Gas };
  readonly households: readonly (HomeKpis & {
    readonly name: string;
    readonly shiftDays: number;
    readonly pv: string | null;
  })[];
  readonly comparison: readonly RuleRow[];
}

/** Puts a report together. @param rule Whose homes are listed. */
export function sharingReport(
  { homes, calendar }: Pick<Community, "homes" | "calendar">,
  { days, seed }: { readonly days: number; readonly seed: bigint },
  { rows, runs }: Comparison,
  rule: MeterRule,
): SharingReport {
  const run = runs.get(rule);
  if (run === undefined) throw new RangeError(`no run of ${rule}`);
  const slots = days * calendar.slotsPerDay;
  return {
    ...{
      mode: rule === "metered" ? ("metered" as const) : ("sharing" as const),
      rule,
      seed,
      homes: homes.length,
      days,
      slots,
    },
    ...{ books: run.books, checkedBills: run.checkedBills, unsettled: run.unsettled },
    gas: { perHouseholdSlot: perHouseholdSlot(run.gas, homes.length, slots), stages: run.gas },
    households: homes.flatMap(({ name, shiftDays, pv }, index) => {
      const outcome = run.homes[index];
      return outcome === undefined ? [] : [{ name, shiftDays, pv: pv?.name ?? null, ...homeKpis(outcome) }];
    }),
    comparison: rows,
  };
}

/** One JSON object. */
export function sharingJson(report: SharingReport): string {
  return toJson(report as unknown as JsonValue);
}

/** For people. */
export function renderSharing(report: SharingReport): string {
  const { homes, days, slots, seed, rule, gas } = report;
  const warning = rule === "metered" ? null : sharingWarning(rule);
  const [how, signed, priced] =
    rule === "metered"
      ? ["traded after the fact within standing orders", "standing order", "each slot cleared at one price from"]
      : [`shared after the fact by the rule ${rule}`, "budget", "one rule priced every slot from"];
  const title = [
    `Wattbook demo: ${homes} homes, ${days} day(s), ${slots} slots, seed ${seed}; ${how}.`,
    `Each home signed one ${signed}. It joined before each period, its meter signed what flowed, and ${priced} what`,
    "all of them gave and took. Everybody was settled from the chain's logs, and all money was withdrawn.",
    ...(warning === null ? [] : [`Warning: ${warning}`]),
  ];
  const stages = Object.entries(gas.stages).map(([name, amount]) => `${name} ${formatFixed(amount, 0, 0)}`);
  const spent = `Gas: ${formatFixed(gas.perHouseholdSlot, 0, 0)} per home and slot (${stages.join(", ")} in all), from receipts.`;
  const parts = [
    title.join("\n"),
    homesTable(report),
    comparisonTable(report.comparison),
    `${spent}\n${booksText(report)}`,
  ];
  return parts.join("\n\n").replace(/ +$/gm, "");
}

/** All rules on the same days. */
export function comparisonTable(rows: readonly RuleRow[]): string {
  const units = ["shared kWh", "bills EUR", "savings EUR", "Gini", "worse off", "gas"];
  const table = plainTable(["rule", ...units], ["left", ...units.map(() => "right" as const)]);
  for (const { rule, sharedWh, bills, savings, gini, worseOff, gasPerHouseholdSlot } of rows) {
    const even = gini === null ? "-" : formatRatio(gini).slice(0, 5);
    const gas = formatFixed(gasPerHouseholdSlot, 0, 0);
    table.push([rule, kwh(sharedWh), eur(bills), eur(savings), even, worseOff.toString(), gas]);
  }
  return [
    table.toString(),
    "savings: against the same meters at the retailer with feed-in, all fees but gas counted. Gini: of the homes' savings, 0 is even;",
    "none where somebody loses. metered: within one standing order each; auction: orders of an order book from forecasts. gas: per home and",
    "slot, on a chain whose words are new.",
  ].join("\n");
}

function booksText({ comparison, checkedBills, unsettled }: SharingReport): string {
  const off = comparison.filter(({ books }) => books.energyWh !== 0n || books.money !== 0n);
  const verdict = off.length === 0 ? "balanced" : `NOT BALANCED: ${off.map(({ rule }) => rule).join(", ")}`;
  const [energy, money] = comparison.reduce<readonly [bigint, bigint]>(
    ([wh, amount], { books }) => [wh + magnitude(books.energyWh), amount + magnitude(books.money)] as const,
    [0n, 0n],
  );
  return [
    `Energy of all runs: bought less sold ${energy} Wh; money: held less deposited plus withdrawn ${money} base units: ${verdict}.`,
    `Bills: ${checkedBills} settled on chain exactly as the SDK computes them, unsettled ${unsettled}.`,
  ].join("\n");
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
