/** The report for people: two tables and the books. */

import { plainTable } from "../lib/plain-table.ts";
import { ctPerKwh, eur, formatFixed, kwh, percent, printable } from "./format.ts";
import type { CommunityKpis } from "./kpis.ts";
import type { Ratio } from "./ratio.ts";
import type { Report } from "./report.ts";

/** Homes listed by name; of more, the first ones, and the rest in one line. */
const MOST_ROWS = 40;

export const SOURCES: Record<Report["source"], string> = {
  file: "homes from the input file",
  "file, repeated": "homes from the input file, repeated with a shift of days",
  synthetic: "synthetic homes: made from a formula, not measured",
};

/** Everything that a run prints without `--json`. */
export function renderReport(report: Report): string {
  const { homes, days, slots, seed, source } = report;
  const title = `Wattbook demo: ${spanOf({ homes, days, slots })}, seed ${seed}; ${SOURCES[source]}.`;
  const parts = [
    [title, ...STORY, ...standInNote(report)].join("\n"),
    homesTable(report),
    communityTable(report),
    booksText(report),
  ];
  return [...parts, ...(source === "synthetic" ? [OWN_DATA] : [])].join("\n\n").replace(/ +$/gm, "");
}

/** "16 homes, 1 day of 96 slots" */
export function spanOf({ homes, days, slots }: Pick<Report, "homes" | "days" | "slots">): string {
  const counted = (count: number, one: string) => `${formatFixed(BigInt(count), 0, 0)} ${one}${count === 1 ? "" : "s"}`;
  return `${counted(homes, "home")}, ${counted(days, "day")} of ${slots / days} slots`;
}

const STORY = [
  "Each home forecast its next hours and signed its orders; a relayer brought them on chain before the gates. Every slot",
  "cleared at one price. The meters signed what really flowed, everybody was settled from the chain's logs, buyers claimed",
  "their energy tokens, and all money was withdrawn.",
];
/** For who has seen synthetic homes. */
export const OWN_DATA = [
  "Try it with your own homes: npm run demo -- --input homes.csv",
  "First column time (ISO 8601 or unix seconds), then mean loads in W and PV per unit of peak power (names ending _pu).",
].join("\n");

/** Forecasts that the input is too short for. */
function standInNote({ standIns, homes, slots }: Report): string[] {
  if (standIns === 0) return [];
  const share = `${formatFixed(BigInt(standIns), 0, 0)} of ${formatFixed(BigInt(homes * slots), 0, 0)}`;
  return [`Stand-ins: ${share} forecasts use another day of the input, because it does not hold their yesterday.`];
}

/** Longest name in a table. */
const MOST_NAME = 32;
const name = (text: string): string => printable(text, MOST_NAME);

/** One line per home; amounts over the whole run. */
export function homesTable({ households }: Pick<Report, "households">): string {
  const units = [
    ...["bought kWh", "sold kWh", "ct/kWh", "bill EUR", "retailer EUR", "saving EUR"],
    ...["self-suff.", "self-cons."],
  ];
  const table = plainTable(["home", "PV", ...units], ["left", "left", ...units.map(() => "right" as const)]);
  for (const home of households.slice(0, MOST_ROWS)) {
    const traded = home.boughtWh + home.soldWh > 0n;
    const price = traded ? ctPerKwh(home.averagePrice) : "-";
    const money = [eur(home.bill), eur(home.retailerBill), eur(home.saving)];
    const shares = [home.selfSufficiency, home.selfConsumption].map(shareText);
    table.push([
      name(home.name),
      name(home.pv ?? "-"),
      kwh(home.boughtWh),
      kwh(home.soldWh),
      price,
      ...money,
      ...shares,
    ]);
  }
  const hidden = households.length - MOST_ROWS;
  const notes = [
    ...(hidden > 0 ? [`${hidden} more homes: see --json or --out.`] : []),
    "ct/kWh: mean price of what the home bought from and sold to neighbours, before the network fee.",
    "bill: what the home paid less what it got, all fees but gas; below zero it was paid. retailer: the same without neighbours.",
    "self-suff.: share of its load from own roof, battery and neighbours. self-cons.: share of its PV that it or they used.",
  ];
  return [table.toString(), ...notes].join("\n");
}

