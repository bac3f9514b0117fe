/** How long to wait before trying again. */
import { setTimeout as sleep } from "node:timers/promises";

/** Waits double from `first` up to `most`, each shortened at random by up to half so that many clients do not come at once. */
export interface Backoff {
  /** In all, the first one included. */
  readonly tries: number;
  /** Milliseconds. */
  readonly first: number;
  /** Milliseconds. */
  readonly most: number;
}

export const DEFAULT_BACKOFF: Backoff = { tries: 5, first: 250, most: 8_000 };

/** Milliseconds to wait after so many tries that failed. */
export function waitBefore({ first, most }: Backoff, failed: number, random: () => number = Math.random): number {
  const whole = Math.min(most, first * 2 ** Math.min(failed - 1, 30));
  return Math.round(whole * (1 - random() / 2));
}

/** Waits. @throws The signal's reason. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw error;
  });
}
