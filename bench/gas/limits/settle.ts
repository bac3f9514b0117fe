/** What settling cannot do without. */
import type { Call, Measured } from "../types.ts";
import { resultWordsOf } from "./book.ts";
import { accountWords, hashed, part, sentParts } from "./parts.ts";

const READING_BYTES = 9 * 32;
const DIGEST_BYTES = 66;
const RECORD_BYTES = 4 * 32;
/** Import and export in a slot. */
const VALUE_BYTES = 6;
const ENTRY_AND_PREFIX_BYTES = 6;
/** Wh bought and sold in a slot. */
const POSITION_BYTES = 8;

/** A member that is settled, and how many entries it placed. */
export interface SettledItem {
  readonly home: { readonly member: number };
  readonly entries: number;
}

/**
 * The words with the results of all slots are read; per slot its ledger word is rewritten; per member its member and meter-key words are read, its journal, meter
 * and account rewritten; per call pot, supplier, DSO and the settler's fees. `fresh`: the ledger is used for the first time.
 */
export function settled(call: Call, slots: number, items: readonly SettledItem[], fresh = false): Measured {
  const members = items.length;
  const parts = [
    ...sentParts(call),
    part("registry, escrow, order book, tariff", "account", 4),
    part("terms, class, module, tariff version, payment token", "read", 5),
    part("slot results", "read", resultWordsOf(Array.from({ length: slots }).keys()).size),
    part("slot ledger", fresh ? "create" : "rewrite", slots),
    part("pot, supplier, DSO, settler's fees", "rewrite", 4),
    part("members, meter keys", "read", 2 * members),
    part("journals, meters", "rewrite", 2 * members),
    part("accounts", "rewrite", accountWords(items.map(({ home }) => home.member))),
    part("signatures", "signature", members),
    ...hashed("values", slots * VALUE_BYTES, members),
    ...hashed("readings", READING_BYTES, members),
    ...hashed("digests", DIGEST_BYTES, members),
    ...items.flatMap(({ entries }) => hashed("payloads", entries * ENTRY_AND_PREFIX_BYTES, 1)),
    ...hashed("journals", RECORD_BYTES, members),
    ...hashed("positions", slots * POSITION_BYTES, members),
  ];
  return { call, parts };
}
