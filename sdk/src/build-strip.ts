/** From orders in Wh and prices to a strip, with every mistake named before anybody signs. */
import { offsetIn, slotIn } from "./calendar.ts";
import { checkEntries, entryKey, MOST_LOTS } from "./entry.ts";
import type { Entry, Side } from "./entry.ts";
import {
  BehindFrontierError,
  DuplicateOrderError,
  EmptyStripError,
  OffLotQuantityError,
  OverCapError,
  TooManyEntriesError,
} from "./errors.ts";
import { priceOf, tickOf } from "./grid.ts";
import { maxReserveOf } from "./reserve.ts";
import type { Strip, StripHeader } from "./strip.ts";
import type { Tariff } from "./tariff.ts";
import type { Terms } from "./terms.ts";
import { asLots } from "./units.ts";
import type { Lots, PricePerWh, Slot, Wh } from "./units.ts";

/** A wish to trade in one slot. */
export interface Order {
  readonly slot: Slot;
  readonly side: Side;
  /** Limit, base units per Wh: the most a bid pays, the least an ask takes. On the grid. */
  readonly price: PricePerWh;
  /** Whole lots. */
  readonly energy: Wh;
}

/** What else a strip needs. */
export interface StripContext {
  /** The tariff of the strip's period. */
  readonly tariff: Tariff;
  /** The member's tariff class in that period. */
  readonly tariffClass: bigint;
  /** Whether the member has no record in the period yet: then the settlement fee is reserved too. */
  readonly first: boolean;
  /** The member's caps, lots per slot and side, where they should be checked. */
  readonly caps?: Readonly<Record<Side, Lots>>;
}

/** Entries that a member's journal takes per period. */
export const MOST_ENTRIES = 2_048;

/**
 * A strip from orders in any order. `maxReserve` is the worst case of all its entries, relayer and settlement fees
 * included.
 * @throws EmptyStripError
 * @throws TooManyEntriesError
 * @throws SlotOutsidePeriodError
 * @throws BehindFrontierError
 * @throws OffGridPriceError
 * @throws OffLotQuantityError
 * @throws DuplicateOrderError
 * @throws OverCapError
 * @example
 * const order: Order = { slot, side: "sell", price: asPrice(100n), energy: asWh(250n) };
 * const strip = buildStrip(terms, header, [order], { tariff, tariffClass: 0n, first: true });
 * strip.maxReserve // 52_000n: 250 Wh at 300 - 100, and the settlement fee
 */
export function buildStrip(terms: Terms, header: StripHeader, orders: readonly Order[], context: StripContext): Strip {
  const entries = buildEntries(terms, header, orders);
  if (context.caps !== undefined) checkCaps(terms, header, entries, context.caps);
  const maxReserve = maxReserveOf(terms, { entries, feePerEntry: header.feePerEntry }, context);
  return { ...header, maxReserve, entries };
}

/**
 * Entries of orders, sorted by slot, side and tick.
 * @throws As `buildStrip`.
 * @example encodeEntries(buildEntries(terms, { period, after: asSlotOffset(0n) }, [order])) // "0x308a0064"
 */
export function buildEntries(
  terms: Terms,
  { period, after }: Pick<StripHeader, "period" | "after">,
  orders: readonly Order[],
): Entry[] {
  if (orders.length === 0) throw new EmptyStripError();
  if (orders.length > MOST_ENTRIES) throw new TooManyEntriesError(orders.length, MOST_ENTRIES);
  const keyed = orders.map((order) => {
    const offset = offsetIn(terms, period, order.slot);
    if (offset < after) throw new BehindFrontierError(offset, after);
    const entry = { offset, side: order.side, tick: tickOf(terms, order.price), lots: wholeLots(terms, order.energy) };
    return { entry, key: entryKey(entry) };
  });
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const entries = keyed.map(({ entry }) => entry);
  const twin = keyed.find(({ key }, index) => key === keyed[index - 1]?.key)?.entry;
  if (twin !== undefined) {
    throw new DuplicateOrderError(slotIn(terms, period, twin.offset), twin.side, priceOf(terms, twin.tick));
  }
  checkEntries(terms, entries);
  return entries;
}

function wholeLots(terms: Pick<Terms, "lotWh">, energy: Wh): Lots {
  const lots = energy / terms.lotWh;
  if (energy % terms.lotWh !== 0n || lots < 1n || lots > MOST_LOTS) {
    throw new OffLotQuantityError(energy, terms.lotWh, MOST_LOTS);
  }
  return asLots(lots);
}

/** Entries come sorted, so those of one slot and side stand together. */
function checkCaps(
  terms: Terms,
  { period }: Pick<StripHeader, "period">,
  entries: readonly Entry[],
  caps: Readonly<Record<Side, Lots>>,
): void {
  let before: Entry | undefined;
  let lots = 0n;
  for (const entry of entries) {
    const same = before?.offset === entry.offset && before.side === entry.side;
    lots = (same ? lots : 0n) + entry.lots;
    const cap = caps[entry.side];
    if (lots > cap) throw new OverCapError(slotIn(terms, period, entry.offset), entry.side, lots, cap);
    before = entry;
  }
}
