/** The figures and sentences at the top of the page. */

import type { SlotRecord } from "../files.ts";
import { MARKET } from "../market.ts";
import type { Report } from "../report.ts";
import type { Check, Figure, Origin } from "./data.ts";
import { counted, ctPerKwh, eur, kwh, longDate, meanPrice, percent, shortDate, whole } from "./text.ts";

const MINUTE = 60;

export function titleOf({ days }: Report): string {
  return days === 1 ? "A day in a local energy market" : `${whole(BigInt(days))} days in a local energy market`;
}

export function originOf(
  { source, seed }: Pick<Report, "source" | "seed">,
  { input, notes }: { readonly input: string | undefined; readonly notes: readonly string[] },
): Origin {
  if (source === "synthetic") {
    const text = `Made by a generator from seed ${seed}; nothing here was measured.`;
    return { measured: false, badge: "Synthetic homes", text, notes };
  }
  const file = input ?? "the input file";
  const repeated = source === "file, repeated";
  return {
    measured: true,
    badge: repeated ? "Homes from a file, repeated" : "Homes from a file",
    text: repeated
      ? `As ${file} gives them, repeated with a shift of days to fill the community.`
      : `As ${file} gives them.`,
    notes,
  };
}

export function storyOf(report: Report, slots: readonly SlotRecord[], slotDuration: number): string[] {
  const { homes, days, standIns } = report;
  const start = slots[0]?.start ?? 0;
  const when = days === 1 ? `On ${longDate(start)},` : `From ${shortDate(start)} on, for ${counted(days, "day")},`;
  const traded = slots.filter(({ tradedWh }) => tradedWh > 0n).length;
  const share = `${whole(BigInt(standIns))} of ${whole(BigInt(homes * report.slots))}`;
  return [
    `${when} ${counted(homes, "home")} traded energy with each other in slots of ${slotDuration / MINUTE} minutes.`,
    "Each home forecast its use and its sun, and signed orders; a relayer brought them on chain before the gates closed.",
    `Every slot cleared at one price: ${whole(BigInt(traded))} of ${counted(slots.length, "slot")} saw a trade.`,
    "Then the meters signed what really flowed, everybody was settled from the chain’s logs, and all money was withdrawn.",
    ...(standIns > 0
      ? [`${share} forecasts use another day of the input, because it does not hold their yesterday.`]
      : []),
    "The values that homes put on energy are drawn at random from the seed, between feed-in and retail price.",
  ];
}

export function headlineOf({ community, households, gas }: Report, slots: readonly SlotRecord[]): Figure[] {
  const saving = households.reduce((total, home) => total + home.saving, 0n);
  const turnover = slots.reduce((total, { tradedWh, price }) => total + tradedWh * (price ?? 0n), 0n);
  const between = `between ${ctPerKwh(MARKET.exportPrice)} for feed-in and ${ctPerKwh(MARKET.importPrice)} at the retailer`;
  return [
    figure("traded", "Traded between neighbours", kwh(community.tradedWh), "kWh", tradedShare(community)),
    figure("price", "Mean price", meanPrice(turnover, community.tradedWh) || "–", "ct/kWh", between),
    figure("saving", "Saved by all homes", eur(saving), "EUR", "against the same meters at the retailer"),
    betterOff(community.worseOff, households.length),
    selfUse(community),
    figure("gas", "Gas", whole(gas.perHouseholdSlot), "per home and slot", "from signed order to settled money"),
  ];
}

export function betterOff(worseOff: number, homes: number): Figure {
  const note = worseOff === 0 ? "nobody paid more" : `${whole(BigInt(worseOff))} paid more than at the retailer`;
  return figure(
    "better-off",
    "As well off or better",
    whole(BigInt(homes - worseOff)),
    `of ${counted(homes, "home")}`,
    note,
  );
}

export function selfUse(community: Pick<Report["community"], "selfSufficiency" | "selfConsumption">): Figure {
  const [sufficiency, consumption] = [community.selfSufficiency, community.selfConsumption];
  const note = `of the use met by own sun; ${percent(consumption.millionths)} of the PV stayed here`;
  return figure("self-sufficiency", "Self-sufficiency", percent(sufficiency.millionths), "", note);
}

export function figure(id: string, label: string, value: string, unit: string, note: string): Figure {
  return { id, label, value, unit, note };
}

export function tradedShare({ loadWh, pvWh }: Pick<Report["community"], "loadWh" | "pvWh">): string {
  return `of ${kwh(loadWh)} kWh used and ${kwh(pvWh)} kWh of PV`;
}

/** What must add up, as in the terminal. */
export function checksOf({ books, skipped, unsettled, checkedBills, community }: Report): Check[] {
  return [
    { sound: books.energyWh === 0n, text: `Energy: bought less sold is ${whole(books.energyWh)} Wh.` },
    {
      sound: books.money === 0n,
      text: `Money: held less deposited plus withdrawn is ${whole(books.money)} base units.`,
    },
    {
      sound: unsettled === 0,
      text: `Bills: ${whole(BigInt(checkedBills))} settled on chain exactly as the SDK computes them, ${whole(BigInt(unsettled))} unsettled.`,
    },
    {
      sound: skipped.length === 0,
      text: `Left out by the chain: ${counted(skipped.length, "strip or reading", "strips or readings")}.`,
    },
    {
      sound: true,
      text: `Welfare: ${percent(community.welfareRatio.millionths)} of the best possible gain from trade at these forecasts, by a linear program.`,
    },
  ];
}
