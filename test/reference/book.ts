import { sum } from "./arrays.ts";
import type { Side } from "./entries.ts";

/** One accepted order of a slot. A book is a list of them, oldest first. */
export interface Order {
  id: string;
  side: Side;
  tick: bigint;
  lots: bigint;
}

/** All lots of a side whose tick satisfies `where`. */
export function volume(book: readonly Order[], side: Side, where: (tick: bigint) => boolean): bigint {
  return sum(book.filter((order) => order.side === side && where(order.tick)).map(({ lots }) => lots));
}

/** Offered at a price: asks at this tick or below. */
export function supply(book: readonly Order[], tick: bigint): bigint {
  return volume(book, "sell", (ask) => ask <= tick);
}

/** Wanted at a price: bids at this tick or above. */
export function demand(book: readonly Order[], tick: bigint): bigint {
  return volume(book, "buy", (bid) => bid >= tick);
}

export function volumeAt(book: readonly Order[], side: Side, tick: bigint): bigint {
  return volume(book, side, (other) => other === tick);
}
