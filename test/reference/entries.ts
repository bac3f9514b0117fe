import { join, number, numbers, slice, uint, type Hex } from "./bytes.ts";

export type Side = "buy" | "sell";

/** One order of a strip; `slot` is the offset in the period. */
export interface Entry {
  slot: bigint;
  side: Side;
  tick: bigint;
  lots: bigint;
}

const ENTRY_BYTES = 4;

/** Slot 8 bits, side 1, tick 7, lots 16. */
export function encodeEntries(entries: readonly Entry[]): Hex {
  return join(
    entries.map(({ slot, side, tick, lots }) => {
      if (tick > 127n) throw new RangeError(`tick ${tick} does not fit 7 bits`);
      return join([uint(slot, 1), uint((side === "sell" ? 128n : 0n) + tick, 1), uint(lots, 2)]);
    }),
  );
}

export function decodeEntries(data: Hex): Entry[] {
  return numbers(data, ENTRY_BYTES).map((packed) => {
    const sideAndTick = (packed >> 16n) % 256n;
    return {
      slot: packed >> 24n,
      side: sideAndTick >= 128n ? "sell" : "buy",
      tick: sideAndTick % 128n,
      lots: packed % 65536n,
    };
  });
}

/** Entries of a strip ascend strictly by this: slot, side, tick. */
export function sortKey({ slot, side, tick }: Entry): bigint {
  return number(slice(encodeEntries([{ slot, side, tick, lots: 0n }]), 0, 2));
}
