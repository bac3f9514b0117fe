/** Client of `CommitBook`: commits of relayers, challenges and answers. */
import { CommitBookAbi } from "../abi/index.js";
import type { ChunkContext } from "../chunk.ts";
import type { ChunkAnswer, SealedCommit, ShownChunk } from "../commit.ts";
import type { Address, Hex } from "../hex.ts";
import type { JournalRecord } from "../journal.ts";
import { packHead } from "../journal.ts";
import { packStrip } from "../packed-strips.ts";
import type { SignedStrip } from "../packed-strips.ts";
import type { Receipt } from "../receipt.ts";
import { COMMIT_PLACES } from "../sealed.ts";
import type { CompactSignature } from "../signature.ts";
import type { Domain } from "../typed-data.ts";
import type { CommunityIndex, Period } from "../units.ts";
import { unpackCommit } from "./commit-word.ts";
import type { CommitInfo } from "./commit-word.ts";
import { readDomain } from "./domain.ts";
import { Endpoint, sendsOf, simulationsOf } from "./endpoint.ts";
import type { ClientOptions, Sends, Simulations } from "./endpoint.ts";

type CommitBookCalls = ReturnType<typeof commitBookCalls>;

/**
 * Reads and writes the commits of sealed communities. Chunks are revealed with `SealedMarketClient`.
 * @example
 * const commits = new CommitBookClient({ address: deployment.contracts.CommitBook, runner: wallet });
 * await commits.turn(community, period) // undefined: nobody's
 */
export class CommitBookClient {
  /** Writes as unsigned calls. */
  readonly calls: CommitBookCalls;
  /** Writes as transactions of the runner. */
  readonly send: Sends<CommitBookCalls>;
  /** Writes tried on the latest block without sending: a refusal throws `ContractRevertError`. */
  readonly simulate: Simulations<CommitBookCalls>;
  readonly #at: Endpoint;

  constructor(options: ClientOptions) {
    this.#at = new Endpoint(options, CommitBookAbi, "CommitBook");
    this.calls = commitBookCalls(this.#at);
    this.send = sendsOf(this.#at, this.calls);
    this.simulate = simulationsOf(this.#at, this.calls);
  }

  get address(): Address {
    return this.#at.address;
  }

  /** The commit at a place of a period; null where there is none. */
  async commit(community: CommunityIndex, period: Period, place: bigint): Promise<CommitInfo | null> {
    const [word, root] = (await this.#at.read("commitAt", [community, period, place])).toArray() as [bigint, Hex];
    return unpackCommit(word, root);
  }

  /** Whose turn to reveal it is, or will be at the gate: a place; undefined for nobody's. */
  async turn(community: CommunityIndex, period: Period): Promise<bigint | undefined> {
    const [place] = (await this.#at.read("turnOf", [community, period])).toArray() as [bigint];
    return place === BigInt(COMMIT_PLACES) ? undefined : place;
  }

  /** Whether the gate has passed and nothing can be revealed any more, so that the period may clear. */
  async isResolved(community: CommunityIndex, period: Period): Promise<boolean> {
    const [resolved] = await this.#at.read("isResolved", [community, period]);
    return resolved as boolean;
  }

  /** The digest that a relayer signs, as the contract computes it; the pure `receiptDigest` computes the same without a call. */
  async receiptDigest({ community, period, strip }: Receipt): Promise<Hex> {
    const [digest] = await this.#at.read("receiptDigest", [community, period, strip]);
    return digest as Hex;
  }

  /** Where receipts count (EIP-5267). */
  async domain(): Promise<Domain> {
    return readDomain(this.#at);
  }

  /** The registry of this deployment. */
  async registry(): Promise<Address> {
    return this.#address("registry");
  }

  /** The escrow of this deployment, where relayers post their bonds. */
  async escrow(): Promise<Address> {
    return this.#address("escrow");
  }

  /** The sealed auction of this deployment. */
  async auction(): Promise<Address> {
    return this.#address("auction");
  }

  async #address(name: string): Promise<Address> {
    const [value] = await this.#at.read(name, []);
    return value as Address;
  }
}

/** A member's case against a relayer. */
export interface ReceiptClaim {
  /** The strip as it was handed over. */
  readonly signed: SignedStrip;
  /** The relayer's signature of the receipt for it. */
  readonly receipt: CompactSignature;
  /** All records of the member's journal of the period, oldest first. */
  readonly records: readonly JournalRecord[];
}

function commitBookCalls(at: Endpoint) {
  return {
    /** Relayer, before the gate: takes the bond out of what it posted in the escrow. See `buildCommit`. */
    commit: ({ community, period, root, chunks, strips }: SealedCommit) =>
      at.call("commit", [community, period, root, chunks.length, strips]),
    /** The sealed auction only, as it takes a chunk. */
    noteReveal: ({ community, period }: ChunkContext, place: bigint, { hash, strips, before, rest }: ShownChunk) =>
      at.call("noteReveal", [community, period, place, hash, strips, before, rest]),
    /** Anyone with a receipt, from the last turn's end to the period's: for a strip that the member's journal does not hold. */
    challenge: (place: bigint, { signed, receipt, records }: ReceiptClaim) => {
      const { community, period, feeTo } = signed.strip;
      const raw = records.map(({ head, digest, payload }) => [packHead(head), digest, payload]);
      return at.call("challenge", [community, period, place, feeTo, packStrip(signed), receipt.r, receipt.vs, raw]);
    },
    /** Anyone who has the chunk, up to a period after the commit's. See `answerTo`. */
    answer: (
      { community, period }: ChunkContext,
      place: bigint,
      { strip, bytes, stripIndex, before, rest }: ChunkAnswer,
    ) => at.call("answer", [community, period, place, strip, bytes, stripIndex, before, rest]),
    /** Anyone: releases or forfeits the bond of a commit, once it is due. */
    finish: (community: CommunityIndex, period: Period, place: bigint) => at.call("finish", [community, period, place]),
  };
}
