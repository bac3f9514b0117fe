/** A home on the page: its run in figures and words, and its days. */

import { netOf } from "../homes.ts";
import type { HomeOutcome } from "../kpis.ts";
import { MARKET } from "../market.ts";
import type { Ratio } from "../ratio.ts";
import type { HouseholdReport } from "../report.ts";
import type { HomeTrace } from "../trace.ts";
import { billRows } from "./bill.ts";
import type { HomeData } from "./data.ts";
import { gridSides, homeDay } from "./home-day.ts";
import { ctPerKwh, eur, kwh, percent, unbroken } from "./text.ts";

/** @param days The home's periods, day by day; none where the page leaves them out. */
export function homeData(
  home: HouseholdReport,
  outcome: HomeOutcome,
  days: readonly (readonly HomeTrace[])[],
): HomeData {
  const { boughtWh, soldWh, averagePrice, bill, retailerBill, saving } = home;
  const net = outcome.slots.map(netOf);
  const imbalances = outcome.slots.map((slot) => netOf(slot) - slot.boughtWh + slot.soldWh);
  const retailer = gridSides(net);
  return {
    name: home.name,
    pv: home.pv ?? "",
    sentences: sentencesOf(home, outcome).map(unbroken),
    saving: saving.toString(),
    savingEur: eur(saving),
    billEur: eur(bill),
    retailerEur: eur(retailerBill),
    boughtKwh: kwh(boughtWh),
    soldKwh: kwh(soldWh),
    averagePrice: boughtWh + soldWh > 0n ? ctPerKwh(averagePrice) : "–",
    selfSufficiency: share(home.selfSufficiency),
    selfConsumption: share(home.selfConsumption),
    bill: billRows({ boughtWh, soldWh, payments: outcome.payments, ...gridSides(imbalances), retailer }),
    days: days.map(homeDay),
  };
}

function share(ratio: Ratio | null): string {
  return ratio === null ? "–" : percent(ratio.millionths);
}

/** Why a home ended up where it did. */
function sentencesOf(home: HouseholdReport, { slots }: HomeOutcome): string[] {
  const { boughtWh, soldWh, averagePrice, saving } = home;
  let unneeded = 0n;
  let undelivered = 0n;
  for (const slot of slots) {
    const net = netOf(slot);
    unneeded += positive(slot.boughtWh - positive(net));
    undelivered += positive(slot.soldWh - positive(-net));
  }
  const deals = [
    ...(boughtWh > 0n ? [`bought ${kwh(boughtWh)} kWh`] : []),
    ...(soldWh > 0n ? [`sold ${kwh(soldWh)} kWh`] : []),
  ].join(" and ");
  return [
    deals === "" ? "It traded nothing." : `It ${deals}, at ${ctPerKwh(averagePrice)} ct/kWh on average.`,
    ...(unneeded > 0n
      ? [
          `Of what it bought it did not need ${kwh(unneeded)} kWh, which brought ${ctPerKwh(MARKET.exportPrice)} ct/kWh only.`,
        ]
      : []),
    ...(undelivered > 0n
      ? [
          `Of what it sold ${kwh(undelivered)} kWh did not come and cost ${ctPerKwh(MARKET.importPrice)} ct/kWh instead.`,
        ]
      : []),
    saving < 0n ? `It paid ${eur(-saving)} EUR more than at the retailer.` : `It saved ${eur(saving)} EUR.`,
  ];
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
