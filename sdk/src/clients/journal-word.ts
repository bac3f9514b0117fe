/** The word in which the escrow keeps a member's journal of a period (`contracts/types/Journal.sol`). */
import { unpackWord } from "../internal/words.ts";

/** How far a journal is. */
export const JOURNAL_STATES = ["open", "metered", "settled", "estimated", "claimed"] as const;
/** How far a journal is settled. */
export type JournalState = (typeof JOURNAL_STATES)[number];

/** What a member's journal of a period counts. */
export interface JournalCounts {
  readonly entries: bigint;
  readonly records: bigint;
  /** One past the last slot that a strip covers. */
  readonly frontier: bigint;
  readonly state: JournalState;
}

/** A member's journal of a period. */
export interface JournalInfo extends JournalCounts {
  /** 204 bits; see `journalOf`, `readingHash`, `settledHash`. */
  readonly hash: bigint;
}

/** Low bit first; the tag is the period's, of no use to whoever asked for the period. */
const JOURNAL_WORD = [
  { name: "tag", bits: 20 },
  { name: "entries", bits: 12 },
  { name: "records", bits: 8 },
  { name: "frontier", bits: 8 },
  { name: "state", bits: 4 },
  { name: "hash", bits: 204 },
] as const;

/** Bits of an account in the words of `IPaymentEscrow.standings`. */
const ACCOUNT_BITS = 128n;

/** Reads the word that `IPaymentEscrow.journalWord` returns. */
export function unpackJournal(word: bigint): JournalInfo {
  const { hash, entries, records, frontier, state } = unpackWord(JOURNAL_WORD, word);
  return { hash, entries, records, frontier, state: stateOf(state) };
}

/** Reads what is above the account in a word that `IPaymentEscrow.standings` returns: the low half of the journal. */
export function unpackCounts(word: bigint): JournalCounts {
  const { entries, records, frontier, state } = unpackWord(JOURNAL_WORD, word >> ACCOUNT_BITS);
  return { entries, records, frontier, state: stateOf(state) };
}

/** The state of a number. */
export function stateOf(state: bigint): JournalState {
  return JOURNAL_STATES[Number(state)] ?? "open";
}
