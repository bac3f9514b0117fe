/** Books and results from journals: what anyone can recompute who holds the logs. */
import { decodePayload, isAccepted } from "../book-record.ts";
import type { SlotResults } from "../book-answer.ts";
import { slotIn } from "../calendar.ts";
import { clear } from "../clearing.ts";
import type { Book, Clearing } from "../clearing.ts";
import { LogsIncompleteError } from "../errors.ts";
import { priceOf } from "../grid.ts";
import type { JournalRecord } from "../journal.ts";
import type { Terms } from "../terms.ts";
import { asLots } from "../units.ts";
import type { Lots, MemberIndex, Period, PricePerWh, Slot } from "../units.ts";

/** Journals of a period, by member; records oldest first. */
export type Journals = ReadonlyMap<MemberIndex, readonly JournalRecord[]>;

/** What `SlotCleared` says of a slot. */
export interface ClearedSlot {
  /** Null for no trade. */
  readonly price: PricePerWh | null;
  readonly lots: Lots;
}

/**
 * The books of a period: the accepted entries of all journals, per slot and tick.
 * @param module Index of the order book.
 * @example booksOf(terms, period, await logs.journals(period)).get(slot)?.asks[10]
 */
export function booksOf(terms: Terms, period: Period, journals: Journals, module = 0n): Map<Slot, Book> {
  const books = new Map<Slot, { bids: Lots[]; asks: Lots[] }>();
  const records = [...journals.values()].flat().filter(({ head }) => head.module === module);
  for (const entry of records.flatMap(({ payload }) => decodePayload(terms, payload)).filter(isAccepted)) {
    const slot = slotIn(terms, period, entry.offset);
    const book = books.get(slot) ?? { bids: emptySide(terms), asks: emptySide(terms) };
    books.set(slot, book);
    const side = entry.side === "buy" ? book.bids : book.asks;
    const tick = Number(entry.tick);
    side[tick] = asLots((side[tick] ?? 0n) + entry.lots);
  }
  return books;
}

/**
 * Results of the slots that cleared, recomputed from the books and checked against what the chain says. A slot that did
 * not clear is left out.
 * @throws LogsIncompleteError where they differ
 */
export function resultsOf(
  terms: Terms,
  books: ReadonlyMap<Slot, Book>,
  cleared: ReadonlyMap<Slot, ClearedSlot>,
): SlotResults {
  const results = new Map<Slot, Clearing | null>();
  for (const [slot, { price, lots }] of cleared) {
    const book = books.get(slot);
    if (book === undefined) throw new LogsIncompleteError(`the result of slot ${slot}`);
    const clearing = clear(book);
    const same =
      lots === (clearing?.lots ?? 0n) && price === (clearing === null ? null : priceOf(terms, clearing.priceTick));
    if (!same) throw new LogsIncompleteError(`the result of slot ${slot}`);
    results.set(slot, clearing);
  }
  return results;
}

function emptySide({ tickCount }: Pick<Terms, "tickCount">): Lots[] {
  return new Array<Lots>(Number(tickCount)).fill(asLots(0n));
}
