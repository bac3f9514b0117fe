/** How a community shares, as `EnergySharing` keeps it: the rule, what goes with it, and how long settlement waits. */
import { asPrice, asSeconds } from "../units.ts";
import type { Seconds } from "../units.ts";
import type { SharingScheme } from "./parts.ts";
import type { SharingRule } from "./rules.ts";

/** A scheme as it is announced. */
export interface AnnouncedScheme extends SharingScheme {
  /** Between a period's end and its settlement, at most the reading deadline. */
  readonly settlementDelay: Seconds;
}

/** `IEnergySharing.Rule`, which has one rule for both kinds of supply-demand ratio. */
const NUMBERS: Readonly<Record<SharingRule, bigint>> = {
  sdr: 1n,
  "sdr-comp": 1n,
  mmr: 2n,
  "bill-sharing": 3n,
  "feed-in": 4n,
};
const RULES: readonly SharingRule[] = ["sdr", "mmr", "bill-sharing", "feed-in"];

/**
 * The number of a rule in calls of `EnergySharing`.
 * @example sharingRuleNumber("mmr") // 2n
 */
export function sharingRuleNumber(rule: SharingRule): bigint {
  return NUMBERS[rule];
}

/**
 * A scheme from its numbers; null for rule 0, where nothing is announced, and for a rule that this SDK does not know.
 * @param compensation Base units per Wh; with the supply-demand ratio it decides which of its two kinds it is.
 * @param settlementDelay Seconds.
 * @example sharingSchemeOf(1n, 20n, 86_400n)?.rule // "sdr-comp"
 */
export function sharingSchemeOf(rule: bigint, compensation: bigint, settlementDelay: bigint): AnnouncedScheme | null {
  const name = RULES[Number(rule) - 1];
  if (name === undefined) return null;
  return {
    rule: name === "sdr" && compensation > 0n ? "sdr-comp" : name,
    compensation: asPrice(compensation),
    settlementDelay: asSeconds(settlementDelay),
  };
}

/** The settlement delay of `MeteredAuction` from its word, which is laid out likewise; null where nothing is announced. */
export function unpackAuctionDelay(word: bigint): Seconds | null {
  return (word & 0xffn) === 0n ? null : asSeconds((word >> 24n) & 0xffffffn);
}

/** A scheme from the contract's word: `| rule 8 | compensation 16 | delay 24 |`, low bit first. */
export function unpackSharingScheme(word: bigint): AnnouncedScheme | null {
  return sharingSchemeOf(word & 0xffn, (word >> 8n) & 0xffffn, (word >> 24n) & 0xffffffn);
}
