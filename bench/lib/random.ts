/** Reproducible numbers: the same inputs in every run, on every machine. */

/** Draws whole numbers from `least` to `most`, both included. */
export type Draw = (least: number, most: number) => bigint;

/** A generator from a seed of 32 bits (mulberry32: not for secrets, good enough to mix a book). */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  return (least, most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return BigInt(least + (((word ^ (word >>> 14)) >>> 0) % (most - least + 1)));
  };
}
