/** Chance from a seed: what happens depends on the labels alone, not on what was asked before. */
import { createHash } from "node:crypto";

export class Chance {
  readonly #seed: bigint;

  constructor(seed: bigint) {
    this.#seed = seed;
  }

  /** A whole number from 0 to `below` - 1. */
  draw(below: number, ...labels: readonly (string | number)[]): number {
    const hash = createHash("sha256")
      .update(`${this.#seed}|${labels.join("|")}`)
      .digest();
    return hash.readUIntBE(0, 6) % below;
  }

  /** Whether something happens that does so often of a thousand times. */
  happens(perMille: number, ...labels: readonly (string | number)[]): boolean {
    return this.draw(1_000, ...labels) < perMille;
  }
}

/** What a power cut is simulated by: after so many steps nothing is done any more. */
export class Fuse {
  #left = 0;
  #blown = false;
  readonly #error: () => Error;

  /** @param error What every step throws from then on. */
  constructor(error: () => Error) {
    this.#error = error;
  }

  get blown(): boolean {
    return this.#blown;
  }

  /** Blows at the so-manieth step from now on. */
  arm(steps: number): void {
    if (!this.#blown) this.#left = steps;
  }

  mend(): void {
    this.#blown = false;
    this.#left = 0;
  }

  step(): void {
    if (!this.#blown && this.#left > 0 && --this.#left === 0) this.#blown = true;
    if (this.#blown) throw this.#error();
  }
}
