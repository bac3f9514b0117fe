/** How strips go into chunks, and how many a commit can hold. */
import {
  buildCommit,
  CHECKED_LIMITS,
  CHUNK_LIMITS,
  type ChunkLimits,
  isWattbookError,
  type SealedCommit,
  type SignedStrip,
  type Terms,
  type UsedWords,
} from "@wattbook/sdk";
import { signedOf, type StripRow } from "../store/strips.ts";
import { slotsInGroup } from "../strips/busy.ts";
import { ticksPerWord, wordsPerSide } from "./used.ts";

/** What of terms limits depend on. */
export type Grid = Pick<Terms, "slotsPerPeriod" | "tickCount" | "wideTicks">;

/** What is known when chunks are planned. */
export interface Knowledge {
  /** Words that are not new; none if left out. */
  readonly used?: UsedWords;
  /** Whether every entry was checked in the period of the gate. */
  readonly checked?: boolean;
}

/** Gas of the first write to a word. */
const NEW_WORD = 22_100n;
/** Gas of reading a word. */
const READ = 2_100n;
/** Gas of a slot but for reading its words, and for each of these besides reading it. */
const SLOT = 5_000n;
const SLOT_WORD = 200n;

/**
 * Limits of chunks. A chunk that does not fit its transaction costs the bond, so they hold in the worst case: others committed later, so
 * that every word is written instead of cleared out of memory; others' orders came first, so that every word of a slot is live and read;
 * what is not known to be used is new; what was not checked is refused.
 */
export function chunkLimits(grid: Grid, { used, checked = false }: Knowledge = {}): ChunkLimits {
  const limits = checked ? CHECKED_LIMITS : CHUNK_LIMITS;
  const words = BigInt(2 * wordsPerSide(grid));
  const inGroup = slotsInGroup(grid);
  const groups = (grid.slotsPerPeriod + inGroup - 1n) / inGroup;
  return {
    ...limits,
    gas: limits.gas - groups * NEW_WORD,
    gasPerSlot: SLOT + words * (SLOT_WORD + READ),
    // Its slot has paid for reading it.
    gasPerWord: limits.gasPerWord - READ,
    ticksPerWord: ticksPerWord(grid),
    used,
  };
}

/** What of a strip its place depends on. */
interface Placed {
  readonly member: number;
  /** Where it goes on in its member's period. */
  readonly starts: number;
}

/** Members ascend, which is cheapest; strips of one member stand in the order in which they go on. */
export function inOrder<R extends Placed>(rows: readonly R[]): R[] {
  const sorted = [...rows].sort((a, b) => a.member - b.member || a.starts - b.starts);
  let rank = 0;
  const ranked = sorted.map((row, index) => {
    rank = sorted[index - 1]?.member === row.member ? rank + 1 : 0;
    return { row, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank || a.row.member - b.row.member).map(({ row }) => row);
}

/** The commit to some strips, in the order given. @throws BadLengthError beyond what a commit can hold */
export function commitTo(strips: readonly SignedStrip[], grid: Grid, knowledge?: Knowledge): SealedCommit {
  return buildCommit(strips, chunkLimits(grid, knowledge));
}

/** What a commit to some strips is made of: whoever counts its chunks beforehand has to pack as the committer does. */
export function bundleOf(rows: readonly StripRow[], grid: Grid, knowledge?: Knowledge) {
  const ordered = inOrder(rows);
  return { rows: ordered, commit: commitTo(ordered.map(signedOf), grid, knowledge) };
}

/** Chunks of that commit; infinitely many where no commit can hold them. */
export function chunksFor(rows: readonly StripRow[], grid: Grid, knowledge?: Knowledge): number {
  try {
    return bundleOf(rows, grid, knowledge).commit.chunks.length;
  } catch (error) {
    if (isWattbookError(error, "BAD_LENGTH")) return Infinity;
    throw error;
  }
}

/** Whether a chunk can hold a strip though nothing is known: a receipt has to be good even if the node tells nothing before the gate. */
export function fitsChunk(signed: SignedStrip, grid: Grid): boolean {
  try {
    commitTo([signed], grid);
    return true;
  } catch (error) {
    if (isWattbookError(error, "OVER_CHUNK_LIMIT")) return false;
    throw error;
  }
}

/** Strips that are taken before chunks are counted anew; so many chunks a commit may have beyond what was asked for, at worst. */
export const BETWEEN = 16;

/** Room in the commit to one period. A strip adds a chunk at most, so chunks are counted only where they may be too many by now. */
export class Room {
  readonly #most: number;
  #counted = 0;
  #since = 0;
  #full = false;

  /** @param most Chunks. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Whether one more strip is taken.
   * @param held Strips that are held already.
   * @param count Counts the chunks that they take.
   */
  takes(held: number, count: () => number): boolean {
    const since = held - this.#since;
    if (!this.#full && since >= BETWEEN && this.#counted + since >= this.#most) {
      [this.#counted, this.#since] = [count(), held];
      this.#full = this.#counted >= this.#most;
    }
    return !this.#full;
  }

  /** More is known by now, and may make chunks fewer: they are counted anew. */
  reopen(): void {
    if (!this.#full) return;
    this.#full = false;
    this.#since = -BETWEEN;
  }
}
