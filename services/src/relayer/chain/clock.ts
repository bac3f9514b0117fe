/** The time of the chain: block times, and what has passed since the latest block was seen. The machine's own date is of no matter. */
import { asSeconds, type Seconds } from "@wattbook/sdk";
import type { Head } from "../../chain/index.ts";

/** Tells the time that the next block will have at least. */
export class ChainClock {
  #time = 0;
  #seen = performance.now();
  #block = "";

  /** Hears of the latest block. */
  see({ time, hash }: Head): void {
    if (hash === this.#block) return;
    this.#time = time;
    this.#seen = performance.now();
    this.#block = hash;
  }

  /** Unix seconds. */
  now(): Seconds {
    return asSeconds(BigInt(this.#time + Math.floor((performance.now() - this.#seen) / 1_000)));
  }
}
