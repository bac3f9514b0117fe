/** Words of the order book: what placing has to write and clearing to read. */
import type { Entry } from "../../../test/helpers/market.ts";

/** Lots of a tick take two bytes, so a word holds sixteen ticks. */
const TICKS_PER_WORD = 16;

/** A slot's words with volume, by which group of ticks they hold. */
interface Sides {
  readonly buy: Set<number>;
  readonly sell: Set<number>;
}

/** Which words of a period's book have volume, in the course of several calls. */
export class LiveBook {
  readonly #slots = new Map<number, Sides>();

  /** Words that a call has to write: a tick word for each group of ticks it touches, a header where one of them becomes live. */
  touch(entries: readonly Entry[]) {
    const touched = new Set<string>();
    const slots = new Set<number>();
    const changed = new Set<number>();
    for (const { slot, side, tick } of entries) {
      const word = Math.floor(tick / TICKS_PER_WORD);
      const live = this.#slots.get(slot) ?? { buy: new Set<number>(), sell: new Set<number>() };
      this.#slots.set(slot, live);
      touched.add(`${String(slot)} ${side} ${String(word)}`);
      slots.add(slot);
      if (!live[side].has(word)) changed.add(slot);
      live[side].add(word);
    }
    return { tickWords: touched.size, headersWritten: changed.size, headersRead: slots.size - changed.size };
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
  // The header's bitmap tells that nothing can trade.
  if (highest < lowest) return 0;
  const counts = Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index).map(
    (at) => asks.filter((word) => word <= at).length + bids.filter((word) => word >= at).length,
  );
  return Math.min(...counts);
}
