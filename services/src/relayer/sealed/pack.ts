/** How strips go into chunks, and how many a commit can hold. */
import {
  buildCommit,
  type ChunkLimits,
  isWattbookError,
  CHUNK_LIMITS,
  type SealedCommit,
  type SignedStrip,
  type Terms,
} from "@wattbook/sdk";

/**
 * Limits of chunks. Whatever the relayer checked, others' orders may fill a tick before its turn, a member may trade for the first time,
 * and slots that were cleared out of memory never had their words written: a chunk that does not fit its transaction would
 * cost the bond, so every word counts as new and every entry as refused.
 */
export function chunkLimits({ wideTicks }: Pick<Terms, "wideTicks">): ChunkLimits {
  return wideTicks ? { ...CHUNK_LIMITS, ticksPerWord: 8 } : CHUNK_LIMITS;
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
export function commitTo(strips: readonly SignedStrip[], terms: Pick<Terms, "wideTicks">): SealedCommit {
  return buildCommit(strips, chunkLimits(terms));
}

/** Whether a chunk can hold a strip. */
export function fitsChunk(signed: SignedStrip, terms: Pick<Terms, "wideTicks">): boolean {
  try {
    commitTo([signed], terms);
    return true;
  } catch (error) {
    if (isWattbookError(error, "OVER_CHUNK_LIMIT")) return false;
    throw error;
  }
}

/** Strips that are taken before chunks are counted anew; so many chunks a commit may have beyond what was asked for, at worst. */
const BETWEEN = 16;

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
}
