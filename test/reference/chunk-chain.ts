/** Hashes of chunks under one root: each is hashed with the root of those behind it, the last with zeros. */
import { join, keccak, type Hex } from "./bytes.ts";

const NOTHING: Hex = `0x${"00".repeat(32)}`;

/** A chunk, and where it stands among the hashes of its commit. */
export interface Shown {
  chunk: Hex;
  before: Hex[];
  rest: Hex;
}

/** Root of a list of chunk hashes. */
export function rootOf(hashes: readonly Hex[]): Hex {
  const [first, ...others] = hashes;
  return first === undefined ? NOTHING : keccak(join([first, rootOf(others)]));
}

/** The `index`-th of a list of chunk hashes with what stands before and behind it. */
export const shown = (hashes: readonly Hex[], index: number): Shown => ({
  chunk: hashes[index] ?? NOTHING,
  before: hashes.slice(0, index),
  rest: rootOf(hashes.slice(index + 1)),
});

/** Whether a chunk stands there in a commit of so many chunks, the last of which has nothing behind it. */
export function stands(commit: { root: Hex; chunks: number }, { chunk, before, rest }: Shown): boolean {
  const behind = before.length + 1;
  if (behind > commit.chunks || (behind === commit.chunks && rest !== NOTHING)) return false;
  const root = before.reduceRight((behind, hash) => keccak(join([hash, behind])), keccak(join([chunk, rest])));
  return root === commit.root;
}
