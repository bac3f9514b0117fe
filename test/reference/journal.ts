import { join, keccak, number, uint, word, type Hex } from "./bytes.ts";

/** Wh over all modules in one slot. */
export interface Position {
  bought: bigint;
  sold: bigint;
}

/** The journal of a period before its first record. */
export const EMPTY_JOURNAL = 0n;

/** The high 204 bits of a hash. */
function h204(data: Hex): bigint {
  return number(keccak(data)) >> 52n;
}

export function afterRecord(journal: bigint, head: bigint, digest: Hex, payload: Hex): bigint {
  return h204(join([word(journal), word(head), digest, keccak(payload)]));
}

/** Left out where the period is estimated. */
export function afterReading(journal: bigint, values: Hex, gapLeg: bigint): bigint {
  return h204(join([word(journal), keccak(values), word(gapLeg)]));
}

/** Eight bytes per slot: bought 4, sold 4. */
export function encodePosition(position: readonly Position[]): Hex {
  return join(position.flatMap(({ bought, sold }) => [uint(bought, 4), uint(sold, 4)]));
}

export function afterSettlement(journal: bigint, position: readonly Position[]): bigint {
  return h204(join([word(journal), keccak(encodePosition(position))]));
}
