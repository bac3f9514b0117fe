/** What a reveal that also clears cannot do without. */
import type { Call, Measured } from "../types.ts";
import { DIGEST_BYTES, ENTRY_BYTES, PREFIX_BYTES, RECORD_BYTES, STRIP_BYTES, type PlacedStrip } from "./place.ts";
import { accountWords, hashed, part, sentParts } from "./parts.ts";

/**
 * Words of the storage layout: per strip the member's, its pledge's and its journal's, per pair of neighbours their account's to read;
 * the words with the results of all slots, the groups of slots to read, no tick words; per call the commit's, the pot's and the fee account's.
 */
export function revealed(call: Call, strips: readonly PlacedStrip[], results: number, groups: number): Measured {
  const hashing = strips.flatMap(({ entries: { length } }) => [
    ...hashed("entries", length * ENTRY_BYTES, 1),
    ...hashed("payloads", length * (ENTRY_BYTES + PREFIX_BYTES), 1),
  ]);
  const parts = [
    ...sentParts(call),
    part("registry, escrow, commit book, tariff", "account", 4),
    part("terms, tariff version, escrow's copy of the terms, root", "read", 4),
    part("members", "read", strips.length),
    part("accounts", "read", accountWords(strips.map(({ home }) => home.member))),
    part("pledges", "rewrite", strips.length),
    part("journals", "rewrite", strips.length),
    part("commit, pot, relayer's fees", "rewrite", 3),
    part("slot groups", "read", groups),
    part("slot results", "rewrite", results),
    part("signatures", "signature", strips.length),
    ...hashing,
    ...hashed("strips", STRIP_BYTES, strips.length),
    ...hashed("digests", DIGEST_BYTES, strips.length),
    ...hashed("journals", RECORD_BYTES, strips.length),
  ];
  return { call, parts };
}
