/** The books of a previewed period: places in the queue for entries that have none yet, then a clearing per slot. */
import type { AcceptedEntry } from "./book-record.ts";
import { clear } from "./clearing.ts";
import type { Book, Clearing } from "./clearing.ts";
import { checkEntries } from "./entry.ts";
import type { Entry } from "./entry.ts";
import { BehindFrontierError, LogsIncompleteError, OutOfRangeError } from "./errors.ts";
import type { Terms } from "./terms.ts";
import { asAmount, asLots, asSlotOffset } from "./units.ts";
import type { Amount, Lots, MemberIndex, SlotOffset } from "./units.ts";

/** An entry, posted or not. */
export interface PreviewEntry extends Entry {
  /**
   * As `decodePayload` reads it from a record: null for an entry that the chain refused. Left out for an entry that is
   * not posted yet: it stands behind all that are, and behind those before it in the list.
   */
  readonly prefix?: Lots | null;
}

/** A member's strip, posted or not. */
export interface PreviewStrip {
  readonly member: MemberIndex;
  readonly entries: readonly PreviewEntry[];
  /** To the relayer, base units per accepted entry; none where left out. */
  readonly feePerEntry?: Amount;
}

/** A strip of which at least one entry was accepted. */
export interface AcceptedStrip {
  readonly member: MemberIndex;
  readonly entries: readonly AcceptedEntry[];
  /** Base units, for all accepted entries together. */
  readonly fees: Amount;
}

/** Volumes by slot offset; slots without orders are missing. */
type Books = Map<SlotOffset, { readonly bids: Lots[]; readonly asks: Lots[] }>;

/** Strips as accepted, and the books that they make. */
export interface AcceptedStrips {
  readonly strips: readonly AcceptedStrip[];
  readonly books: ReadonlyMap<SlotOffset, Book>;
}

/**
 * Gives every entry its prefix, in the sequence of the list.
 * @throws EmptyStripError
 * @throws OutOfRangeError for a slot or tick off the grid, or a tick of more lots than fit
 * @throws OffLotQuantityError
 * @throws NotAscendingError
 * @throws BehindFrontierError
 * @throws LogsIncompleteError where posted entries do not explain a prefix
 */
export function acceptStrips(terms: Terms, strips: readonly PreviewStrip[]): AcceptedStrips {
  const books: Books = new Map();
  const posted = strips.flatMap((strip) => strip.entries).filter(isPosted);
  for (const entry of posted) append(terms, books, entry);
  checkQueues(posted);
  const frontiers = new Map<MemberIndex, SlotOffset>();
  const accepted = strips.map((strip) => acceptStrip(terms, books, frontiers, strip));
  return { strips: accepted.filter((strip) => strip.entries.length > 0), books };
}

/** Clears every slot that has an order. */
export function clearBooks(books: ReadonlyMap<SlotOffset, Book>): Map<SlotOffset, Clearing | null> {
  return new Map(Array.from(books, ([offset, book]) => [offset, clear(book)]));
}

function acceptStrip(
  terms: Terms,
  books: Books,
  frontiers: Map<MemberIndex, SlotOffset>,
  { member, entries, feePerEntry }: PreviewStrip,
): AcceptedStrip {
  const live = entries.filter((entry) => entry.prefix !== null);
  if (live.length > 0 || entries.length === 0) checkEntries(terms, live);
  const frontier = frontiers.get(member) ?? asSlotOffset(0n);
  const accepted = live.map((entry): AcceptedEntry => {
    if (isPosted(entry)) return entry;
    if (entry.offset < frontier) throw new BehindFrontierError(entry.offset, frontier);
    return { ...entry, prefix: append(terms, books, entry) };
  });
  frontiers.set(member, frontierAfter(terms, frontier, entries, accepted));
  return { member, entries: accepted, fees: asAmount((feePerEntry ?? 0n) * BigInt(accepted.length)) };
}

/** One past the slot of the last entry, accepted or not; past that of the last accepted one if the last is off the grid or before it. */
function frontierAfter(
  terms: Terms,
  frontier: SlotOffset,
  entries: readonly Entry[],
  accepted: readonly Entry[],
): SlotOffset {
  const lasts = [entries.at(-1), accepted.at(-1)].filter((entry) => entry !== undefined);
  const ends = lasts.filter(({ offset }) => offset < terms.slotsPerPeriod).map(({ offset }) => offset + 1n);
  return asSlotOffset(ends.reduce<bigint>((last, end) => (end > last ? end : last), frontier));
}

function isPosted(entry: PreviewEntry): entry is AcceptedEntry {
  return entry.prefix !== null && entry.prefix !== undefined;
}

/** Puts an entry behind the others of its tick; returns their volume. */
function append(terms: Terms, books: Books, entry: Entry): Lots {
  const side = sideOf(terms, books, entry);
  const tick = Number(entry.tick);
  const prefix = side[tick];
  if (prefix === undefined) throw new OutOfRangeError("tick", entry.tick, 0n, terms.tickCount - 1n);
  const volume = prefix + entry.lots;
  const most = (1n << (terms.wideTicks ? 32n : 16n)) - 1n;
  if (volume > most) {
    throw new OutOfRangeError(`the volume of tick ${entry.tick} in slot ${entry.offset}`, volume, 0n, most);
  }
  side[tick] = asLots(volume);
  return prefix;
}

/** Posted entries of a tick stand one behind the other: with one missing or one twice, fills would not add up to the trade. */
function checkQueues(posted: readonly AcceptedEntry[]): void {
  const ends = new Map<string, bigint>();
  for (const { offset, side, tick, lots, prefix } of [...posted].sort((a, b) => Number(a.prefix - b.prefix))) {
    const queue = `${offset} ${side} ${tick}`;
    if (prefix !== (ends.get(queue) ?? 0n)) {
      throw new LogsIncompleteError(`the place of an entry at tick ${tick} in slot ${offset}`);
    }
    ends.set(queue, prefix + lots);
  }
}

function sideOf(terms: Terms, books: Books, { offset, side }: Entry): Lots[] {
  let book = books.get(offset);
  if (book === undefined) {
    const none = (): Lots[] => new Array<Lots>(Number(terms.tickCount)).fill(asLots(0n));
    book = { bids: none(), asks: none() };
    books.set(offset, book);
  }
  return side === "buy" ? book.bids : book.asks;
}
