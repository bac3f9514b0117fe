/** What a relayer has in a sealed community, asked once per block: the bond that a commit takes, its own money for that, its name. */
import type { Amount, Bond, EscrowClient, RegistryClient } from "@wattbook/sdk";
import type { CommunityView } from "../chain/view.ts";

/** A relayer in a community. */
export interface Standing extends Bond {
  /** What a commit locks, base units. */
  readonly bond: Amount;
  /** Whether the coordinator named the relayer. */
  readonly named: boolean;
}

/** Asks for a relayer's standing. */
export class Standings {
  readonly #view: CommunityView;
  readonly #account: string;
  readonly #registry: RegistryClient;
  readonly #escrow: EscrowClient;
  #block = -1;
  #answer: Promise<Standing> | undefined;
  #last: Standing | undefined;

  constructor(view: CommunityView, account: string, registry: RegistryClient, escrow: EscrowClient) {
    this.#view = view;
    this.#account = account;
    this.#registry = registry;
    this.#escrow = escrow;
  }

  /** The latest answer, for whoever cannot wait. */
  get last(): Standing | undefined {
    return this.#last;
  }

  /** @throws Faults of the node; the next question asks again */
  async get(): Promise<Standing> {
    if (this.#answer === undefined || this.#block !== this.#view.block) {
      this.#block = this.#view.block;
      const answer = this.#ask();
      this.#answer = answer;
      answer.catch(() => {
        if (this.#answer === answer) this.#answer = undefined;
      });
    }
    return this.#answer;
  }

  async #ask(): Promise<Standing> {
    const { community } = this.#view;
    const [bond, named, held] = await Promise.all([
      this.#registry.bondOf(community),
      this.#registry.isNamedRelayer(community, this.#account),
      this.#escrow.bond(community, this.#account),
    ]);
    this.#last = { ...held, bond, named };
    return this.#last;
  }
}

/** How many more commits a relayer's bond covers. */
export function commitsCovered({ bond, balance, locked }: Standing): bigint {
  // A community may ask for no bond.
  return bond === 0n ? 2n ** 32n : (balance - locked) / bond;
}
