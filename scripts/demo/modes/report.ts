/** What a run in a mode says in which meters decide: homes of one rule, and all rules side by side. */
import { sharingWarning } from "@wattbook/sdk";
import { plainTable } from "../../lib/plain-table.ts";
import type { Books } from "../books.ts";
import type { Community } from "../community.ts";
import { eur, formatFixed, kwh } from "../format.ts";
import { type JsonValue, toJson } from "../json.ts";
import { type CommunityKpis, communityKpis, homeKpis } from "../kpis.ts";
import { formatRatio } from "../ratio.ts";
import { type HouseholdReport, type Report, sourceOf } from "../report.ts";
import {
  energyRows,
  homesTable,
  OWN_DATA,
  savingRows,
  selfUseRows,
  SOURCES,
  spanOf,
  type ValueRow,
  valueTable,
} from "../tables.ts";
import { type Comparison, type MeterRule, perHouseholdSlot, type RuleRow } from "./compare.ts";
import type { Gas } from "./mode.ts";
import { RULE_WORDS } from "./rules.ts";
import { type SharedSlot, sharedSlots } from "./slots.ts";

/** Figures of the community by the listed rule. */
export interface SharedKpis extends Omit<CommunityKpis, "tradedWh" | "welfareRatio"> {
  /** Over the meters of homes that drew, Wh. */
  readonly demandWh: bigint;
  /** Over the meters of homes that fed in, Wh. */
  readonly supplyWh: bigint;
  /** What changed hands inside, Wh, and what it cost before the network fee, base units. */
  readonly sharedWh: bigint;
  readonly sharedCost: bigint;
}

/** The result of a run. */
export interface SharingReport extends Pick<Report, "source" | "seed" | "homes" | "days" | "slots" | "unsettled"> {
  readonly mode: "sharing" | "metered";
  readonly rule: MeterRule;
  readonly books: Books;
  /** Settled bills that equal what the SDK computes of the meters alone; all of them in a sound run. */
  readonly checkedBills: number;
  readonly community: SharedKpis;
  readonly gas: { readonly perHouseholdSlot: bigint; readonly stages: Gas };
  readonly households: readonly HouseholdReport[];
  readonly comparison: readonly RuleRow[];
}

/** Puts a report together. @param rule Whose homes are listed. */
export function sharingReport(
  { homes, calendar, data }: Pick<Community, "homes" | "calendar"> & { readonly data: { readonly synthetic: boolean } },
  { days, seed }: { readonly days: number; readonly seed: bigint },
  { rows, runs }: Pick<Comparison, "rows" | "runs">,
  rule: MeterRule,
): SharingReport {
  const run = runs.get(rule);
  if (run === undefined) throw new RangeError(`no run of ${rule}`);
  const slots = days * calendar.slotsPerDay;
  return {
    mode: rule === "metered" ? "metered" : "sharing",
    rule,
    source: sourceOf(data.synthetic, homes),
    seed,
    homes: homes.length,
    days,
    slots,
    unsettled: run.unsettled,
    books: run.books,
    checkedBills: run.checkedBills,
    community: sharedKpis(communityKpis(run.homes, 0n), sharedSlots(run)),
    gas: { perHouseholdSlot: perHouseholdSlot(run.gas, homes.length, slots), stages: run.gas },
    households: homes.flatMap(({ name, shiftDays, pv }, index) => {
      const outcome = run.homes[index];
      return outcome === undefined ? [] : [{ name, shiftDays, pv: pv?.name ?? null, ...homeKpis(outcome) }];
    }),
    comparison: rows,
  };
}

function sharedKpis(kpis: CommunityKpis, slots: readonly SharedSlot[]): SharedKpis {
  const { loadWh, evWh, pvWh, chargedWh, dischargedWh, selfSufficiency, selfConsumption, worseOff } = kpis;
  const sum = (amount: (slot: SharedSlot) => bigint) => slots.reduce((total, slot) => total + amount(slot), 0n);
  return {
    ...{ loadWh, evWh, pvWh, chargedWh, dischargedWh },
    demandWh: sum(({ demandWh }) => demandWh),
    supplyWh: sum(({ supplyWh }) => supplyWh),
    sharedWh: sum(({ sharedWh }) => sharedWh),
    sharedCost: sum(({ sharedCost }) => sharedCost),
    ...{ selfSufficiency, selfConsumption, worseOff },
  };
}

