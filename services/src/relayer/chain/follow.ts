/** Reads the chain's logs once, block by block, and again from where it was reorganised. */
import {
  type CommunityIndex,
  type Deployment,
  eventsOf,
  type LogFilter,
  type ScannedLog,
  scanLogs,
  topicsOf,
  type WattbookEvent,
} from "@wattbook/sdk";
import { toBeHex, ZeroHash } from "ethers";
import { ServiceError } from "../../errors.ts";
import type { Head, Node } from "../../chain/index.ts";
import { atOnce, type Store } from "../../store/open.ts";
import type { Anchor, Facts } from "../store/facts.ts";
import { logSourceOf } from "./runner.ts";

/** What is read, and who hears of it. */
export interface FollowOptions {
  readonly node: Node;
  readonly store: Store;
  readonly facts: Facts;
  readonly deployment: Deployment;
  readonly communities: readonly CommunityIndex[];
  /** Takes back what was concluded from blocks that are gone; within the transaction. */
  readonly rewind: (from: number) => void;
  /** Draws conclusions from events; within the transaction that says that they were read. */
  readonly apply: (events: readonly WattbookEvent[]) => void;
}

/** Events that something follows from. */
const NAMES = [
  ...(["Recorded", "StripSkipped", "SlotCleared", "Metered", "Settled", "ItemSkipped"] as const),
  ...(["Estimated", "Corrected", "RecordsVoided"] as const),
  ...(["Committed", "ChunkRevealed", "Challenged", "Answered", "BondReleased", "BondForfeited"] as const),
];

/** Most blocks of one request. */
const CHUNK = 2_000;

/** Milliseconds: a `Node` has waited by itself before it says that something failed. */
const AT_ONCE = { backoff: 1 };

/** Of a block that was never read. */
const NONE = "";

/** Follows the logs of some communities. */
export class Follower {
  readonly #options: FollowOptions;

  constructor(options: FollowOptions) {
    this.#options = options;
  }

  /** A community that was not followed before has logs in blocks that were read: then all are read again. */
  begin(): void {
    const { facts, communities } = this.#options;
    const names = [...communities].map(String).sort().join(",");
    if (facts.followed() === names) return;
    this.#rewind(0);
    facts.follow(names);
  }

  /**
   * Reads up to a block. The last blocks, which one of several nodes behind an address may not have yet, are asked for one by one, by
   * their hashes.
   * @return Whether blocks that were read before are gone.
   * @throws ServiceError NODE_DISAGREES where the node that gave the logs has another block; faults of the node
   */
  async sync(head: Head): Promise<boolean> {
    const { before, rewound } = await this.#start(head);
    const settled = Math.max(before.block, head.number - this.#options.node.lag - 1);
    let last = before;
    while (last.block < settled) last = await this.#readRange(last, Math.min(last.block + CHUNK, settled));
    while (last.block < head.number) last = await this.#readNext(last, head);
    return rewound;
  }

  async #readRange(before: Anchor, last: number): Promise<Anchor> {
    const { node } = this.#options;
    const from = before.block + 1;
    // The hash first and afterwards: where the chain changes in between, or a node took over that is behind and says "no logs"
    // of blocks that it has not, nothing counts as read.
    const hash = (await node.block(last))?.hash ?? "";
    const logs = await scanLogs(logSourceOf(node), this.#filter, { fromBlock: from, toBlock: last, ...AT_ONCE });
    if ((await node.block(last))?.hash !== hash) throw disagrees(last);
    // Where the chain changed from further back, what was concluded from blocks before is gone as well.
    if (before.hash !== NONE) {
      const first = await node.block(from);
      if (first === null || !follows(first, before)) throw disagrees(before.block);
    }
    return this.#keep(logs, { block: last, hash });
  }

  async #readNext(before: Anchor, head: Head): Promise<Anchor> {
    const { node } = this.#options;
    const number = before.block + 1;
    const block = number === head.number ? head : await node.block(number);
    if (block === null || !follows(block, before)) throw disagrees(number);
    const source = logSourceOf(node, block.hash);
    const logs = await scanLogs(source, this.#filter, { fromBlock: number, toBlock: number, ...AT_ONCE });
    // Some nodes say "no logs" also of a hash that they do not know.
    if (logs.length === 0 && (await node.block(number))?.hash !== block.hash) throw disagrees(number);
    return this.#keep(logs, { block: number, hash: block.hash });
  }

  #keep(logs: readonly ScannedLog[], anchor: Anchor): Anchor {
    const { store, apply, facts, deployment } = this.#options;
    atOnce(store, () => {
      apply(eventsOf(logs, deployment));
      facts.anchor(anchor);
    });
    return anchor;
  }

  get #filter(): LogFilter {
    const { deployment, communities } = this.#options;
    const { DoubleAuction, SealedAuction, CommitBook, PaymentEscrow, Settlement } = deployment.contracts;
    return {
      address: [DoubleAuction, SealedAuction, CommitBook, PaymentEscrow, Settlement],
      topics: [topicsOf(...NAMES), communities.map((community) => toBeHex(community, 32))],
    };
  }

  /** The newest block that was read and is part of the chain, as far as the node knows it; else the one before the deployment. */
  async #start(head: Head): Promise<{ before: Anchor; rewound: boolean }> {
    const { node, facts, deployment } = this.#options;
    let rewound = false;
    const anchors = facts.anchors();
    const [newest] = anchors;
    // One of several nodes behind an address that is some blocks behind takes nothing back: what was posted stays posted.
    const isBehind = newest !== undefined && newest.block > head.number;
    if (isBehind && anchors.some(({ block, hash }) => block === head.number && hash === head.hash)) {
      return { before: newest, rewound };
    }
    for (const anchor of anchors) {
      const { block, hash } = anchor;
      const found = block > head.number ? null : block === head.number ? head : await node.block(block);
      if (found?.hash === hash) {
        if (rewound) this.#rewind(block + 1);
        return { before: anchor, rewound };
      }
      rewound = true;
    }
    if (rewound) this.#rewind(0);
    return { before: { block: deployment.fromBlock - 1, hash: NONE }, rewound };
  }

  #rewind(from: number): void {
    atOnce(this.#options.store, () => {
      this.#options.facts.rewind(from);
      this.#options.rewind(from);
    });
  }
}

/** Development nodes make up some blocks only once they are asked for, and name no block before those. */
function follows({ parent }: Head, { hash }: Anchor): boolean {
  return hash === NONE || parent === hash || parent === ZeroHash;
}

function disagrees(block: number): ServiceError {
  const found = `Block ${block} was another one, or none, once its logs were read`;
  return new ServiceError("NODE_DISAGREES", `${found}. It is read again; name other nodes if this goes on.`);
}
