/** Client of `MeteredAuction`: announce, keep standing orders, join, meter, count and settle. */
import { MeteredAuctionAbi } from "../abi/index.js";
import type { Hex } from "../hex.ts";
import type { AuctionChunk } from "../sharing/auction-due.ts";
import type { SharingItem } from "../sharing/meter-due.ts";
import { unpackAuctionDelay } from "../sharing/scheme.ts";
import { NO_TICK } from "../sharing/standing-order.ts";
import type { StandingOrder } from "../sharing/standing-order.ts";
import type { CompactSignature } from "../signature.ts";
import type { CommunityIndex, MemberIndex, Period, Seconds } from "../units.ts";
import { sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Endpoint, Sends, Simulations } from "./endpoint.ts";
import { MeteredModuleClient, meteredModuleCalls } from "./metered-module.ts";
import { rawMetered, rawSettle } from "./settlement.ts";
import type { MeteredItem } from "./settlement.ts";
import { unpackStandingOrder } from "./sharing-words.ts";
import type { KeptOrder } from "./sharing-words.ts";

/** A standing order and the trading key's signature; whoever sends its own needs none. */
export interface SignedStandingOrder {
  readonly order: StandingOrder;
  readonly signature?: CompactSignature;
}

type MeteredCalls = ReturnType<typeof meteredCalls>;

/**
 * Reads and writes the auction of communities whose members keep a standing order. What a period will come to: `previewMeteredAuction`.
 * @example
 * const auction = new MeteredAuctionClient({ address: deployment.contracts.MeteredAuction, runner: wallet });
 * await auction.settlementDelay(community, period) // null: nothing is announced
 */
export class MeteredAuctionClient extends MeteredModuleClient {
  /** Writes as unsigned calls. */
  readonly calls: MeteredCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<MeteredCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<MeteredCalls>;

  constructor(options: ClientOptions) {
    super(options, MeteredAuctionAbi, "MeteredAuction");
    this.calls = meteredCalls(this.at);
    this.send = sendsOf(this.at, this.calls);
    this.simulate = simulationsOf(this.at, this.calls);
  }

  /** Seconds from the end of a period to its settlement; null where no auction is announced for it. */
  async settlementDelay(community: CommunityIndex, period: Period): Promise<Seconds | null> {
    const [word] = (await this.at.read("schemeFor", [community, period])).toArray() as [bigint];
    return unpackAuctionDelay(word);
  }

  /** The order that a member signed last; sequence 0 for none. */
  async order(community: CommunityIndex, member: MemberIndex): Promise<KeptOrder> {
    const [word] = (await this.at.read("orderOf", [community, member])).toArray() as [bigint];
    return unpackStandingOrder(word);
  }

  /** keccak256 of the totals so far, which `Tallied` has; null where nobody is counted. */
  async totalsHash(community: CommunityIndex, period: Period): Promise<bigint | null> {
    const [hash] = (await this.at.read("totalsHash", [community, period])).toArray() as [bigint];
    return hash === 0n ? null : hash;
  }

  /** The digest that a trading key signs, as the contract computes it; `standingOrderDigest` computes the same without a call. */
  async orderDigest(order: StandingOrder): Promise<Hex> {
    const [digest] = await this.at.read("orderDigest", [order.community, rawOrder({ order })]);
    return digest as Hex;
  }
}

/** Anyone may send all of these but `announce`. */
function meteredCalls(at: Endpoint) {
  return {
    ...meteredModuleCalls(at),
    /** Coordinator, from a period on that nobody can have joined: the next one at first, later one behind the horizon. */
    announce: (community: CommunityIndex, fromPeriod: Period, settlementDelay: Seconds) =>
      at.call("announce", [community, fromPeriod, settlementDelay]),
    /** A bad order is skipped and named in a log; the rest is kept. */
    keepOrders: (community: CommunityIndex, orders: readonly SignedStandingOrder[]) =>
      at.call("keepOrders", [community, orders.map(rawOrder)]),
    /** Hands readings to settlement and counts those that it accepts: one chunk. `start`: the latest totals, none before the first. */
    meter: (community: CommunityIndex, period: Period, items: readonly MeteredItem[], start: readonly bigint[] = []) =>
      at.call("meter", [community, period, items.map(rawMetered), start]),
    /** Counts readings that settlement accepted before, such as those that close a gap. */
    count: (community: CommunityIndex, period: Period, items: readonly SharingItem[], start: readonly bigint[] = []) =>
      at.call("count", [community, period, items.map(rawSettle), start]),
    /** Settles a chunk as a whole, once totals are frozen and the settlement delay is over. */
    settle: (community: CommunityIndex, period: Period, { chunk, items, start, frozen }: AuctionChunk) =>
      at.call("settle", [community, period, items.map(rawSettle), start, frozen, chunk]),
  };
}

const NO_WORD = `0x${"00".repeat(32)}`;

/** `IMeteredAuction.StandingOrder`, in the order of its fields. */
function rawOrder({ order, signature }: SignedStandingOrder): readonly unknown[] {
  const { member, budget, buyTick, sellTick, firstPeriod, lastPeriod, epoch, sequence } = order;
  const limits = [buyTick ?? NO_TICK, sellTick ?? NO_TICK];
  const signed = [signature?.r ?? NO_WORD, signature?.vs ?? NO_WORD];
  return [member, budget, ...limits, firstPeriod, lastPeriod, epoch, sequence, ...signed];
}
