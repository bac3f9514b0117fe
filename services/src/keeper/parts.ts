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
    let some = items.slice(start, start + limits.items);
    let call = make(some);
    while (some.length > 1 && bytesOf(call) > limits.bytes) {
      some = some.slice(0, Math.ceil(some.length / 2));
      call = make(some);
    }
    parts.push({ call, items: some.length });
    start += some.length;
  }
  return parts;
}

function bytesOf({ data }: UnsignedCall): number {
  return data.length / 2 - 1;
}
