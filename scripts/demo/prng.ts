/** Reproducible randomness: integers only, the same on every machine. */

const MASK = (1n << 64n) - 1n;
const GAMMA = 0x9e3779b97f4a7c15n;

/** One step of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64-bit words that scatters every input bit. */
export function splitmix64(word: bigint): bigint {
  let z = (word + GAMMA) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** What a draw is for; each purpose has draws of its own. */
export const Purpose = { Value: 1n, LoadShape: 2n, LoadNoise: 3n, Sky: 4n, Cloud: 5n, Limit: 6n } as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

/**
 * A random word of 64 bits that depends on nothing but its labels: `draw(seed, Purpose.Value, home, slot)` is the same
 * however many homes there are and in whatever order they are asked.
 */
export function draw(seed: bigint, purpose: Purpose, ...labels: readonly (bigint | number)[]): bigint {
  return labels.reduce<bigint>(
    (word, label) => splitmix64(word ^ (BigInt(label) & MASK)),
    splitmix64(splitmix64(seed & MASK) ^ purpose),
  );
}

/** Maps a word of 64 bits to the integers `low .. high`, both included, evenly to within `(high - low) / 2^64`. */
export function within(word: bigint, low: bigint, high: bigint): bigint {
  return low + ((word * (high - low + 1n)) >> 64n);
}
