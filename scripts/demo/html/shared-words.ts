/** The figures and sentences of the page of a run in which meters decide. */
import { sharingWarning } from "@wattbook/sdk";
import { MARKET } from "../market.ts";
import type { SharingReport } from "../modes/report.ts";
import { RULE_WORDS } from "../modes/rules.ts";
import type { SharedSlot } from "../modes/slots.ts";
import type { Check, Figure } from "./data.ts";
import { betterOff, figure, selfUse, tradedShare } from "./headline.ts";
import { counted, ctPerKwh, eur, fineMeanPrice, kwh, longDate, shortDate, whole } from "./text.ts";

const MINUTE = 60;

export function sharedTitle({ days, mode }: SharingReport): string {
  const what = mode === "metered" ? "traded after the fact" : "shared after the fact";
  return days === 1 ? `A day ${what}` : `${whole(BigInt(days))} days ${what}`;
}

export function sharedStory(report: SharingReport, slots: readonly SharedSlot[], slotDuration: number): string[] {
  const { homes, days, rule } = report;
  const start = slots[0]?.start ?? 0;
  const when = days === 1 ? `On ${longDate(start)}` : `From ${shortDate(start)} on, for ${counted(days, "day")},`;
  const shared = slots.filter(({ sharedWh }) => sharedWh > 0n).length;
  const { name, meaning } = RULE_WORDS[rule];
  const warning = rule === "metered" ? null : sharingWarning(rule);
  const signed =
    rule === "metered"
      ? "Nobody forecast anything: each home signed one standing order, from which price on it sells and up to which it buys, and joined each day before it began."
      : "Nobody forecast or bid anything: each home signed one budget and joined each day before it began.";
  const priced =
    rule === "metered"
      ? "When the day was over the meters signed what had flowed, and an auction of what they gave and took cleared every slot at one price."
      : `When the day was over the meters signed what had flowed, and one rule priced every slot: ${name}, ${meaning}.`;
  return [
    `${when} ${counted(homes, "home")} gave each other what they had too much of, in slots of ${slotDuration / MINUTE} minutes.`,
    signed,
    priced,
    `In ${whole(BigInt(shared))} of ${counted(slots.length, "slot")} something changed hands.`,
    "Everybody was settled from the chain’s logs, and all money was withdrawn.",
    ...(warning === null ? [] : [`Warning: ${warning}`]),
  ];
}

export function sharedHeadline({ community, households, gas }: SharingReport): Figure[] {
  const saving = households.reduce((total, home) => total + home.saving, 0n);
  const price = fineMeanPrice(community.sharedCost, community.sharedWh) || "–";
  const between = `between ${ctPerKwh(MARKET.exportPrice)} for feed-in and ${ctPerKwh(MARKET.importPrice)} at the retailer; buyers pay ${ctPerKwh(MARKET.networkFee)} network fee on top`;
  return [
    figure("shared", "Shared between neighbours", kwh(community.sharedWh), "kWh", tradedShare(community)),
    figure("price", "Mean price inside", price, "ct/kWh", between),
    figure("saving", "Saved by all homes", eur(saving), "EUR", "against the same meters at the retailer"),
    betterOff(community.worseOff, households.length),
    selfUse(community),
    figure("gas", "Gas", whole(gas.perHouseholdSlot), "per home and slot", "joining, metering, pricing and settling"),
  ];
}

/** What must add up: the books of all rules, and the bills of the listed one. */
export function sharedChecks({ comparison, checkedBills, unsettled }: SharingReport): Check[] {
  const books = comparison.map(({ rule, books: { energyWh, money } }) => ({
    sound: energyWh === 0n && money === 0n,
    text: `${capital(RULE_WORDS[rule].name)}: bought less sold is ${whole(energyWh)} Wh, held less deposited plus withdrawn is ${whole(money)} base units.`,
  }));
  return [
    ...books,
    {
      sound: unsettled === 0,
      text: `Bills: ${whole(BigInt(checkedBills))} settled on chain exactly as the SDK computes them, ${whole(BigInt(unsettled))} unsettled.`,
    },
  ];
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
