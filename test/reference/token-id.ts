import { join, number, uint } from "./bytes.ts";

/** Community 32 bits, vintage (period) 32, zone 16, source 8, high bits first. */
export function tokenId(community: bigint, vintage: bigint, zone: bigint, source: bigint): bigint {
  return number(join([uint(community, 4), uint(vintage, 4), uint(zone, 2), uint(source, 1)]));
}
