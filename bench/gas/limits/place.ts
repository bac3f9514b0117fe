/** What placing orders cannot do without. */
import type { Entry } from "../../../test/helpers/market.ts";
import type { Call, Measured } from "../types.ts";
import type { LiveBook } from "./book.ts";
import { accountWords, hashed, part, sentParts } from "./parts.ts";

/** A strip, signed or in its owner's own transaction. */
export interface PlacedStrip {
  readonly home: { readonly member: number };
  readonly entries: readonly Entry[];
}

export const ENTRY_BYTES = 4;
export const PREFIX_BYTES = 2;
/** Members of the signed structure with its type hash, and what EIP-712 hashes around it. */
export const STRIP_BYTES = 11 * 32;
export const DIGEST_BYTES = 66;
/** Journal, head, digest and the payload's hash. */
export const RECORD_BYTES = 4 * 32;

/**
 * Words of the storage layout: per strip the member's and its journal's, per pair of neighbours their account's; per call the pot's, the fee account's where
 * fees are paid, and what is read of the community. `fresh…`: words that are used for the first time.
 */
export function placed(
  call: Call,
  book: LiveBook,
  strips: readonly PlacedStrip[],
  { own = false, fees = true, freshBook = false, freshJournal = false } = {},
): Measured {
  const bookWrite = freshBook ? "create" : "rewrite";
  const { tickWords, groupsMade, groupsWritten, groupsRead } = book.touch(strips.flatMap(({ entries }) => entries));
  const hashing = strips.flatMap(({ entries: { length } }) => [
    ...hashed("entries", length * ENTRY_BYTES, 1),
    ...hashed("payloads", length * (ENTRY_BYTES + PREFIX_BYTES), 1),
  ]);
  const parts = [
    ...sentParts(call),
    part("registry, escrow, tariff", "account", 3),
    part("terms, pause with tariff version, escrow's copy of the terms", "read", 3),
    part("members", "read", strips.length),
    part("accounts", "rewrite", accountWords(strips.map(({ home }) => home.member))),
    part("journals", freshJournal ? "create" : "rewrite", strips.length),
    part("pot", "rewrite", 1),
    part("payment token", "read", fees ? 1 : 0),
    part("relayer's fees", "rewrite", fees ? 1 : 0),
    part("tick words", bookWrite, tickWords),
    part("slot groups", bookWrite, groupsMade),
    part("slot groups", "rewrite", groupsWritten),
    part("slot groups", "read", groupsRead),
    part("signatures", "signature", own ? 0 : strips.length),
    ...hashing,
    ...hashed("strips", STRIP_BYTES, strips.length),
    ...hashed("digests", DIGEST_BYTES, strips.length),
    ...hashed("journals", RECORD_BYTES, strips.length),
  ];
  return { call, parts };
}
