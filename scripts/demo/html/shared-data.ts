/** What the page of a run gets in which meters decide. As in `PageData`, figures are exact texts and columns hold a value per slot. */
import type { Column, PageData } from "./data.ts";

export interface SharedPageData extends Omit<PageData, "days"> {
  /** By which rule the homes were billed. */
  readonly rule: { readonly name: string; readonly meaning: string; readonly auction: boolean };
  /** The first days, slot by slot. */
  readonly days: readonly SharedDay[];
  readonly rules: readonly RuleData[];
}

/** A day of the community; Wh of all homes, and base units. */
export interface SharedDay {
  /** "Monday, 15 February 2021" */
  readonly label: string;
  /** Unix seconds of its first slot. */
  readonly start: number;
  readonly slots: number;
  /** Behind the meters. */
  readonly load: Column;
  readonly pv: Column;
  /** Over the meters of homes that drew, and of homes that fed in. */
  readonly demand: Column;
  readonly supply: Column;
  readonly shared: Column;
  /** What demand cost, what supply brought, and what the shared part cost before the network fee. */
  readonly demandCost: Column;
  readonly supplyIncome: Column;
  readonly sharedCost: Column;
}

/** A rule on the same homes and days. */
export interface RuleData {
  readonly rule: string;
  readonly name: string;
  readonly meaning: string;
  /** Whether the page's other sections are about it. */
  readonly listed: boolean;
  readonly sharedKwh: string;
  readonly billsEur: string;
  readonly savingsEur: string;
  /** "0.123"; "–" where somebody loses or nobody saves. */
  readonly gini: string;
  readonly worseOff: string;
  /** Per home and slot. */
  readonly gas: string;
  /** Base units, home by home. */
  readonly savings: Column;
}