/** One JSON object. */
export function sharingJson(report: SharingReport): string {
  return toJson(report as unknown as JsonValue);
}

/** For people. */
export function renderSharing(report: SharingReport): string {
  const { seed, rule, source } = report;
  const warning = rule === "metered" ? null : sharingWarning(rule);
  const title = [
    `Wattbook demo: ${spanOf(report)}, seed ${seed}; ${SOURCES[source]}.`,
    ...storyOf(rule),
    ...(warning === null ? [] : [`Warning: ${warning}`]),
  ];
  const parts = [
    title.join("\n"),
    homesTable(report),
    communityText(report),
    comparisonTable(report.comparison, rule),
    booksText(report),
    ...(source === "synthetic" ? [OWN_DATA] : []),
  ];
  return parts.join("\n\n").replace(/ +$/gm, "");
}

/** What happened, in lines of a terminal. */
function storyOf(rule: MeterRule): string[] {
  const { name, meaning } = RULE_WORDS[rule];
  if (rule === "metered") {
    return [
      `Mode metered: ${name}, an ${meaning}.`,
      "Each home signed one standing order, from which price on it sells and up to which it buys, and joined each day before it",
      "began. When a day was over the meters signed what had flowed, and an auction cleared every slot at one price. Everybody was",
      "settled from the chain's logs, and all money was withdrawn.",
    ];
  }
  return [
    `Mode sharing: rule ${rule}, ${name}: ${meaning}.`,
    "Each home signed one budget and joined each day before it began. When a day was over the meters signed what had flowed, and",
    "the rule priced every slot. Everybody was settled from the chain's logs, and all money was withdrawn.",
  ];
}

function communityText({ community, gas, households }: SharingReport): string {
  const saving = households.reduce((total, home) => total + home.saving, 0n);
  const stages = Object.entries(gas.stages).map(([name, amount]) => `${name} ${formatFixed(amount, 0, 0)}`);
  const rows: ValueRow[] = [
    ...energyRows(community),
    ["drawn", `${kwh(community.demandWh)} kWh`, "over the meters of homes that lacked energy"],
    ["fed in", `${kwh(community.supplyWh)} kWh`, "over the meters of homes that had too much"],
    ["shared", `${kwh(community.sharedWh)} kWh`, "of both, between neighbours in the same slot"],
    ...selfUseRows(community),
    ...savingRows(saving, community.worseOff, households.length),
    ["gas per home and slot", formatFixed(gas.perHouseholdSlot, 0, 0), `from receipts; in all ${stages.join(", ")}`],
  ];
  return valueTable(rows);
}

/** All rules on the same days. @param listed The rule whose homes are listed. */
export function comparisonTable(rows: readonly RuleRow[], listed: MeterRule): string {
  const units = ["shared kWh", "bills EUR", "savings EUR", "Gini", "worse off", "gas"];
  const table = plainTable(
    ["rule", ...units, "how it makes a price"],
    ["left", ...units.map(() => "right" as const), "left"],
  );
  for (const { rule, sharedWh, bills, savings, gini, worseOff, gasPerHouseholdSlot } of rows) {
    const even = gini === null ? "-" : formatRatio(gini).slice(0, 5);
    const gas = formatFixed(gasPerHouseholdSlot, 0, 0);
    table.push([
      ...[
        rule === listed ? `${rule} *` : rule,
        kwh(sharedWh),
        eur(bills),
        eur(savings),
        even,
        worseOff.toString(),
        gas,
      ],
      RULE_WORDS[rule].meaning,
    ]);
  }
  return [
    "All rules on the same homes and days, each on a chain of its own:",
    table.toString(),
    "* the rule above. savings: against the same meters at the retailer with feed-in, all fees but gas counted. Gini: of the homes'",
    "savings, 0 is even; none where somebody loses. gas: per home and slot, on a chain whose words are new.",
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
    `Books of all ${comparison.length} runs: ${verdict}.`,
    `Energy: bought less sold ${energy} Wh. Money: held less deposited plus withdrawn ${money} base units.`,
    `Bills: ${checkedBills} settled on chain exactly as the SDK computes them, unsettled ${unsettled}.`,
  ].join("\n");
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
