/** Reads the chain's logs once, block by block, and again from where it was reorganised. */
import { type CommunityIndex, type Deployment, eventsOf, scanLogs, topicsOf, type WattbookEvent } from "@wattbook/sdk";
import { toBeHex } from "ethers";
import { ServiceError } from "../../errors.ts";
import type { Head, Node } from "../../chain/index.ts";
import { atOnce, type Store } from "../../store/open.ts";
import type { Facts } from "../store/facts.ts";
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
   * Reads up to a block.
   * @return Whether blocks that were read before are gone.
   * @throws ServiceError NODE_DISAGREES where the node that gave the logs has another block; faults of the node
   */
  async sync(head: Head): Promise<boolean> {
    const { node, deployment, communities } = this.#options;
    const { next, rewound } = await this.#start(head);
    const { DoubleAuction, SealedAuction, CommitBook, PaymentEscrow, Settlement } = deployment.contracts;
    const filter = {
      address: [DoubleAuction, SealedAuction, CommitBook, PaymentEscrow, Settlement],
      topics: [topicsOf(...NAMES), communities.map((community) => toBeHex(community, 32))],
    };
    const source = logSourceOf(node);
    for (let from = next; from <= head.number; from += CHUNK) {
      const last = Math.min(from + CHUNK - 1, head.number);
      // The hash first and afterwards: where the chain changes in between, or a node took over that is behind and says "no logs"
      // of blocks that it has not, nothing counts as read.
      const hash = (last === head.number ? head : await node.block(last))?.hash ?? "";
      const logs = await scanLogs(source, filter, { fromBlock: from, toBlock: last });
      if ((await node.block(last))?.hash !== hash) throw disagrees(last);
      atOnce(this.#options.store, () => {
        this.#options.apply(eventsOf(logs, deployment));
        this.#options.facts.anchor({ block: last, hash });
      });
    }
    return rewound;
  }

  /** The first block to read: behind the newest one that is still part of the chain. */
  async #start(head: Head): Promise<{ next: number; rewound: boolean }> {
    const { node, facts, deployment } = this.#options;
    const anchors = facts.anchors();
    let rewound = false;
    for (const { block, hash } of anchors) {
      const found = block > head.number ? null : block === head.number ? head : await node.block(block);
      if (found?.hash === hash) {
        if (rewound) this.#rewind(block + 1);
        return { next: block + 1, rewound };
      }
      rewound = true;
    }
    if (rewound) this.#rewind(0);
    return { next: deployment.fromBlock, rewound };
  }

  #rewind(from: number): void {
    atOnce(this.#options.store, () => {
      this.#options.facts.rewind(from);
      this.#options.rewind(from);
    });
  }
}

function disagrees(block: number): ServiceError {
  const found = `Block ${block} was another one, or none, once its logs were read`;
  return new ServiceError("NODE_DISAGREES", `${found}. It is read again; name other nodes if this goes on.`);
}
