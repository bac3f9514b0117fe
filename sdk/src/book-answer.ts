/** What the order book answers at settlement: `DoubleAuction.positionOf`, computed from records and results alone. */
import { decodePayload, isAccepted } from "./book-record.ts";
import type { AcceptedEntry } from "./book-record.ts";
import { slotIn } from "./calendar.ts";
import { fillOfEntry } from "./clearing.ts";
import type { Clearing } from "./clearing.ts";
import { SlotNotClearedError } from "./errors.ts";
import { priceOf } from "./grid.ts";
import type { JournalRecord } from "./journal.ts";
import type { ModuleAnswer, SlotTrade } from "./market-module.ts";
import { NO_POSITION } from "./position.ts";
import type { Position } from "./position.ts";
import type { Terms } from "./terms.ts";
import { asAmount, asWh, costOf, sumAmounts, whOf } from "./units.ts";
import type { Period, Slot } from "./units.ts";

/** Results by slot: null for a slot that cleared without trade; a slot not yet cleared is missing. */
export type SlotResults = ReadonlyMap<Slot, Clearing | null>;

/**
 * Position and payments of a member's records with the order book in one period. Every fill pays the slot's price: no
 * rounding.
 * @param records Of the order book only, oldest first; entries that were not accepted need no result.
 * @throws SlotNotClearedError
 * @throws BadLengthError for a payload of another format
 * @example positionOf(terms, yesterday, records, results).position[48]?.sold // 1_000n
 */
export function positionOf(
  terms: Terms,
  period: Period,
  records: readonly Pick<JournalRecord, "payload">[],
  results: SlotResults,
): ModuleAnswer & { readonly trades: readonly SlotTrade[] } {
  const entries = records.flatMap((record) => decodePayload(terms, record.payload)).filter(isAccepted);
  return positionOfEntries(terms, period, entries, results);
}

/**
 * As `positionOf`, of the entries that the records hold.
 * @param entries All that were accepted of the member in the period, with their prefixes.
 * @throws SlotNotClearedError
 * @example
 * const entries = decodePayload(terms, record.payload).filter(isAccepted);
 * positionOfEntries(terms, yesterday, entries, results).received // 140_000n
 */
export function positionOfEntries(
  terms: Terms,
  period: Period,
  entries: readonly AcceptedEntry[],
  results: SlotResults,
): ModuleAnswer & { readonly trades: readonly SlotTrade[] } {
  const slots = Number(terms.slotsPerPeriod);
  const position: Position[] = Array.from({ length: slots }, () => NO_POSITION);
  const trades: SlotTrade[] = Array.from({ length: slots }, () => NO_TRADE);
  for (const entry of entries) {
    const slot = slotIn(terms, period, entry.offset);
    const clearing = results.get(slot);
    if (clearing === undefined) throw new SlotNotClearedError(slot);
    if (clearing === null) continue;
    const price = priceOf(terms, clearing.priceTick);
    const energy = whOf(fillOfEntry(clearing, entry), terms.lotWh);
    const money = costOf(energy, price);
    const index = Number(entry.offset);
    const { bought, sold } = position[index] ?? NO_POSITION;
    const { paid, received } = trades[index] ?? NO_TRADE;
    const buys = entry.side === "buy";
    position[index] = buys ? { bought: asWh(bought + energy), sold } : { bought, sold: asWh(sold + energy) };
    trades[index] = buys
      ? { paid: asAmount(paid + money), received, price }
      : { paid, received: asAmount(received + money), price };
  }
  const paid = sumAmounts(trades.map((trade) => trade.paid));
  const received = sumAmounts(trades.map((trade) => trade.received));
  return { paid, received, position, trades };
}

const NO_TRADE: SlotTrade = { paid: asAmount(0n), received: asAmount(0n), price: null };
