import { at, range, smaller, smallest } from "./arrays.ts";
import { demand, supply, volumeAt, type Order } from "./book.ts";

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