const shareText = (share: Ratio | null): string => (share === null ? "-" : percent(share.millionths));

/** Figures of the community and the gas they took. */
export function communityTable({ community, gas, households }: Report): string {
  const saving = households.reduce((total, home) => total + home.saving, 0n);
  const rows: [string, bigint, string][] = [
    ["gas per home and slot", gas.perHouseholdSlot, "from signed order to settled money"],
    ["gas to place", gas.place, "per order and slot"],
    ["gas to clear", gas.clear, "per slot"],
    ["gas to settle", gas.settle, "per order and slot"],
  ];
  const table = valueTable([
    ...communityRows(community),
    ...savingRows(saving, community.worseOff, households.length),
    ...rows.map(([name, value, meaning]): ValueRow => [name, formatFixed(value, 0, 0), meaning]),
  ]);
  return [table, ...GAS_NOTES].join("\n");
}

/** Name, value with its unit, meaning. */
export type ValueRow = readonly [string, string, string];

/** Figures of the community. */
export function valueTable(rows: readonly ValueRow[]): string {
  const table = plainTable(["community", "value", "meaning"], ["left", "right", "left"]);
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** What all homes save, and how many of them do not. */
export function savingRows(saving: bigint, worseOff: number, homes: number): ValueRow[] {
  return [
    ["saving of all homes", `${eur(saving)} EUR`, "against the same meters at the retailer"],
    ["worse off", `${worseOff} of ${homes}`, "homes that pay more than at the retailer"],
  ];
}

const GAS_NOTES = [
  "gas: from receipts. A home's order in a slot is a curve of up to three prices. A community's first days write new",
  "storage words and cost far more than later ones; larger communities share what a call costs.",
];

function communityRows(community: CommunityKpis): ValueRow[] {
  return [
    ...energyRows(community),
    ["traded", `${kwh(community.tradedWh)} kWh`, "between neighbours"],
    ...selfUseRows(community),
    ["welfare", percent(community.welfareRatio.millionths), "of the best possible gain from trade at these forecasts"],
  ];
}

/** What was used and made. */
export function energyRows(community: EnergyKpis): ValueRow[] {
  return [
    ["load", `${kwh(community.loadWh)} kWh`, "used by the homes"],
    ["PV", `${kwh(community.pvWh)} kWh`, "made on their roofs"],
    ...behindRows(community),
  ];
}
type EnergyKpis = Pick<CommunityKpis, "loadWh" | "pvWh" | "evWh" | "chargedWh" | "dischargedWh">;

export function selfUseRows(community: Pick<CommunityKpis, "selfSufficiency" | "selfConsumption">): ValueRow[] {
  return [
    ["self-sufficiency", percent(community.selfSufficiency.millionths), "of the load met by the community's own PV"],
    ["self-consumption", percent(community.selfConsumption.millionths), "of the PV used in the community"],
  ];
}

/** Cars and batteries, where there are any. */
function behindRows({ evWh, chargedWh, dischargedWh }: EnergyKpis): ValueRow[] {
  const cars: ValueRow = ["cars", `${kwh(evWh)} kWh`, "of the load, charged at home"];
  const batteries: ValueRow = ["batteries", `${kwh(dischargedWh)} kWh`, `given, ${kwh(chargedWh)} kWh taken`];
  return [...(evWh > 0n ? [cars] : []), ...(chargedWh + dischargedWh > 0n ? [batteries] : [])];
}

/** What must add up. */
export function booksText({ books, skipped, unsettled, checkedBills }: Report): string {
  const verdict = (value: bigint) => (value === 0n ? "balanced" : "NOT BALANCED");
  return [
    `Energy: bought less sold ${books.energyWh} Wh: ${verdict(books.energyWh)}.`,
    `Money: held less deposited plus withdrawn ${books.money} base units: ${verdict(books.money)}.`,
    `Bills: ${checkedBills} settled on chain exactly as the SDK computes them, unsettled ${unsettled}.`,
    `Left out by the chain: ${skipped.length} strips or readings${skipped.length === 0 ? "" : `; ${reasons(skipped)}`}.`,
  ].join("\n");
}

/** "3 Underfunded, 1 Expired" */
function reasons(skipped: Report["skipped"]): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, count]) => `${count} ${reason}`).join(", ");
}
