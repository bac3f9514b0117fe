/** Which strips go into which call. */
import {
  buildCommit,
  CHECKED_LIMITS,
  type ChunkLimits,
  isWattbookError,
  ringLength,
  type Terms,
  USED_RINGS,
} from "@wattbook/sdk";
import { signedOf, type StripRow } from "../store/strips.ts";

/**
 * Limits of a call that posts. A call holds the same strips as a chunk that is revealed. In the first periods of a community every
 * word that a call writes is new.
 * @param first The first period of the community with a record; null where there is none.
 */
export function limitsOf(terms: Terms, period: number, first: number | null): ChunkLimits {
  const old = first !== null && BigInt(period) >= BigInt(first) + ringLength(terms);
  const limits = old ? { ...CHECKED_LIMITS, ...USED_RINGS } : CHECKED_LIMITS;
  return terms.wideTicks ? { ...limits, ticksPerWord: 8 } : limits;
}

/**
 * Limits after a call that they planned was measured: what they allow for is too much where not every word is new.
 * @param gas What the call takes.
 * @param target What a call may take.
 */
export function measured(limits: ChunkLimits, gas: bigint, target: bigint): ChunkLimits {
  return gas < target ? { ...limits, gas: (limits.gas * target) / gas } : limits;
}

/** A strip that can be posted now is the first of its member that waits: its next one needs its place in the journal. */
export function firstOfMembers(rows: readonly StripRow[]): StripRow[] {
  return rows.filter((row, index) => {
    const before = rows[index - 1];
    return before?.member !== row.member || before.period !== row.period || before.community !== row.community;
  });
}

/** Cuts strips of one period, members ascending, into calls. */
export function callsOf(rows: readonly StripRow[], limits: ChunkLimits): StripRow[][] {
  if (rows.length === 0) return [];
  let at = 0;
  try {
    return buildCommit(rows.map(signedOf), limits).chunks.map(({ strips }) => rows.slice(at, (at += strips)));
  } catch (error) {
    if (!isWattbookError(error, "OVER_CHUNK_LIMIT")) throw error;
    // One alone is beyond what is allowed for: its estimate has to tell whether it fits.
    const large = rows.findIndex((row) => isLarge(row, limits));
    return [
      ...callsOf(rows.slice(0, large), limits),
      rows.slice(large, large + 1),
      ...callsOf(rows.slice(large + 1), limits),
    ];
  }
}

function isLarge(row: StripRow, limits: ChunkLimits): boolean {
  try {
    buildCommit([signedOf(row)], limits);
    return false;
  } catch {
    return true;
  }
}

/** Rows of the same community and period. */
export function byPeriod<R extends { readonly community: number; readonly period: number }>(rows: readonly R[]): R[][] {
  const groups = new Map<string, R[]>();
  for (const row of rows) {
    const key = `${row.community}:${row.period}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}
