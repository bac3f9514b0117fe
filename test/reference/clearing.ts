import { at, range, smaller, smallest } from "./arrays.ts";
import { demand, supply, volumeAt, type Order } from "./book.ts";
import type { Side } from "./entries.ts";

/** A cleared slot that traded. Allotments are what fills of the volumes at the marginal tick. */
export interface Clearing {
  marginalTick: bigint;
  priceTick: bigint;
  lots: bigint;
  bidAllotment: bigint;
  bidVolume: bigint;
  askAllotment: bigint;
  askVolume: bigint;
}

/** What a slot's result tells of its marginal tick: the side that does not fill whole there, if one does not. */
export interface Rationed {
  side: Side;
  allotment: bigint;
  volume: bigint;
}

export function rationedOf({ bidAllotment, bidVolume, askAllotment, askVolume }: Clearing): Rationed | null {
  const sides: Rationed[] = [
    { side: "buy", allotment: bidAllotment, volume: bidVolume },
    { side: "sell", allotment: askAllotment, volume: askVolume },
  ];
  const short = sides.filter(({ allotment, volume }) => allotment < volume);
  if (short.length > 1) throw new Error("both sides are rationed");
  return short[0] ?? null;
}

/** What the chain keeps of a slot that traded, and the SDK tells. */
export type SlotResult = Pick<Clearing, "marginalTick" | "priceTick" | "lots"> & { rationed: Rationed | null };

export function slotResultOf(clearing: Clearing): SlotResult {
  const { marginalTick, priceTick, lots } = clearing;
  return { marginalTick, priceTick, lots, rationed: rationedOf(clearing) };
}

/** Ticks at which supply covers all that is wanted at any higher price. */
export function coveredTicks(book: readonly Order[], tickCount: bigint): bigint[] {
  return range(tickCount).filter((tick) => supply(book, tick) >= demand(book, tick + 1n));
}

/** Where nothing is rationed, prices up to the next tick with an order do as well: half-way, rounded down. */
function midpoint(book: readonly Order[], marginalTick: bigint): bigint {
  const next = smallest(book.map(({ tick }) => tick).filter((tick) => tick > marginalTick));
  return (marginalTick + next) / 2n;
}

/** Clears a slot; undefined where nothing trades. */
export function clear(book: readonly Order[], tickCount: bigint): Clearing | undefined {
  const marginalTick = at(coveredTicks(book, tickCount), 0);
  const lots = smaller(supply(book, marginalTick), demand(book, marginalTick));
  if (lots === 0n) return undefined;
  const balanced = supply(book, marginalTick) === demand(book, marginalTick + 1n);
  return {
    marginalTick,
    priceTick: balanced ? midpoint(book, marginalTick) : marginalTick,
    lots,
    bidAllotment: lots - demand(book, marginalTick + 1n),
    bidVolume: volumeAt(book, "buy", marginalTick),
    askAllotment: lots - supply(book, marginalTick - 1n),
    askVolume: volumeAt(book, "sell", marginalTick),
  };
}
