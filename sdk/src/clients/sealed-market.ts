/** Client of `SealedAuction`: reveal chunks, place own strips before the gate, clear, look at books and results. */
import { SealedAuctionAbi } from "../abi/index.js";
import type { ChunkContext } from "../chunk.ts";
import type { ShownChunk } from "../commit.ts";
import type { Address } from "../hex.ts";
import { sendsOf, simulationsOf } from "./endpoint.ts";
import type { Endpoint, Sends, Simulations } from "./endpoint.ts";
import { OrderBookClient, orderBookCalls } from "./order-book.ts";
import type { OrderBookOptions } from "./order-book.ts";

type SealedMarketCalls = ReturnType<typeof sealedMarketCalls>;

/**
 * Reads and writes the order book of sealed communities. Relayers commit with `CommitBookClient`.
 * @example
 * const { SealedAuction: address, OrderBookLens: lens } = deployment.contracts;
 * const sealedMarket = new SealedMarketClient({ address, lens, runner: wallet });
 * await sealedMarket.commitBook() // deployment.contracts.CommitBook
 */
export class SealedMarketClient extends OrderBookClient {
  /** Writes as unsigned calls. */
  readonly calls: SealedMarketCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<SealedMarketCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<SealedMarketCalls>;

  constructor(options: OrderBookOptions) {
    super(options, SealedAuctionAbi, "SealedAuction");
    this.calls = sealedMarketCalls(this.at);
    this.send = sendsOf(this.at, this.calls);
    this.simulate = simulationsOf(this.at, this.calls);
  }

  /** Where relayers commit. */
  async commitBook(): Promise<Address> {
    return this.addressOf("commitBook");
  }

  /** Who moves relayers' bonds: the commit book. */
  async bondKeeper(): Promise<Address> {
    return this.addressOf("bondKeeper");
  }
}

function sealedMarketCalls(at: Endpoint) {
  return {
    ...orderBookCalls(at),
    /**
     * Anyone who has the chunk, in the turn of its commit: its strips are accepted or skipped, each on its own.
     * @param place Of the commit among those of the period.
     * @param chunk See `chunkAt`.
     * @param clears Whether to clear the period in the same call if nothing is left to reveal.
     */
    reveal: ({ community, period }: ChunkContext, place: bigint, chunk: ShownChunk, clears: boolean) =>
      at.call("reveal", [community, period, place, chunk.bytes, chunk.before, chunk.rest, clears]),
  };
}
