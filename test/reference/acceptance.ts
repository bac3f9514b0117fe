import { at, larger, sum } from "./arrays.ts";
import { decodeEntries, type Entry } from "./entries.ts";
import { refuseEntry, reserveOf, type EntryReason, type Progress } from "./entry-checks.ts";
import type { Head } from "./head.ts";
import { tickVolume, traderOf, type Market } from "./market.ts";
import type { Strip } from "./messages.ts";
import type { Prefix } from "./payload.ts";
import { refuseStrip, type StripReason } from "./strip-checks.ts";

/** An accepted strip. `fees` go to its `feeTo`, `settlementFee` is reserved with the first record of a period. */
export interface Acceptance {
  prefixes: Prefix[];
  reasons: EntryReason[];
  head: Head;
  fees: bigint;
  settlementFee: bigint;
  frontier: bigint;
}

/** `reasons` is there where the strip failed for its entries. */
export interface Refusal {
  reason: StripReason;
  reasons?: EntryReason[];
}

function headOf(market: Market, strip: Strip, entries: readonly Entry[], accepted: readonly Entry[]): Head {
  const wh = (side: string): bigint =>
    sum(accepted.filter((entry) => entry.side === side).map(({ lots }) => lots * market.grid.lotWh));
  return {
    sellWh: wh("sell"),
    buyWh: wh("buy"),
    reserve: sum(accepted.map((entry) => reserveOf(market, strip, entry))),
    entries: BigInt(entries.length),
    module: market.module,
  };
}

/** One past the slot of the last entry, or of the last accepted one if that is off the grid or behind the other. */
function frontierAfter({ grid }: Market, entries: readonly Entry[], accepted: readonly Entry[]): bigint {
  const last = at(entries, entries.length - 1).slot;
  const lastAccepted = at(accepted, accepted.length - 1).slot;
  return (last < grid.slotsPerPeriod ? larger(last, lastAccepted) : lastAccepted) + 1n;
}

/** Judges a strip; changes nothing. `signed`: the trading key signed it, or it is the trader's own transaction. */
export function accept(market: Market, strip: Strip, signed: boolean): Acceptance | Refusal {
  const reason = refuseStrip(market, strip, signed);
  if (reason !== undefined) return { reason };
  const { journal } = traderOf(market, strip.member);
  const entries = decodeEntries(strip.entries);
  const settlementFee = journal.records === 0n ? market.grid.settlementFee : 0n;
  const progress: Progress = { seen: [], accepted: [], used: settlementFee, spent: false };
  const prefixes: Prefix[] = [];
  const reasons: EntryReason[] = [];
  for (const entry of entries) {
    const refusal = refuseEntry(market, strip, progress, entry);
    if (refusal === "RingBusy") return { reason: "RingBusy" };
    reasons.push(refusal);
    prefixes.push(refusal === "None" ? tickVolume(market, entry.slot, entry.side, entry.tick) : undefined);
    progress.seen.push(entry);
    progress.spent = refusal === "OverReserve";
    if (refusal !== "None") continue;
    progress.accepted.push(entry);
    progress.used += reserveOf(market, strip, entry) + strip.feePerEntry;
  }
  if (progress.accepted.length === 0) return { reason: "NothingAccepted", reasons };
  return {
    prefixes,
    reasons,
    head: headOf(market, strip, entries, progress.accepted),
    fees: strip.feePerEntry * BigInt(progress.accepted.length),
    settlementFee,
    frontier: frontierAfter(market, entries, progress.accepted),
  };
}
