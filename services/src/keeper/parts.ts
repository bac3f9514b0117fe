/** Cuts what is due into calls that fit a transaction. */
import type { UnsignedCall } from "@wattbook/sdk";

/** Most that goes into a call. */
export interface CallLimits {
  readonly items: number;
  /** Bytes of calldata; pools of transactions take up to 128 KiB in all. */
  readonly bytes: number;
}

/** A call, and how many items it has. */
export interface Part {
  readonly call: UnsignedCall;
  readonly items: number;
  /** The same in two calls; none for a single item. */
  readonly halves: () => Part[];
}

/**
 * Calls for all items, in order, each within the limits; a single item may exceed `bytes`.
 * @param make The call for some of them.
 */
export function partsOf<T>(
  items: readonly T[],
  make: (some: readonly T[]) => UnsignedCall,
  limits: CallLimits,
): Part[] {
  const parts: Part[] = [];
  for (let start = 0; start < items.length;) {
    let part = partOf(items.slice(start, start + limits.items), make);
    while (part.items > 1 && bytesOf(part.call) > limits.bytes) part = part.halves()[0] ?? part;
    parts.push(part);
    start += part.items;
  }
  return parts;
}

function partOf<T>(items: readonly T[], make: (some: readonly T[]) => UnsignedCall): Part {
  const half = Math.ceil(items.length / 2);
  const halves = () => [items.slice(0, half), items.slice(half)].map((some) => partOf(some, make));
  return { call: make(items), items: items.length, halves: items.length > 1 ? halves : () => [] };
}

function bytesOf({ data }: UnsignedCall): number {
  return data.length / 2 - 1;
}
