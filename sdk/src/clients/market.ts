/** Client of `DoubleAuction`: post strips, clear slots, look at books and results. */
import { DoubleAuctionAbi } from "../abi/index.js";
import { batchOf, packStrips } from "../packed-strips.ts";
import type { SignedStrip } from "../packed-strips.ts";
import type { CommunityIndex, Period } from "../units.ts";
import { sendsOf, simulationsOf } from "./endpoint.ts";
import type { Endpoint, Sends, Simulations } from "./endpoint.ts";
import { OrderBookClient, orderBookCalls } from "./order-book.ts";
import type { OrderBookOptions } from "./order-book.ts";

type MarketCalls = ReturnType<typeof marketCalls>;

/**
 * Reads and writes the order book of open communities.
 * @example
 * const { DoubleAuction: address, OrderBookLens: lens } = deployment.contracts;
 * const market = new MarketClient({ address, lens, runner: wallet });
 * await market.send.post(community, period, [{ strip, signature }]);
 */
export class MarketClient extends OrderBookClient {
  /** Writes as unsigned calls. */
  readonly calls: MarketCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<MarketCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<MarketCalls>;

  constructor(options: OrderBookOptions) {
    super(options, DoubleAuctionAbi, "DoubleAuction");
    this.calls = marketCalls(this.at);
    this.send = sendsOf(this.at, this.calls);
    this.simulate = simulationsOf(this.at, this.calls);
  }
}

function marketCalls(at: Endpoint) {
  return {
    ...orderBookCalls(at),
    /**
     * Anyone: strips of one period, all signed for the same `feeTo`. A bad one is skipped and named in a log; the rest
     * goes through. Strips of one member stand in the order in which they cover slots.
     * @throws EmptyBatchError
     * @throws MixedStripsError
     */
    post: (community: CommunityIndex, period: Period, strips: readonly SignedStrip[]) =>
      at.call("post", [community, period, batchOf(strips).feeTo, packStrips(strips)]),
  };
}
