/** What clients of both order books have in common: books, results, context, positions. */
import type { InterfaceAbi, Result } from "ethers";
import { OrderBookLensAbi } from "../abi/index.js";
import type { Book, Clearing } from "../clearing.ts";
import { encodeEntries } from "../entry.ts";
import { RunnerError } from "../errors.ts";
import type { Address, Hex } from "../hex.ts";
import type { ModuleAnswer } from "../market-module.ts";
import type { SignedStrip } from "../packed-strips.ts";
import { decodePosition } from "../position.ts";
import type { CompactSignature } from "../signature.ts";
import type { Strip } from "../strip.ts";
import type { Domain } from "../typed-data.ts";
import { asAmount, asLots, asTick } from "../units.ts";
import type { CommunityIndex, Period, Slot } from "../units.ts";
import { readDomain } from "./domain.ts";
import { Endpoint } from "./endpoint.ts";
import type { ClientOptions } from "./endpoint.ts";
import type { JournalKey } from "./escrow.ts";

/** How a client reaches its order book. */
export interface OrderBookOptions extends ClientOptions {
  /** Address of `OrderBookLens`: `book`, `result` and `stripDigest` ask it. */
  readonly lens?: Address;
}

/** Reads an order book, open or sealed. */
export abstract class OrderBookClient {
  /** The order book's functions. */
  protected readonly at: Endpoint;

  readonly #lens: Endpoint | undefined;

  protected constructor({ lens, ...options }: OrderBookOptions, abi: InterfaceAbi, name: string) {
    this.at = new Endpoint(options, abi, name);
    if (lens === undefined) return;
    this.#lens = new Endpoint({ address: lens, runner: options.runner }, OrderBookLensAbi, "OrderBookLens");
  }

  get address(): Address {
    return this.at.address;
  }

  /** Lots per tick of a slot, while the book keeps it. */
  async book(community: CommunityIndex, slot: Slot): Promise<Book> {
    const [bids, asks] = (await this.#look("book", [community, slot])).toArray() as [bigint[], bigint[]];
    return { bids: Array.from(bids, (lots) => asLots(lots)), asks: Array.from(asks, (lots) => asLots(lots)) };
  }

  /** The result of a slot: null for no trade, undefined where it did not clear. */
  async result(community: CommunityIndex, slot: Slot): Promise<Clearing | null | undefined> {
    const result = await this.#look("result", [community, slot]);
    const { cleared, marginalTick, priceTick, lots, side, allotment, volume } =
      result.toObject() as unknown as RawResult;
    if (!cleared) return undefined;
    if (lots === 0n) return null;
    return {
      marginalTick: asTick(marginalTick),
      priceTick: asTick(priceTick),
      lots: asLots(lots),
      rationed:
        volume === 0n
          ? null
          : { side: side === 0n ? "buy" : "sell", allotment: asLots(allotment), volume: asLots(volume) },
    };
  }

  /**
   * What settlement reads once per batch and hands to `positionOf`: words that mean something to the order book alone.
   */
  async context(community: CommunityIndex, period: Period): Promise<bigint[]> {
    const [words] = await this.at.read("contextOf", [community, period]);
    return Array.from(words as readonly bigint[]);
  }

  /**
   * What a member's records became, as the contract computes it; null while a slot waits to be cleared. The pure
   * `positionOf` computes the same from journals and results.
   * @param payloads Of the member's records with the order book, oldest first.
   */
  async positionOf(
    { community, member, period }: JournalKey,
    context: readonly bigint[],
    payloads: readonly Hex[],
  ): Promise<ModuleAnswer | null> {
    const answer = await this.at.read("positionOf", [community, member, period, context, payloads]);
    const [ready, paid, received, position] = answer.toArray() as [boolean, bigint, bigint, Hex];
    if (!ready) return null;
    return { paid: asAmount(paid), received: asAmount(received), position: decodePosition(position) };
  }

  /** The digest that a trading key signs, as the contract computes it; `stripDigest` computes the same without a call. */
  async stripDigest(strip: Strip): Promise<Hex> {
    const raw = rawStrip({ strip, signature: NO_SIGNATURE });
    const [digest] = await this.#look("stripDigest", [strip.community, strip.period, raw]);
    return digest as Hex;
  }

  /** A word of the order book's storage: what the lens makes books and results of. */
  async extsload(slot: Hex): Promise<Hex> {
    const [word] = await this.at.read("extsload", [slot]);
    return word as Hex;
  }

  /** The EIP-712 domain separator of strips; `domain` has what it is made of. */
  async domainSeparator(): Promise<Hex> {
    const [separator] = await this.at.read("domainSeparator", []);
    return separator as Hex;
  }

  /** Where strips count (EIP-5267). */
  async domain(): Promise<Domain> {
    return readDomain(this.at);
  }

  /** The registry of this deployment. */
  async registry(): Promise<Address> {
    return this.addressOf("registry");
  }

  /** The escrow of this deployment. */
  async escrow(): Promise<Address> {
    return this.addressOf("escrow");
  }

  /** What the lens makes of the order book's storage. */
  async #look(view: string, args: readonly unknown[]): Promise<Result> {
    if (this.#lens === undefined) {
      throw new RunnerError("look at books and results", "the address of OrderBookLens, `lens`, among its options");
    }
    return this.#lens.read(view, [this.address, ...args]);
  }

  /** What a view of an address answers. */
  protected async addressOf(name: string): Promise<Address> {
    const [value] = await this.at.read(name, []);
    return value as Address;
  }
}

interface RawResult {
  readonly cleared: boolean;
  readonly marginalTick: bigint;
  readonly priceTick: bigint;
  readonly lots: bigint;
  readonly side: bigint;
  readonly allotment: bigint;
  readonly volume: bigint;
}

/** Calls of both order books. */
export function orderBookCalls(at: Endpoint) {
  return {
    /** Trading key or owner, its own strip: any part that fails reverts. Needs no signature. */
    place: (strip: Strip) =>
      at.call("place", [strip.community, strip.period, rawStrip({ strip, signature: NO_SIGNATURE })]),
    /** Anyone, after the gates; in a sealed community once nothing is left to reveal. Slots without orders and slots already clear are passed over. */
    clear: (community: CommunityIndex, slots: readonly Slot[]) => at.call("clear", [community, slots]),
  };
}

const NO_WORD = `0x${"00".repeat(32)}`;
const NO_SIGNATURE: CompactSignature = { r: NO_WORD, vs: NO_WORD };

/** `IOrderBook.Strip`, in the order of its fields. */
function rawStrip({ strip, signature: { r, vs } }: SignedStrip): readonly unknown[] {
  const { member, after, epoch, deadline, maxReserve, feePerEntry, feeTo, entries } = strip;
  return [member, after, epoch, deadline, maxReserve, feePerEntry, feeTo, encodeEntries(entries), r, vs];
}
