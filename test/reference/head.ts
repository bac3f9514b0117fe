import { join, number, slice, uint, word } from "./bytes.ts";

/** What a record reserved: energy in Wh, money in base units. `entries` counts all entries, accepted or not. */
export interface Head {
  sellWh: bigint;
  buyWh: bigint;
  reserve: bigint;
  entries: bigint;
  module: bigint;
}

/** Low bit first: sellWh 48, buyWh 48, reserve 96, entries 16, module 8. */
export function packHead({ sellWh, buyWh, reserve, entries, module }: Head): bigint {
  return number(join([uint(module, 1), uint(entries, 2), uint(reserve, 12), uint(buyWh, 6), uint(sellWh, 6)]));
}

export function unpackHead(packed: bigint): Head {
  const data = word(packed);
  return {
    module: number(slice(data, 5, 1)),
    entries: number(slice(data, 6, 2)),
    reserve: number(slice(data, 8, 12)),
    buyWh: number(slice(data, 20, 6)),
    sellWh: number(slice(data, 26, 6)),
  };
}
