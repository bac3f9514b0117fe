import { at } from "./arrays.ts";
import { byteLength, join, numbers, slice, uint, type Hex } from "./bytes.ts";
import { decodeEntries, type Entry } from "./entries.ts";

/** Tick volume before an accepted entry, lots; undefined where the entry was not accepted. */
export type Prefix = bigint | undefined;

export interface Placed {
  entry: Entry;
  prefix: Prefix;
}

function prefixBytes(wide: boolean): number {
  return wide ? 4 : 2;
}

/** All ones: the prefix of an entry that was not accepted, and the most lots that a tick holds. */
export function allOnes(wide: boolean): bigint {
  return (1n << BigInt(8 * prefixBytes(wide))) - 1n;
}

export function encodePrefixes(prefixes: readonly Prefix[], wide: boolean): Hex {
  return join(prefixes.map((prefix) => uint(prefix ?? allOnes(wide), prefixBytes(wide))));
}

/** What the order book leaves in a journal: the strip's entries, then their prefixes. */
export function encodePayload(entries: Hex, prefixes: readonly Prefix[], wide: boolean): Hex {
  return join([entries, encodePrefixes(prefixes, wide)]);
}

export function decodePayload(payload: Hex, wide: boolean): Placed[] {
  const count = byteLength(payload) / (4 + prefixBytes(wide));
  const entries = decodeEntries(slice(payload, 0, 4 * count));
  const prefixes = numbers(slice(payload, 4 * count, prefixBytes(wide) * count), prefixBytes(wide));
  return entries.map((entry, i) => {
    const prefix = at(prefixes, i);
    return { entry, prefix: prefix === allOnes(wide) ? undefined : prefix };
  });
}
