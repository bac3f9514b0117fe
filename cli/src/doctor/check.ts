/** One thing that is looked at. */
import type { ExitCode } from "../lib/errors.ts";

/** `skip`: something before it failed. */
export type State = "ok" | "warn" | "fail" | "skip";

/** What a check found. */
export interface Finding {
  readonly check: string;
  readonly state: State;
  readonly found: string;
  /** What to do; null where nothing is wrong. */
  readonly advice: string | null;
  /** How the command exits where this fails. */
  readonly exit: ExitCode;
}

/** What a group of checks leaves to those after it; undefined where they cannot go on. */
export interface Looked<T> {
  readonly findings: readonly Finding[];
  readonly value: T | undefined;
}
