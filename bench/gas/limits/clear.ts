/**
 * What clearing cannot do without: bids above and asks below the price read, the words with the results and the groups of the slots written.
 * `fresh`: the results for the first time.
 */
import type { Call, Measured } from "../types.ts";
import { part, sentParts } from "./parts.ts";
import { resultWordsOf, type LiveBook } from "./book.ts";

export function cleared(call: Call, book: LiveBook, slots: readonly number[], fresh = false): Measured {
  const parts = [
    ...sentParts(call),
    part("terms", "read", 1),
    part("tick words up to the price", "read", book.leastToClear(slots)),
    part("slot groups", "rewrite", book.groupsOf(slots).size),
    part("slot results", fresh ? "create" : "rewrite", resultWordsOf(slots).size),
  ];
  return { call, parts };
}
