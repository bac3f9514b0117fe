import { volumeAt, type Order } from "./book.ts";
import type { Clearing } from "./clearing.ts";
import type { Side } from "./entries.ts";

/** Lots of the marginal tick that fill up to a point in its queue: the telescoping share. */
function filledBefore(queued: bigint, allotment: bigint, tickVolume: bigint): bigint {
  return tickVolume === 0n ? 0n : (queued * allotment) / tickVolume;
}

/** Fill of one order from its own receipt: its tick, its lots and the tick volume before it. */
export function fillOf(
  clearing: Clearing | undefined,
  { side, tick, lots }: { side: Side; tick: bigint; lots: bigint },
  prefix: bigint,
): bigint {
  if (clearing === undefined) return 0n;
  if (tick !== clearing.marginalTick) {
    const inside = side === "buy" ? tick > clearing.marginalTick : tick < clearing.marginalTick;
    return inside ? lots : 0n;
  }
  const { bidAllotment, bidVolume, askAllotment, askVolume } = clearing;
  const [allotment, tickVolume] = side === "buy" ? [bidAllotment, bidVolume] : [askAllotment, askVolume];
  return filledBefore(prefix + lots, allotment, tickVolume) - filledBefore(prefix, allotment, tickVolume);
}

/** Fills of a whole book by order id, in order of acceptance. */
export function fills(book: readonly Order[], clearing: Clearing | undefined): Map<string, bigint> {
  return new Map(
    book.map((order, i) => {
      const prefix = volumeAt(book.slice(0, i), order.side, order.tick);
      return [order.id, fillOf(clearing, order, prefix)];
    }),
  );
}
