/** Lots per slot, side and tick: what is in the books, or will be. */
import type { Entry } from "@wattbook/sdk";

/** What a period has. */
interface PeriodVolumes {
  readonly ticks: Map<number, bigint>;
  /** Slots that ever had an order. */
  readonly offsets: Set<bigint>;
}

/** Counts lots of a community by period. */
export class Volumes {
  readonly #periods = new Map<bigint, PeriodVolumes>();

  /** @param sign 1n adds, -1n takes away. */
  count(period: bigint, entries: Iterable<Entry>, sign: 1n | -1n = 1n): void {
    const { ticks, offsets } = this.#periods.get(period) ?? this.#open(period);
    for (const entry of entries) {
      const key = keyOf(entry);
      ticks.set(key, (ticks.get(key) ?? 0n) + sign * entry.lots);
      offsets.add(entry.offset);
    }
  }

  at(period: bigint, entry: Entry): bigint {
    return this.#periods.get(period)?.ticks.get(keyOf(entry)) ?? 0n;
  }

  /** Slots of a period with orders. */
  offsets(period: bigint): ReadonlySet<bigint> {
    return this.#periods.get(period)?.offsets ?? NONE;
  }

  /** Periods before `first` are of no use any more. */
  drop(first: bigint): void {
    for (const period of this.#periods.keys()) if (period < first) this.#periods.delete(period);
  }

  clear(): void {
    this.#periods.clear();
  }

  #open(period: bigint): PeriodVolumes {
    const volumes = { ticks: new Map<number, bigint>(), offsets: new Set<bigint>() };
    this.#periods.set(period, volumes);
    return volumes;
  }
}

const NONE: ReadonlySet<bigint> = new Set();

function keyOf({ offset, side, tick }: Entry): number {
  return (Number(offset) << 8) | (side === "sell" ? 0x80 : 0) | Number(tick);
}
