/** Reproducible randomness: a stream per purpose, integers inside, the same on every machine. */

import { exp } from "./numbers.ts";

const MASK = (1n << 64n) - 1n;

/** One step of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64-bit words that scatters every input bit. */
export function splitmix64(word: bigint): bigint {
  let z = (word + 0x9e3779b97f4a7c15n) & MASK;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}

/** A sequence of random numbers (xoshiro128**, Blackman and Vigna 2018) that depends on its labels alone. */
export class Stream {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param labels What the stream is for: `[home, purpose]`. Other labels give another, unrelated stream. */
  constructor(seed: bigint, ...labels: readonly number[]) {
    const first = labels.reduce((word, label) => splitmix64(word ^ BigInt(label)), splitmix64(seed & MASK));
    const second = splitmix64(first);
    this.#a = Number(first >> 32n);
    this.#b = Number(first & 0xffffffffn);
    this.#c = Number(second >> 32n);
    this.#d = Number(second & 0xffffffffn) | 1;
  }

  /** A word of 32 bits. */
  next(): number {
    const scrambled = Math.imul(this.#b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** Evenly in `low .. high`, the upper end excluded. */
  between(low: number, high: number): number {
    return low + ((high - low) * this.next()) / 4_294_967_296;
  }

  /** Whether something of that probability happens. */
  chance(probability: number): boolean {
    return this.between(0, 1) < probability;
  }

  /** Near the normal distribution: the sum of eight even draws, within 4.9 standard deviations. */
  normal(mean: number, deviation: number): number {
    let sum = -4;
    for (let n = 0; n < 8; n += 1) sum += this.next() / 4_294_967_296;
    return mean + deviation * sum * Math.sqrt(1.5);
  }

  /** Log-normal with the given median; `spread` is the standard deviation of the logarithm. */
  logNormal(median: number, spread: number): number {
    return median * exp(this.normal(0, spread));
  }
}

/** What a stream is for. */
export const Purpose = { Sky: 1, Plant: 2, Home: 3, Appliances: 4, Noise: 5, Car: 6, Fridge: 7 } as const;
