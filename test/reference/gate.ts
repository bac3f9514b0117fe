import { periodAt, periodEnd, type Grid } from "./community.ts";

/** Something a member or its coordinator changed, and from when on it counts for a gate. */
export interface Change<T> {
  from: bigint;
  to: Partial<T>;
}

/** An ordinary change counts from the start of the next period on. */
export function ordinary<T>(grid: Grid, now: bigint, to: Partial<T>): Change<T> {
  return { from: periodEnd(grid, periodAt(grid, now)), to };
}

/** A change at once counts for the gates of later seconds. */
export function atOnce<T>(now: bigint, to: Partial<T>): Change<T> {
  return { from: now + 1n, to };
}

/** What counts at a gate: every change in force by then, in the order in which they were made. */
export function asOfGate<T>(first: T, changes: readonly Change<T>[], gate: bigint): T {
  return changes.filter(({ from }) => from <= gate).reduce((state, { to }) => ({ ...state, ...to }), first);
}
