/** The gateway's own clock, and what shows that it was wrong: a step of it, and blocks of the chain that are ahead of it. */
import { asSeconds } from "@wattbook/sdk/pure";
import type { Seconds } from "@wattbook/sdk/pure";
import type { Clock, SteadyClock } from "./clock.ts";

/**
 * Keeps the time as an origin: the unix time at which the steady clock showed 0. It stays the same while the own clock
 * goes on, and changes by as much as that is set.
 */
export class Timekeeper {
  readonly #clock: Clock;
  readonly #steady: SteadyClock;
  #chain: bigint | undefined;

  /** @param steady Left out where the clock is a simulation's, which nobody sets. */
  constructor(clock: Clock, steady: SteadyClock = { boot: "simulated", now: clock }) {
    this.#clock = clock;
    this.#steady = steady;
  }

  /** The own clock. */
  get now(): Seconds {
    return this.#clock();
  }

  /** What it is at least: the own clock's time, or the time since a block that is ahead of it. */
  get latest(): Seconds {
    return asSeconds(this.latestOrigin + this.#steady.now());
  }

  /** Seconds that the own clock is behind the chain, 0 where it is not. */
  get behind(): bigint {
    return this.latestOrigin - this.origin;
  }

  /** The earlier of the own clock's time and the chain's, where that was heard: what is certainly past. */
  get earliest(): Seconds {
    const chain = this.#chain === undefined ? undefined : this.#chain + this.#steady.now();
    return chain !== undefined && chain < this.now ? asSeconds(chain) : this.now;
  }

  get hasHeard(): boolean {
    return this.#chain !== undefined;
  }

  get boot(): string {
    return this.#steady.boot;
  }

  /** Of the steady clock, seconds. */
  get steady(): bigint {
    return this.#steady.now();
  }

  get origin(): bigint {
    return this.#clock() - this.#steady.now();
  }

  get latestOrigin(): bigint {
    const own = this.origin;
    return this.#chain !== undefined && this.#chain > own ? this.#chain : own;
  }

  /** Hears of a block's time: it cannot be earlier than that. Nodes that disagree, or were set back, count as they answer last. */
  hear(block: Seconds): void {
    this.#chain = block - this.#steady.now();
  }
}
