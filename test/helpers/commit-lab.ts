/** The commit book without a market around it, and what its tests share. */
import { keccak256, toBeHex } from "ethers";
import type { Connection } from "./market.ts";
import { rootOf, type Shown } from "../reference/chunk-chain.ts";
import { newSealed, type Calendar, type Sealed } from "../reference/sealed.ts";

/** Periods of 1,000 s, of which two ahead are open; gate 200 s before the start, turns of 10 s. */
export const CALENDAR: Calendar = { periodLength: 1_000n, horizon: 2n, gateClosure: 200n, revealWindow: 80n };
export const RING = CALENDAR.horizon + 2n;
export const COMMUNITY = 7;

export async function deployLab(connection: Connection, calendar = CALENDAR) {
  return await connection.ethers.deployContract("CommitLab", [calendar]);
}
export type CommitLab = Awaited<ReturnType<typeof deployLab>>;

export const relayer = (index: number): string => toBeHex(0xa000 + index, 20);
export const digest = (index: number): string => keccak256(toBeHex(index, 32));

/** What a relayer commits to in a period: hashes of chunks and the strips of each. */
export interface Bundle {
  readonly hashes: string[];
  readonly strips: number[];
}

/** Chunks of `strips` strips each, whose contents are nobody's business here. */
export const bundleOf = (seed: number, strips: number[]): Bundle => ({
  hashes: strips.map((_, index) => digest(1_000 * seed + index)),
  strips,
});

export const sizeOf = ({ hashes, strips }: Bundle) => ({
  root: rootOf(hashes),
  chunks: hashes.length,
  strips: strips.reduce((sum, count) => sum + count, 0),
});

export const when = (period: bigint, time: bigint) => ({ community: COMMUNITY, period, time });

export const model = (): Sealed => newSealed(CALENDAR);

/** A chunk that does not stand where it says, one way or another. */
export function tampered({ chunk, before, rest }: Shown, way: number): Shown {
  const other = digest(99);
  switch (way % 4) {
    case 0:
      return { chunk: other, before, rest };
    case 1:
      return { chunk, before, rest: other };
    case 2:
      return before.length > 0 ? { chunk, before: [other, ...before.slice(1)], rest } : { chunk: rest, before, rest };
    default:
      return { chunk, before, rest: rest === chunk ? other : chunk };
  }
}
