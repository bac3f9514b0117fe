/**
 * What clearing cannot do without: bids above and asks below the price read, header and result of each slot written. `fresh`: the
 * result for the first time.
 */
import type { Call, Measured } from "../types.ts";
import { part, sentParts } from "./parts.ts";
import type { LiveBook } from "./book.ts";

export function cleared(call: Call, book: LiveBook, slots: readonly number[], fresh = false): Measured {
  const parts = [
    ...sentParts(call),
    part("terms", "read", 1),
    part("tick words up to the price", "read", book.leastToClear(slots)),
    part("slot headers", "rewrite", slots.length),
    part("slot results", fresh ? "create" : "rewrite", slots.length),
  ];
  return { call, parts };
}
