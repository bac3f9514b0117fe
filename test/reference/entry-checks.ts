import { at, larger, sum } from "./arrays.ts";
import { gateOf, priceOf, slotOf } from "./community.ts";
import { sortKey, type Entry } from "./entries.ts";
import { tickVolume, traderOf, type Market } from "./market.ts";
import { allOnes } from "./payload.ts";
import type { Strip } from "./messages.ts";
import { pricesOf } from "./tariff.ts";

/** In the order of the checks. */
export type EntryReason =
  | "None"
  | "NotAscending"
  | "OffGrid"
  | "ZeroLots"
  | "BehindFrontier"
  | "GateClosed"
  | "OverCap"
  | "OverReserve"
  | "TickFull";

/** Where the loop over a strip's entries stands; `used` of the strip's `maxReserve`, `spent` once an entry did not fit the rest. */
export interface Progress {
  seen: Entry[];
  accepted: Entry[];
  used: bigint;
  spent: boolean;
}

/** The worst case of an entry: a buyer pays its limit, a seller delivers nothing. */
export function reserveOf(market: Market, strip: Strip, { slot, side, tick, lots }: Entry): bigint {
  const { grid, tariff } = market;
  const limit = priceOf(grid, tick);
  const { importPrice } = at(pricesOf(tariff, traderOf(market, strip.member).tariffClass), slot);
  const perWh = side === "buy" ? limit + tariff.networkFee : larger(grid.tickSize, importPrice - limit);
  return lots * grid.lotWh * perWh;
}

export function onGrid({ grid }: Market, { slot, tick }: Entry): boolean {
  return slot < grid.slotsPerPeriod && tick < grid.tickCount;
}

function overCap(market: Market, strip: Strip, { accepted }: Progress, entry: Entry): boolean {
  const { buyCap, sellCap } = traderOf(market, strip.member);
  const alike = accepted.filter(({ slot, side }) => slot === entry.slot && side === entry.side);
  return sum(alike.map(({ lots }) => lots)) + entry.lots > (entry.side === "buy" ? buyCap : sellCap);
}

/** Checks that look neither at the book nor at what was accepted before. */
function refuseEarly(market: Market, strip: Strip, progress: Progress, entry: Entry): EntryReason {
  const { grid, period, now } = market;
  if (progress.seen.some((earlier) => sortKey(earlier) >= sortKey(entry))) return "NotAscending";
  if (!onGrid(market, entry)) return "OffGrid";
  if (entry.lots === 0n) return "ZeroLots";
  if (entry.slot < traderOf(market, strip.member).journal.frontier) return "BehindFrontier";
  return now >= gateOf(grid, slotOf(grid, period, entry.slot)) ? "GateClosed" : "None";
}

/**
 * The reason why an entry is not accepted; "RingBusy" is a reason to skip the whole strip. Whatever comes behind an entry that the rest
 * of `maxReserve` does not cover is not looked at.
 */
export function refuseEntry(market: Market, strip: Strip, progress: Progress, entry: Entry): EntryReason | "RingBusy" {
  if (progress.spent) return "OverReserve";
  const early = refuseEarly(market, strip, progress, entry);
  if (early !== "None") return early;
  if (overCap(market, strip, progress, entry)) return "OverCap";
  const { slot, side, tick, lots } = entry;
  const used = progress.used + reserveOf(market, strip, entry) + strip.feePerEntry;
  if (used > strip.maxReserve) return "OverReserve";
  if (market.busySlots.has(entry.slot)) return "RingBusy";
  return tickVolume(market, slot, side, tick) + lots > allOnes(market.grid.wideTicks) ? "TickFull" : "None";
}
