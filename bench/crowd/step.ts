/** What a step of a period took: transactions, gas and time in the node. */
import type { Market, Receipt } from "../gas/market.ts";

export interface Step {
  readonly name: string;
  readonly transactions: number;
  readonly gas: bigint;
  /** Gas of the transaction that took most. */
  readonly largest: bigint;
  /** Wall clock in the node, signing aside. */
  readonly seconds: number;
}

/** Adds up the transactions of one step. */
export class Tally {
  readonly #name: string;
  readonly #gas: bigint[] = [];
  #seconds = 0;

  constructor(name: string) {
    this.#name = name;
  }

  /** Counts the call that was just mined. */
  add({ lastSeconds }: Pick<Market, "lastSeconds">, receipt: Receipt): Receipt {
    this.#gas.push(receipt.gasUsed);
    this.#seconds += lastSeconds();
    return receipt;
  }

  done(): Step {
    return {
      name: this.#name,
      transactions: this.#gas.length,
      gas: this.#gas.reduce((sum, gas) => sum + gas, 0n),
      largest: this.#gas.reduce((most, gas) => (gas > most ? gas : most), 0n),
      seconds: this.#seconds,
    };
  }
}
