/** Nodes that are behind, or on another chain: what the doors to them answer. */
import type { CommunityWorld } from "../relayer/world.ts";
import type { Fault, SeenCall } from "../support/door.ts";
import { lateAnswer } from "../support/late-node.ts";
import type { Chance } from "./chance.ts";

/** What can be wrong with a node for a round, and in how many of a thousand rounds it is. */
const KINDS = {
  "node behind": 20,
  "one of two nodes behind": 30,
  "node far behind": 10,
  "node on another chain": 15,
} as const;
type TroubleKind = keyof typeof KINDS;

/** Blocks that a node is behind that catches up: more than any is trusted with. */
const FAR_BEHIND = 12;
/** Blocks that a node is trusted to be behind. */
const FEW = 3;
/** A chain that nobody asked for. */
const OTHER_CHAIN: Fault = { result: "0x539" };

interface Trouble {
  readonly kind: TroubleKind;
  /** Blocks. */
  readonly behind: number;
}

/** The nodes behind all doors, for one round after the other. */
export class NodeTroubles {
  readonly #world: CommunityWorld;
  readonly #chance: Chance;
  readonly #troubles = new Map<number, Trouble>();
  /** Doors that have said in this round that they are on another chain. */
  readonly #foreign = new Set<number>();
  /** What no part may do. */
  readonly errors: string[] = [];
  #round = 0;
  #base = 0;

  constructor(world: CommunityWorld, chance: Chance) {
    this.#world = world;
    this.#chance = chance;
  }

  /** Nothing is wrong with any node. */
  clear(): void {
    this.#troubles.clear();
    this.#foreign.clear();
  }

  /**
   * Draws what is wrong with the node behind a door in a round.
   * @param name Whose door it is. @param runs Who has just started has not seen a newer block than that of a node far behind.
   */
  draw(door: number, round: number, name: string, runs: boolean): TroubleKind | undefined {
    this.#round = round;
    const drawn = (Object.keys(KINDS) as TroubleKind[]).find((kind) => {
      return (runs || kind !== "node far behind") && this.#chance.happens(KINDS[kind], kind, name, round);
    });
    if (drawn === undefined) return undefined;
    const few = 1 + this.#chance.draw(FEW, "blocks behind", name, round);
    this.#troubles.set(door, { kind: drawn, behind: drawn === "node far behind" ? FAR_BEHIND : few });
    return drawn;
  }

  /** The round has begun. The clock of this world runs in steps of minutes: what is a little behind has the block of this round. */
  async begin(): Promise<void> {
    this.#base = await this.#height();
  }

  /** What a node with a trouble answers; undefined where there is none. @param turn How often the same was asked in this round */
  async answer(door: number, call: SeenCall, turn: number): Promise<Fault | undefined> {
    const trouble = this.#troubles.get(door);
    if (trouble === undefined) return undefined;
    const { kind, behind } = trouble;
    if (kind === "node on another chain") return this.#otherChain(door, call);
    const labels = ["in turn", door, JSON.stringify(call), this.#round, turn];
    if (kind === "one of two nodes behind" && this.#chance.happens(500, ...labels)) return undefined;
    const height = await this.#height();
    const newest = Math.max(kind === "node far behind" ? 0 : this.#base, height - behind);
    return lateAnswer((method, ...params) => this.#world.ask(method, ...params), newest, call);
  }

  /** Its connections are lost; who connects anew and does not ask for the chain, or goes on in spite of it, has erred. */
  #otherChain(door: number, { method }: SeenCall): Fault {
    if (method === "eth_chainId") {
      this.#foreign.add(door);
      return OTHER_CHAIN;
    }
    if (this.#foreign.has(door)) this.errors.push(`${method} was asked of another chain in round ${this.#round}`);
    return "reset";
  }

  async #height(): Promise<number> {
    return Number(await this.#world.ask("eth_blockNumber"));
  }
}
