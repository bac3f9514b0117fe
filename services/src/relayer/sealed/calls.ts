/** Calls of the sealed market: each is on disk before the sender has it, and none is made twice while it is under way. */
import { isWattbookError, type UnsignedCall } from "@wattbook/sdk";
import type { Node, Sender } from "../../chain/index.ts";
import { atOnce, type Store } from "../../store/open.ts";
import { estimated, MOST_GAS } from "../post/fit.ts";
import type { Batch, Batches, SealedKind } from "../store/batches.ts";

/** What calls need. */
export interface CallParts {
  readonly node: Node;
  readonly account: string;
  readonly store: Store;
  readonly sender: Sender;
  readonly batches: Batches;
  /** A call is on disk. */
  readonly planned: (key: string) => void;
  /** Told of what cannot be sent at the moment. */
  readonly late: (subject: string, reason: string) => void;
}

/** What a call is for. */
export interface Purpose {
  readonly kind: SealedKind;
  readonly community: number;
  readonly period: number;
  /** A chunk's index, a strip's name, a place, a slot. */
  readonly of?: string | number;
  /** Unix seconds from which on it is of no use. */
  readonly expires: number;
}

/** Gas above an estimate and an eighth: others' commits may come in before, and each is looked at. */
const MORE_GAS = 50_000n;

/** Unix seconds that no chain reaches. */
export const NEVER = 2 ** 40;

/** Keeps calls. */
export class Calls {
  readonly #parts: CallParts;
  /** Block at which a call was refused: it is tried again at the next one. */
  readonly #refused = new Map<string, string>();
  #block = "";

  constructor(parts: CallParts) {
    this.#parts = parts;
  }

  /** There is a new block. */
  look(block: string): void {
    this.#block = block;
    for (const [subject, at] of this.#refused) if (at !== block) this.#refused.delete(subject);
  }

  /** Whether a call for this is under way, or was refused in this block already. */
  isBusy(purpose: Omit<Purpose, "expires">): boolean {
    const subject = subjectOf(purpose);
    return this.#refused.has(subject) || this.#parts.batches.isOpen(`${subject}:`);
  }

  /**
   * Keeps a call that the chain would take now. @return Whether it would.
   * @throws Faults of the node
   */
  async try(purpose: Purpose, ...calls: readonly UnsignedCall[]): Promise<boolean> {
    try {
      for (const [index, call] of calls.entries()) {
        const gas = await estimated(this.#parts.node, this.#parts.account, call);
        if (gas === null && index < calls.length - 1) continue;
        this.keep(purpose, call, gas === null ? MOST_GAS : (gas * 9n) / 8n + MORE_GAS);
        return true;
      }
      return false;
    } catch (error) {
      if (!isWattbookError(error, "CONTRACT_REVERTED")) throw error;
      const subject = subjectOf(purpose);
      this.#refused.set(subject, this.#block);
      this.#parts.late(subject, error.message);
      return false;
    }
  }

  /** Keeps a call. @param gas Limit. */
  keep(purpose: Purpose, { to, data }: UnsignedCall, gas: bigint): void {
    const { batches, sender, store, planned } = this.#parts;
    const subject = subjectOf(purpose);
    let tries = 1;
    while (batches.has(`${subject}:${tries}`) || sender.job(`${subject}:${tries}`) !== undefined) tries++;
    const { kind, community, period, expires } = purpose;
    const key = `${subject}:${tries}`;
    const limit = String(gas < MOST_GAS ? gas : MOST_GAS);
    const batch: Batch = { key, kind, community, period, target: to, data, gas: limit, expires };
    atOnce(store, () => {
      batches.add(batch, []);
    });
    planned(key);
  }
}

function subjectOf({ kind, community, period, of }: Omit<Purpose, "expires">): string {
  return `${kind}:${community}:${period}${of === undefined ? "" : `:${of}`}`;
}
