/**
 * Clearing: a uniform-price call auction per slot, a pure function of the accepted orders (architecture 3.2).
 *
 * Units: lots per tick. S(t) = asks at ticks <= t, D(t) = bids at ticks >= t.
 *  1. t* is the lowest tick with S(t) >= D(t + 1). The predicate is monotone in t, so t* is unique.
 *  2. Volume = min(S(t*), D(t*)), the largest tradable. None: no price.
 *  3. S(t*) = D(t* + 1): every tick from t* to the next live one clears; the price is the middle, rounded down.
 *     Otherwise the price is t*.
 *  4. Bids above t* and asks below it fill whole, and so does at least one side of t*; the other shares what is left of the volume by
 *     prefix.
 */
import type { Entry, Side } from "./entry.ts";
import { BadLengthError, OutOfRangeError } from "./errors.ts";
import { asLots, asTick } from "./units.ts";
import type { Lots, Tick } from "./units.ts";

/** Lots per tick, index = tick, both as long as the grid. */
export interface Book {
  readonly bids: readonly Lots[];
  readonly asks: readonly Lots[];
}

/** The side whose orders at t* fill in part, or not at all. */
export interface Rationed {
  readonly side: Side;
  /** Lots filled of `volume`, fewer than all. */
  readonly allotment: Lots;
  /** Lots of that side at t*. */
  readonly volume: Lots;
}

/** What became of a slot in which there was trade. */
export interface Clearing {
  /** t*, the only tick that can be filled in part. */
  readonly marginalTick: Tick;
  /** Tick of the price; t* or above. */
  readonly priceTick: Tick;
  /** Lots traded. */
  readonly lots: Lots;
  /** Null where all orders at t* fill whole. */
  readonly rationed: Rationed | null;
}

/** The part of an entry that clearing looks at. */
export type Bid = Pick<Entry, "side" | "tick" | "lots">;

/**
 * Clears a book; null where nothing trades. One pass over the ticks.
 * @throws BadLengthError where the sides differ in length
 * @example
 * const asks = [0n, 5n, 0n, 5n].map((lots) => asLots(lots));
 * const bids = [5n, 0n, 5n, 0n].map((lots) => asLots(lots));
 * clear({ asks, bids })?.priceTick // 1n
 */
export function clear({ bids, asks }: Book): Clearing | null {
  if (bids.length !== asks.length) throw new BadLengthError("asks", asks.length, `${bids.length} ticks, as in bids`);
  let demand = 0n; // D(t)
  for (const lots of bids) demand += lots;
  let supply = 0n; // S(t - 1)
  for (const [index, bidVolume] of bids.entries()) {
    const askVolume = asks[index] ?? asLots(0n);
    const supplyHere = supply + askVolume; // S(t)
    const demandAbove = demand - bidVolume; // D(t + 1)
    if (supplyHere >= demandAbove) {
      const lots = supplyHere < demand ? supplyHere : demand;
      if (lots === 0n) return null;
      const balanced = supplyHere === demandAbove;
      return {
        marginalTick: asTick(BigInt(index)),
        priceTick: asTick(BigInt(balanced ? Math.floor((index + nextLive(bids, asks, index)) / 2) : index)),
        lots: asLots(lots),
        rationed:
          rationedOf("buy", asLots(lots - demandAbove), bidVolume) ??
          rationedOf("sell", asLots(lots - supply), askVolume),
      };
    }
    supply = supplyHere;
    demand = demandAbove;
  }
  return null;
}

function rationedOf(side: Side, allotment: Lots, volume: Lots): Rationed | null {
  return allotment < volume ? { side, allotment, volume } : null;
}

/** The next tick with an order. There is one in a balanced book: the bids above t* are not empty. */
function nextLive(bids: readonly Lots[], asks: readonly Lots[], after: number): number {
  let tick = after + 1;
  while (tick < bids.length && (bids[tick] ?? 0n) === 0n && (asks[tick] ?? 0n) === 0n) tick++;
  return tick;
}

/**
 * Pro rata without dust: floor((P + q) A / V) - floor(P A / V) for q lots behind P others at a tick of volume V of
 * which A are filled. The fills of a tick add up to A, each is within one lot of q A / V.
 * @example fillOf(asLots(10n), asLots(5n), asLots(20n), asLots(30n)) // 4n: floor(10) - floor(6.67)
 */
export function fillOf(prefix: Lots, lots: Lots, allotment: Lots, volume: Lots): Lots {
  if (volume === 0n) return asLots(0n);
  return asLots(((prefix + lots) * allotment) / volume - (prefix * allotment) / volume);
}

/**
 * Lots that an accepted entry filled.
 * @param clearing Null for a slot that cleared without trade.
 * @example
 * const clearing = await market.result(community, slotIn(terms, yesterday, asSlotOffset(48n)));
 * const entry = { side: "sell", tick: asTick(10n), lots: asLots(100n), prefix: asLots(0n) } as const;
 * fillOfEntry(clearing ?? null, entry) // 100n
 */
export function fillOfEntry(clearing: Clearing | null, entry: Bid & { readonly prefix: Lots }): Lots {
  if (clearing === null) return asLots(0n);
  const { marginalTick, rationed } = clearing;
  if (entry.tick === marginalTick) {
    if (rationed?.side !== entry.side) return entry.lots;
    return fillOf(entry.prefix, entry.lots, rationed.allotment, rationed.volume);
  }
  return (entry.side === "buy") === entry.tick > marginalTick ? entry.lots : asLots(0n);
}

/** A list of entries of one slot, cleared. */
export interface ClearedEntries {
  readonly book: Book;
  /** Null where nothing trades. */
  readonly clearing: Clearing | null;
  /** Per entry, in the order of the list: volume of its tick before it. */
  readonly prefixes: readonly Lots[];
  /** Per entry: lots filled. */
  readonly fills: readonly Lots[];
}

/**
 * Clears a list of entries of one slot, ticks and lots, with prefixes in the order of the list. Work grows with
 * entries + ticks. `clearOrders` does it in prices and Wh.
 * @param tickCount Length of the grid.
 * @throws OutOfRangeError for a tick outside the grid
 * @example
 * const lots = asLots(5n);
 * const { fills } = clearEntries(64n, [
 *   { side: "buy", tick: asTick(20n), lots },
 *   { side: "sell", tick: asTick(10n), lots },
 * ]); // [5n, 5n]
 */
export function clearEntries(tickCount: bigint, entries: readonly Bid[]): ClearedEntries {
  const volumes = { buy: emptySide(tickCount), sell: emptySide(tickCount) };
  const prefixes = entries.map(({ side, tick, lots }) => {
    const index = Number(tick);
    const prefix = volumes[side][index];
    if (prefix === undefined) throw new OutOfRangeError("tick", tick, 0n, tickCount - 1n);
    volumes[side][index] = asLots(prefix + lots);
    return prefix;
  });
  const book = { bids: volumes.buy, asks: volumes.sell };
  const clearing = clear(book);
  const fills = entries.map(({ side, tick, lots }, index) =>
    fillOfEntry(clearing, { side, tick, lots, prefix: prefixes[index] ?? asLots(0n) }),
  );
  return { book, clearing, prefixes, fills };
}

function emptySide(tickCount: bigint): Lots[] {
  return new Array<Lots>(Number(tickCount)).fill(asLots(0n));
}
