/** Client of `EnergySharing`: announce, keep budgets, join, meter, count and settle; look at schemes and totals. */
import { EnergySharingAbi } from "../abi/index.js";
import type { Hex } from "../hex.ts";
import type { SharingBudget } from "../sharing/budget.ts";
import type { SharingChunk } from "../sharing/due.ts";
import type { KeptBudget, SharingItem } from "../sharing/meter-due.ts";
import { sharingRuleNumber, unpackSharingScheme } from "../sharing/scheme.ts";
import type { AnnouncedScheme } from "../sharing/scheme.ts";
import { decodeTotals } from "../sharing/totals.ts";
import type { SlotTotals } from "../sharing/totals.ts";
import type { CompactSignature } from "../signature.ts";
import type { Terms } from "../terms.ts";
import type { CommunityIndex, MemberIndex, Period } from "../units.ts";
import { sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Endpoint, Sends, Simulations } from "./endpoint.ts";
import { MeteredModuleClient, meteredModuleCalls } from "./metered-module.ts";
import { rawMetered, rawSettle } from "./settlement.ts";
import type { MeteredItem } from "./settlement.ts";
import { unpackBudget } from "./sharing-words.ts";

/** A budget and the trading key's signature; whoever sends its own needs none. */
export interface SignedBudget {
  readonly budget: SharingBudget;
  readonly signature?: CompactSignature;
}

type SharingCalls = ReturnType<typeof sharingCalls>;

/**
 * Reads and writes the sharing of communities that do not bid. What is due follows from the logs: `logs.sharing` and `sharingDue`.
 * @example
 * const sharing = new SharingClient({ address: deployment.contracts.EnergySharing, runner: wallet });
 * await sharing.scheme(community, period) // null: the community trades with an order book
 */
export class SharingClient extends MeteredModuleClient {
  /** Writes as unsigned calls. */
  readonly calls: SharingCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<SharingCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<SharingCalls>;

  constructor(options: ClientOptions) {
    super(options, EnergySharingAbi, "EnergySharing");
    this.calls = sharingCalls(this.at);
    this.send = sendsOf(this.at, this.calls);
    this.simulate = simulationsOf(this.at, this.calls);
  }

  /** The scheme in force for a period; null where none is announced. A period whose first member joined keeps it. */
  async scheme(community: CommunityIndex, period: Period): Promise<AnnouncedScheme | null> {
    const [word] = (await this.at.read("schemeFor", [community, period])).toArray() as [bigint];
    return unpackSharingScheme(word);
  }

  /** The budget that a member signed last; sequence 0 for none. */
  async budget(community: CommunityIndex, member: MemberIndex): Promise<KeptBudget> {
    const [word] = (await this.at.read("budgetOf", [community, member])).toArray() as [bigint];
    return unpackBudget(word);
  }

  /**
   * Supply and demand of each slot so far, within budgets; null where nothing is stored, as after `meterAndSettle`: then `Shared`
   * has them.
   */
  async totals(
    community: CommunityIndex,
    period: Period,
    { slotsPerPeriod }: Pick<Terms, "slotsPerPeriod">,
  ): Promise<SlotTotals[] | null> {
    const [words] = (await this.at.read("totals", [community, period])).toArray() as [readonly bigint[]];
    return words.length === 0 ? null : decodeTotals(Array.from(words), slotsPerPeriod);
  }

  /** The digest that a trading key signs, as the contract computes it; `sharingBudgetDigest` computes the same without a call. */
  async budgetDigest(budget: SharingBudget): Promise<Hex> {
    const [digest] = await this.at.read("budgetDigest", [budget.community, rawBudget({ budget })]);
    return digest as Hex;
  }
}

/** Anyone may send all of these but `announce`. */
function sharingCalls(at: Endpoint) {
  return {
    ...meteredModuleCalls(at),
    /** Coordinator, from a period on that nobody can have joined: the next one at first, later one behind the horizon. */
    announce: (
      community: CommunityIndex,
      fromPeriod: Period,
      { rule, compensation, settlementDelay }: AnnouncedScheme,
    ) => at.call("announce", [community, fromPeriod, sharingRuleNumber(rule), compensation, settlementDelay]),
    /** A bad budget is skipped and named in a log; the rest is kept. */
    keepBudgets: (community: CommunityIndex, budgets: readonly SignedBudget[]) =>
      at.call("keepBudgets", [community, budgets.map(rawBudget)]),
    /** Hands readings to settlement and counts those that it accepts: one chunk of at most `mostShared` members. */
    meter: (community: CommunityIndex, period: Period, items: readonly MeteredItem[]) =>
      at.call("meter", [community, period, items.map(rawMetered)]),
    /** Counts readings that settlement accepted before, such as those that close a gap. */
    count: (community: CommunityIndex, period: Period, items: readonly SharingItem[]) =>
      at.call("count", [community, period, items.map(rawSettle)]),
    /** Settles a chunk as a whole, once totals are frozen and the settlement delay is over. */
    settle: (community: CommunityIndex, period: Period, { chunk, items, start }: SharingChunk) =>
      at.call("settle", [community, period, items.map(rawSettle), start, chunk]),
  };
}

const NO_WORD = `0x${"00".repeat(32)}`;

/** `IEnergySharing.Budget`, in the order of its fields. */
function rawBudget({ budget, signature }: SignedBudget): readonly unknown[] {
  const { member, budget: amount, firstPeriod, lastPeriod, epoch, sequence } = budget;
  return [member, amount, firstPeriod, lastPeriod, epoch, sequence, signature?.r ?? NO_WORD, signature?.vs ?? NO_WORD];
}
