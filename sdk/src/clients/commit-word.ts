/** A relayer's commit as `CommitBook` packs it. */
import { asAddress } from "../hex.ts";
import type { Address, Hex } from "../hex.ts";
import { asPeriod } from "../units.ts";
import type { Period } from "../units.ts";

/** What became of a commit's bond. */
export const COMMIT_FATES = ["pending", "released", "forfeited"] as const;
/** One of `COMMIT_FATES`. */
export type CommitFate = (typeof COMMIT_FATES)[number];

/** A commit of a sealed period. */
export interface CommitInfo {
  readonly relayer: Address;
  readonly period: Period;
  /** Chunks in all, and those revealed so far, in their order. */
  readonly chunks: bigint;
  readonly revealed: bigint;
  /** Strips in the chunks that are not revealed. */
  readonly stripsLeft: bigint;
  /** Challenges without an answer. */
  readonly challenges: bigint;
  /** Whether the coordinator had named the relayer. */
  readonly named: boolean;
  readonly fate: CommitFate;
  /** Root over the hashes of its chunks. */
  readonly root: Hex;
}

/** `| relayer 160 | period 32 | chunks 8 | revealed 8 | strips left 16 | challenges 28 | named 1 | fate 2 |`, low bit first. */
export function unpackCommit(word: bigint, root: Hex): CommitInfo | null {
  if (word === 0n) return null;
  const field = (shift: bigint, bits: number) => BigInt.asUintN(bits, word >> shift);
  return {
    relayer: asAddress(`0x${field(0n, 160).toString(16).padStart(40, "0")}`, "relayer"),
    period: asPeriod(field(160n, 32)),
    chunks: field(192n, 8),
    revealed: field(200n, 8),
    stripsLeft: field(208n, 16),
    challenges: field(224n, 28),
    named: field(252n, 1) === 1n,
    fate: COMMIT_FATES[Number(field(253n, 2))] ?? "pending",
    root,
  };
}
