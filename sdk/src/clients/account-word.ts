/** The half word in which the escrow keeps a member's money and trading state (`contracts/types/Account.sol`). */
import { unpackWord } from "../internal/words.ts";
import { asAmount } from "../units.ts";
import type { Amount } from "../units.ts";

/**
 * A member's money and switches. What its accepted orders reserved is not in it: the records of its open journals say
 * (`LogReader.reserved`).
 */
export interface Account {
  /** Can be withdrawn at any time. */
  readonly free: Amount;
  /** Strips of another epoch are void. */
  readonly epoch: bigint;
  /** Bit i: module i is enabled. */
  readonly modules: bigint;
}

/** What accepting a strip looks at. */
export interface Standing extends Account {
  /** Above the credit line: new orders are refused. */
  readonly inDebt: boolean;
}

/** Low bit first. */
const ACCOUNT_WORD = [
  { name: "free", bits: 64 },
  { name: "epoch", bits: 32 },
  { name: "modules", bits: 16 },
  { name: "open", bits: 1 },
  { name: "debt", bits: 1 },
  { name: "fund", bits: 1 },
  { name: "aboveLine", bits: 1 },
] as const;

/** Reads a word that `IPaymentEscrow.standings` returns. */
export function unpackStanding(word: bigint): Standing {
  const { free, epoch, modules, aboveLine } = unpackWord(ACCOUNT_WORD, word);
  return { free: asAmount(free), epoch, modules, inDebt: aboveLine === 1n };
}
