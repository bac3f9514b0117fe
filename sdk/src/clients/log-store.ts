/** Where a scan keeps what it found, so that the next one goes on from there. */
import { CheckpointInvalidError } from "./fault-errors.ts";
import type { ScannedLog } from "./scan.ts";

/** A block that was scanned, with the hash that it had. */
export interface Anchor {
  readonly block: number;
  readonly hash: string;
}

/** How far a scan is, and by which blocks it finds out whether the chain was reorganised. */
export interface Checkpoint {
  readonly format: 1;
  /** Addresses and topics of the scan. */
  readonly key: string;
  readonly nextBlock: number;
  /** Oldest first; the last one is block `nextBlock - 1`. */
  readonly anchors: readonly Anchor[];
}

/** All logs up to a checkpoint. Strings and numbers only: `JSON.stringify` keeps it. */
export interface LogState {
  readonly checkpoint: Checkpoint;
  readonly logs: readonly ScannedLog[];
}

/** Keeps states: in memory, in a file, in a browser's storage. */
export interface LogStore {
  /** What was saved under a key; undefined where nothing was. Parsed JSON will do. */
  load(key: string): Promise<unknown>;
  /** Called after each chunk. */
  save(key: string, state: LogState): Promise<void>;
}

/**
 * Keeps states as long as the program runs.
 * @example
 * const store = new MemoryLogStore();
 * const reader = await (await connect(wallet, deployment)).logs(community, { store });
 */
export class MemoryLogStore implements LogStore {
  readonly #states = new Map<string, LogState>();

  load(key: string): Promise<LogState | undefined> {
    return Promise.resolve(this.#states.get(key));
  }

  save(key: string, state: LogState): Promise<void> {
    this.#states.set(key, state);
    return Promise.resolve();
  }
}

/**
 * Checks a state that was loaded.
 * @throws CheckpointInvalidError naming the field
 */
export function parseLogState(key: string, json: unknown): LogState {
  const { checkpoint, logs } = fieldsOf("state", json);
  const { format, key: found, nextBlock, anchors } = fieldsOf("checkpoint", checkpoint);
  if (format !== 1) throw new CheckpointInvalidError("format", format, "1");
  if (found !== key) throw new CheckpointInvalidError("key", found, `"${key}"`);
  if (!isBlock(nextBlock)) throw new CheckpointInvalidError("nextBlock", nextBlock, "a block number");
  if (!Array.isArray(anchors) || !anchors.every(isAnchor)) {
    throw new CheckpointInvalidError("anchors", anchors, "a list of blocks with their hashes");
  }
  const outside = (log: unknown) => !isLog(log) || log.blockNumber >= nextBlock;
  if (!Array.isArray(logs) || logs.some(outside)) {
    throw new CheckpointInvalidError("logs", "a list", "a list of logs before nextBlock");
  }
  const last = anchors.at(-1)?.block;
  if (last === undefined ? logs.length > 0 : last !== nextBlock - 1) {
    throw new CheckpointInvalidError("anchors", anchors, `a list that ends with block ${nextBlock - 1}`);
  }
  return { checkpoint: { format, key, nextBlock, anchors }, logs: logs as ScannedLog[] };
}

function fieldsOf(field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null) return value as Readonly<Record<string, unknown>>;
  throw new CheckpointInvalidError(field, value, "an object");
}

function isBlock(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAnchor(value: unknown): value is Anchor {
  return (
    typeof value === "object" &&
    value !== null &&
    isBlock((value as Anchor).block) &&
    typeof (value as Anchor).hash === "string"
  );
}

function isLog(value: unknown): value is ScannedLog {
  const log = value as ScannedLog | null;
  return (
    typeof log === "object" &&
    log !== null &&
    isBlock(log.blockNumber) &&
    Array.isArray(log.topics) &&
    typeof log.data === "string"
  );
}
