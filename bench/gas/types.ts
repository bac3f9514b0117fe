/** From mined transactions to rows. */
import type { Part } from "./limits/parts.ts";

/** An account as it was before a transaction, as the node tells it; hex strings. */
export interface AccountBefore {
  readonly balance?: string;
  readonly nonce?: number | string;
  readonly code?: string;
  readonly storage?: Readonly<Record<string, string>>;
}

/** All that is needed to run a transaction again: itself, its block's header, and what it touched, as it was before. */
export interface Evidence {
  readonly transaction: Readonly<Record<string, string>>;
  readonly header: Readonly<Record<string, string>>;
  readonly before: Readonly<Record<string, AccountBefore>>;
}

/** A mined transaction. */
export interface Call {
  readonly what: string;
  /** Of the receipt, everything included. */
  readonly gas: bigint;
  /** Calldata, hex. */
  readonly data: string;
  /** From sending to the receipt; wall clock, says something only next to others of the same run. */
  readonly seconds: number;
  readonly logs: readonly { readonly topics: number; readonly bytes: number }[];
  readonly evidence: Evidence;
}

/** A transaction with the parts that no implementation of the same formats and storage can do without. */
export interface Measured {
  readonly call: Call;
  readonly parts: readonly Part[];
}

/** An operation that was measured: gas of `calls`, less that of `minus`, over `units`. */
export interface Measurement {
  /** The same in every run: rows are found by it. */
  readonly operation: string;
  readonly homes: number;
  readonly ticks: number;
  /** What a unit is: "entry". */
  readonly per: string;
  readonly units: number;
  readonly calls: readonly Measured[];
  readonly minus?: readonly Measured[];
  /** Whether it is expected to make storage words; everywhere else rings are warm and none is made. */
  readonly makesWords?: boolean;
}

/** Tells somebody who waits what is going on. */
export type Progress = (what: string) => void;
