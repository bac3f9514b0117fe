/** Lots per slot, side and tick: what is in the books, or will be. */
import type { Entry } from "@wattbook/sdk";

/** Counts lots of a community by period. */
export class Volumes {
  readonly #periods = new Map<bigint, Map<number, bigint>>();

  /** @param sign 1n adds, -1n takes away. */
  count(period: bigint, entries: Iterable<Entry>, sign: 1n | -1n = 1n): void {
    const ticks = this.#periods.get(period) ?? new Map<number, bigint>();
    this.#periods.set(period, ticks);
    for (const entry of entries) {
      const key = keyOf(entry);
      ticks.set(key, (ticks.get(key) ?? 0n) + sign * entry.lots);
    }
  }

  at(period: bigint, entry: Entry): bigint {
    return this.#periods.get(period)?.get(keyOf(entry)) ?? 0n;
  }

  /** Periods before `first` are over. */
  drop(first: bigint): void {
    for (const period of this.#periods.keys()) if (period < first) this.#periods.delete(period);
  }

  clear(): void {
    this.#periods.clear();
  }
}

function keyOf({ offset, side, tick }: Entry): number {
  return (Number(offset) << 8) | (side === "sell" ? 0x80 : 0) | Number(tick);
}
