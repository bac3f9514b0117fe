import { join, keccak, numbers, slice, uint, type Hex } from "./bytes.ts";
import type { Strip } from "./messages.ts";

/** A strip as it stands in a chunk, field by field, then its signature, the number of its entries and the entries. */
export function packStrip(strip: Strip, r: Hex, vs: Hex): Hex {
  const { member, after, epoch, deadline, maxReserve, feePerEntry, entries } = strip;
  const fields = [uint(member, 4), uint(after, 1), uint(epoch, 4), uint(deadline, 5), uint(maxReserve, 12)];
  const count = BigInt(numbers(entries, 4).length);
  return join([...fields, uint(feePerEntry, 4), r, vs, uint(count, 2), entries]);
}

export const packChunk = (feeTo: Hex, strips: readonly Hex[]): Hex => join([feeTo, ...strips]);

export const chunkHash = (chunk: Hex): Hex => keccak(chunk);

/** The packed strips of a chunk, one behind the other. */
export function stripsOf(chunk: Hex): Hex[] {
  const strips: Hex[] = [];
  let rest = slice(chunk, 20, chunk.length / 2 - 21);
  while (rest !== "0x") {
    const [count = 0n] = numbers(slice(rest, 94, 2), 2);
    const length = 96 + 4 * Number(count);
    strips.push(slice(rest, 0, length));
    rest = slice(rest, length, rest.length / 2 - 1 - length);
  }
  return strips;
}
