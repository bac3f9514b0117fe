/** From a run in which meters decide to the data of its page. */

import type { Bill } from "@wattbook/sdk";
import type { BatteryReport } from "../battery.ts";
import type { Community } from "../community.ts";
import { flowsOf, tradedPeriods } from "../chain/schedule.ts";
import { MARKET } from "../market.ts";
import type { Comparison } from "../modes/compare.ts";
import type { SharingReport } from "../modes/report.ts";
import { RULE_WORDS } from "../modes/rules.ts";
import type { MeterOutcome } from "../modes/run.ts";
import { type SharedSlot, sharedSlots } from "../modes/slots.ts";
import { detailOf, type HomeTrace } from "../trace.ts";
import { leftOut, type PageOptions } from "./assemble.ts";
import { batteryData } from "./battery-data.ts";
import { bundlePage } from "./bundle.ts";
import { columnOf } from "./columns.ts";
import { renderDocument } from "./document.ts";
import { flowData } from "./flow-data.ts";
import { gasOf } from "./gas-data.ts";
import { originOf } from "./headline.ts";
import { homeData } from "./home-data.ts";
import { ruleData } from "./rule-data.ts";
import { sharedChecks, sharedHeadline, sharedStory, sharedTitle } from "./shared-words.ts";
import type { SharedDay, SharedPageData } from "./shared-data.ts";
import { longDate } from "./text.ts";

/** What of a run the page needs. */
export interface SharedPageInput {
  readonly community: Community;
  readonly comparison: Pick<Comparison, "runs">;
  readonly battery: BatteryReport | undefined;
}

/** One HTML file that needs nothing else; the same run gives the same bytes. */
export async function renderSharedPage(
  report: SharingReport,
  input: SharedPageInput,
  options: PageOptions,
): Promise<string> {
  return renderDocument(sharedPageData(report, input, options), await bundlePage("shared.ts"));
}

export function sharedPageData(
  report: SharingReport,
  { community, comparison, battery }: SharedPageInput,
  options: PageOptions,
): SharedPageData {
  const run = comparison.runs.get(report.rule);
  if (run === undefined) throw new RangeError(`no run of ${report.rule}`);
  const { slotsPerDay, step } = community.calendar;
  const slots = sharedSlots(run);
  const detail = detailOf(report.homes, slotsPerDay, report.days);
  const days = Array.from({ length: detail.days }, (_, day) =>
    dayData(slots.slice(day * slotsPerDay, (day + 1) * slotsPerDay)),
  );
  return {
    format: 1,
    title: sharedTitle(report),
    origin: originOf(report, options),
    story: sharedStory(report, slots, step),
    headline: sharedHeadline(report),
    prices: {
      retail: MARKET.importPrice.toString(),
      feedIn: MARKET.exportPrice.toString(),
      networkFee: MARKET.networkFee.toString(),
    },
    slotDuration: step,
    rule: { ...RULE_WORDS[report.rule], auction: report.rule === "metered" },
    days,
    leftOut: leftOut(report, detail),
    rules: report.comparison.map((row) => ruleData(row, report.rule)),
    homes: report.households.map((home, index) => {
      const outcome = run.homes[index];
      if (outcome === undefined) throw new RangeError(`no outcome of home ${index + 1}`);
      return homeData(home, outcome, index < detail.homes ? tracesOf(run, community, index, detail.days) : []);
    }),
    flows: flowData(run.homes),
    ...(battery === undefined ? {} : { battery: batteryData(battery, detail.days, slotsPerDay) }),
    gas: gasOf(worksOf(report), report, options.ethCents),
    checks: sharedChecks(report),
  };
}

function dayData(slots: readonly SharedSlot[]): SharedDay {
  const column = (value: (slot: SharedSlot) => bigint) => columnOf(slots.map(value));
  const start = slots[0]?.start ?? 0;
  return {
    label: longDate(start),
    start,
    slots: slots.length,
    load: column(({ loadWh }) => loadWh),
    pv: column(({ pvWh }) => pvWh),
    demand: column(({ demandWh }) => demandWh),
    supply: column(({ supplyWh }) => supplyWh),
    shared: column(({ sharedWh }) => sharedWh),
    demandCost: column(({ demandCost }) => demandCost),
    supplyIncome: column(({ supplyIncome }) => supplyIncome),
    sharedCost: column(({ sharedCost }) => sharedCost),
  };
}

/** A home's first days as the page draws homes: nobody planned anything, and nobody brought orders on chain. */
function tracesOf(run: MeterOutcome, { homes, calendar }: Community, index: number, days: number): HomeTrace[][] {
  const home = homes[index];
  if (home === undefined) return [];
  const bills = new Map<bigint, Bill>(
    run.bills.flatMap((each) => (each.home === index ? [[each.bill.period, each.bill]] : [])),
  );
  const periods = tradedPeriods(calendar, days);
  return Array.from({ length: days }, (_, day) =>
    periods.flatMap((traded): HomeTrace[] => {
      if (traded.day !== day) return [];
      const bill = bills.get(traded.period);
      const settled = bill === undefined ? undefined : { bill, entries: [], relayerFee: 0n };
      return [{ plans: [], flows: flowsOf(home, calendar, traded), settled }];
    }),
  );
}

const WORKS: Readonly<Record<string, { readonly label: string; readonly meaning: string }>> = {
  join: { label: "Join", meaning: "budgets of the day reserved, before it begins" },
  meter: { label: "Meter", meaning: "readings checked and counted" },
  settle: { label: "Settle", meaning: "slots priced, money moved" },
  "meter and settle": { label: "Meter, settle", meaning: "readings checked, slots priced, money moved, in one call" },
};

function worksOf({ gas }: SharingReport) {
  return Object.entries(gas.stages).map(([id, spent]) => ({
    id,
    ...(WORKS[id] ?? { label: id, meaning: id }),
    gas: spent,
  }));
}
