/**
 * Which words of the chain's storage a reveal finds used. A new word costs four times as much as a used one, and a word that held something
 * once never is new again: so what is learnt here holds at every later reveal, whatever others do until then.
 */
import { type Deployment, type Entry, ringLength, type Strip, type Terms, type UsedWords } from "@wattbook/sdk";
import { id } from "ethers";
import type { Node } from "../../chain/index.ts";
import { bookRing } from "../strips/busy.ts";

/** Blocks that lie on a word before it counts as used: a node may still take back younger ones. */
const DEPTH = 32;
/** Questions on their way at the same time. */
const AT_ONCE = 16;

/** Where areas of storage start, see `contracts/libraries/Words.sol`. */
const areaOf = (name: string): bigint => (BigInt(id(name)) >> 128n) << 128n;
const BOOKS = areaOf("wattbook.auction.books");
const JOURNALS = areaOf("wattbook.escrow.journals");

/** Tick words of one side. */
export function wordsPerSide({ tickCount, wideTicks }: Pick<Terms, "tickCount" | "wideTicks">): number {
  return Number(tickCount) / ticksPerWord({ wideTicks });
}

export function ticksPerWord({ wideTicks }: Pick<Terms, "wideTicks">): number {
  return wideTicks ? 8 : 16;
}

/** A word of a contract. */
interface Place {
  readonly contract: string;
  readonly at: bigint;
}

/** What is known of one community's words. */
export class KnownWords implements UsedWords {
  readonly #node: Node;
  readonly #contracts: Deployment["contracts"];
  readonly #terms: Terms;
  readonly #used = new Set<string>();

  constructor(node: Node, { contracts }: Pick<Deployment, "contracts">, terms: Terms) {
    this.#node = node;
    this.#contracts = contracts;
    this.#terms = terms;
  }

  hasJournal(strip: Strip): boolean {
    return this.#used.has(keyOf(this.#journalOf(strip)));
  }

  hasTicks(strip: Strip, offset: bigint, side: Entry["side"], index: number): boolean {
    return this.#used.has(keyOf(this.#ticksOf(strip, offset, side, index)));
  }

  /** Asks about the words of some strips that are not known to be used. @throws Faults of the node; what it said before stays */
  async learn(strips: readonly Strip[]): Promise<void> {
    const unknown = new Map<string, Place>();
    for (const place of strips.flatMap((strip) => this.#placesOf(strip))) {
      if (!this.#used.has(keyOf(place))) unknown.set(keyOf(place), place);
    }
    const { number } = await this.#node.head();
    const block = `0x${Math.max(0, number - DEPTH).toString(16)}`;
    const places = [...unknown.values()];
    for (let from = 0; from < places.length; from += AT_ONCE) {
      await Promise.all(places.slice(from, from + AT_ONCE).map((place) => this.#look(place, block)));
    }
  }

  async #look(place: Place, block: string): Promise<void> {
    const at = `0x${place.at.toString(16).padStart(64, "0")}`;
    const word = await this.#node.ask("eth_getStorageAt", [place.contract, at, block]);
    if (typeof word === "string" && /[1-9a-f]/i.test(word.slice(2))) this.#used.add(keyOf(place));
  }

  #placesOf(strip: Strip): Place[] {
    const ticks = strip.entries.map(({ offset, side, tick }) =>
      this.#ticksOf(strip, offset, side, Math.floor(Number(tick) / ticksPerWord(this.#terms))),
    );
    return [this.#journalOf(strip), ...ticks];
  }

  /** See `PaymentEscrow`: community 32, member 32, place in the ring 8. */
  #journalOf({ community, member, period }: Strip): Place {
    const at = JOURNALS | (((community << 32n) | member) << 8n) | (period % ringLength(this.#terms));
    return { contract: this.#contracts.PaymentEscrow, at };
  }

  /** See `contracts/libraries/Book.sol`: of a slot's 64 words the first is not its own, then come bids, then asks. */
  #ticksOf({ community, period }: Strip, offset: bigint, side: Entry["side"], index: number): Place {
    const { slotsPerPeriod } = this.#terms;
    const slot = (period * slotsPerPeriod + offset) % (bookRing(this.#terms) * slotsPerPeriod);
    const word = 1 + index + (side === "sell" ? wordsPerSide(this.#terms) : 0);
    return { contract: this.#contracts.SealedAuction, at: BOOKS | (community << 24n) | (slot << 6n) | BigInt(word) };
  }
}

function keyOf({ contract, at }: Place): string {
  return `${contract}:${at.toString(36)}`;
}
