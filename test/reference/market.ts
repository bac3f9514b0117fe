import { get } from "./arrays.ts";
import { volumeAt, type Order } from "./book.ts";
import type { Grid } from "./community.ts";
import type { Side } from "./entries.ts";
import type { Account } from "./accounts.ts";
import type { Tariff } from "./tariff.ts";
import type { Domain } from "./typed-data.ts";

/** A member's journal of the period. `busy`: its place in the ring belongs to an older unsettled period. */
export interface Journal {
  hash: bigint;
  frontier: bigint;
  entries: bigint;
  records: bigint;
  busy: boolean;
}

/** A member as the order book sees it; caps in lots per slot. */
export interface Trader {
  active: boolean;
  moduleOn: boolean;
  epoch: bigint;
  buyCap: bigint;
  sellCap: bigint;
  tariffClass: bigint;
  account: Account;
  journal: Journal;
}

/** One period of one community. Books are kept by slot offset; the group of a busy slot holds an older slot that is not cleared. */
export interface Market {
  domain: Domain;
  grid: Grid;
  tariff: Tariff;
  module: bigint;
  period: bigint;
  now: bigint;
  traders: Map<bigint, Trader>;
  books: Map<bigint, Order[]>;
  busySlots: Set<bigint>;
}

export function newJournal(): Journal {
  return { hash: 0n, frontier: 0n, entries: 0n, records: 0n, busy: false };
}

export function traderOf(market: Market, member: bigint): Trader {
  return get(market.traders, member);
}

export function bookOf(market: Market, slot: bigint): Order[] {
  return market.books.get(slot) ?? [];
}

export function tickVolume(market: Market, slot: bigint, side: Side, tick: bigint): bigint {
  return volumeAt(bookOf(market, slot), side, tick);
}
