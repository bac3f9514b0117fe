/** Words of the order book: what placing has to write and clearing to read. */
import type { Entry } from "../../../test/helpers/market.ts";

/** Lots of a tick take two bytes, so a word holds sixteen ticks. */
const TICKS_PER_WORD = 16;

/** Bits of a word beside the period that it is of: a bit per tick word and another for each slot. */
const GROUP_BITS = 224;

/** Words that slots, as offsets in their period, share for what is live and cleared. */
export function groupsOf(slots: Iterable<number>, ticks: number): Set<number> {
  const perGroup = Math.floor(GROUP_BITS / ((2 * ticks) / TICKS_PER_WORD + 1));
  return new Set([...slots].map((slot) => Math.floor(slot / perGroup)));
}

/** Slots in a row whose results share a word. */
const RESULTS_PER_WORD = 3;

/** Words that hold the results of slots, as offsets in their period. */
export function resultWordsOf(slots: Iterable<number>): Set<number> {
  return new Set([...slots].map((slot) => Math.floor(slot / RESULTS_PER_WORD)));
}

/** A slot's words with volume, by which group of ticks they hold. */
interface Sides {
  readonly buy: Set<number>;
  readonly sell: Set<number>;
}

/** Which words of a period's book have volume, in the course of several calls. */
export class LiveBook {
  readonly #slots = new Map<number, Sides>();
  readonly #ticks: number;

  constructor(ticks: number) {
    this.#ticks = ticks;
  }

  groupsOf(slots: Iterable<number>): Set<number> {
    return groupsOf(slots, this.#ticks);
  }

  /**
   * Words that a call has to write: a tick word for each sixteen ticks it touches, and the group of a slot in which one of them becomes
   * live, for the first time in the period or again.
   */
  touch(entries: readonly Entry[]) {
    const touched = new Set<string>();
    const slots = new Set<number>();
    const changed = new Set<number>();
    const before = this.groupsOf(this.#slots.keys());
    for (const { slot, side, tick } of entries) {
      const word = Math.floor(tick / TICKS_PER_WORD);
      const live = this.#slots.get(slot) ?? { buy: new Set<number>(), sell: new Set<number>() };
      this.#slots.set(slot, live);
      touched.add(`${String(slot)} ${side} ${String(word)}`);
      slots.add(slot);
      if (!live[side].has(word)) changed.add(slot);
      live[side].add(word);
    }
    const written = this.groupsOf(changed);
    const groupsMade = [...written].filter((group) => !before.has(group)).length;
    return {
      tickWords: touched.size,
      groupsMade,
      groupsWritten: written.size - groupsMade,
      groupsRead: this.groupsOf(slots).size - written.size,
    };
  }

  /**
   * Words that clearing has to read. Asks above the price and bids below it fill nothing; of the others each counts. Where the price
   * lies is left to the book: the fewest words that any price could do with.
   */
  leastToClear(slots: readonly number[]): number {
    return slots.reduce((sum, slot) => sum + leastOf(this.#slots.get(slot)), 0);
  }
}

function leastOf(sides: Sides | undefined): number {
  if (sides === undefined) return 0;
  const [bids, asks] = [[...sides.buy], [...sides.sell]];
  const [highest, lowest] = [Math.max(...bids), Math.min(...asks)];
  // The bitmap tells that nothing can trade.
  if (highest < lowest) return 0;
  const counts = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index).map(
    (at) => asks.filter((word) => word <= at).length + bids.filter((word) => word >= at).length,
  );
  return Math.min(...counts);
}
