/** What the rules are called, and how each makes its prices: a line for people. */
import { ctPerKwh } from "../format.ts";
import { MARKET } from "../market.ts";
import type { ComparedRule } from "./compare.ts";

/** A rule in words. */
export interface RuleWords {
  readonly name: string;
  /** How it makes a price. */
  readonly meaning: string;
}

export const RULE_WORDS: Readonly<Record<ComparedRule, RuleWords>> = {
  sdr: { name: "supply-demand ratio", meaning: "the more sun, the cheaper, down to feed-in" },
  "sdr-comp": {
    name: "supply-demand ratio with compensation",
    meaning: `the same, down to feed-in + ${ctPerKwh(MARKET.compensation)} ct/kWh`,
  },
  mmr: { name: "mid-market rate", meaning: "midway from feed-in to retail less fee" },
  "bill-sharing": { name: "bill sharing", meaning: "neighbours give for nothing" },
  "feed-in": { name: "feed-in only", meaning: "nothing is shared" },
  metered: { name: "metered auction", meaning: "auction of meters, within standing limits" },
  auction: { name: "order book", meaning: "auction of orders, by forecast" },
};
