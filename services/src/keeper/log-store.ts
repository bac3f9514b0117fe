/** Keeps scanned logs in a file, so that a restart goes on where the last scan stopped. */
import type { Checkpoint, LogState, LogStore, ScannedLog } from "@wattbook/sdk";
import { atOnce, openStore, type Store } from "../store/open.ts";

const MIGRATIONS = [
  `CREATE TABLE checkpoints (key TEXT PRIMARY KEY, checkpoint TEXT NOT NULL) STRICT;
   CREATE TABLE logs (key TEXT NOT NULL, position INTEGER NOT NULL, log TEXT NOT NULL, PRIMARY KEY (key, position)) STRICT;`,
];

/** A file of logs. What a save adds is written; what a reorganisation took away is deleted. */
export class SqliteLogStore implements LogStore {
  readonly store: Store;
  readonly path: string;
  /** Logs as they were last saved, by key. */
  readonly #saved = new Map<string, readonly ScannedLog[]>();

  /** @throws As `openStore`. */
  constructor(path: string) {
    this.path = path;
    this.store = openStore(path, MIGRATIONS);
  }

  close(): void {
    this.store.close();
  }

  load(key: string): Promise<LogState | undefined> {
    const found = this.store
      .prepare<[string], { checkpoint: string }>("SELECT checkpoint FROM checkpoints WHERE key = ?")
      .get(key);
    if (found === undefined) return Promise.resolve(undefined);
    const checkpoint = JSON.parse(found.checkpoint) as Checkpoint;
    const logs = this.#saved.get(key) ?? this.#read(key);
    this.#saved.set(key, logs);
    return Promise.resolve({ checkpoint, logs });
  }

  /** @throws ServiceError STORE_FULL */
  save(key: string, { checkpoint, logs }: LogState): Promise<void> {
    const before = this.#saved.get(key) ?? this.#read(key);
    atOnce(this.store, () => {
      this.#write(key, checkpoint, logs, commonLength(before, logs));
    });
    this.#saved.set(key, logs);
    return Promise.resolve();
  }

  /** @param kept Logs at the start that are there already. */
  #write(key: string, checkpoint: Checkpoint, logs: readonly ScannedLog[], kept: number): void {
    this.store.prepare("DELETE FROM logs WHERE key = ? AND position >= ?").run(key, kept);
    const insert = this.store.prepare("INSERT INTO logs (key, position, log) VALUES (?, ?, ?)");
    for (const [index, log] of logs.slice(kept).entries()) insert.run(key, kept + index, JSON.stringify(log));
    this.store.prepare("REPLACE INTO checkpoints (key, checkpoint) VALUES (?, ?)").run(key, JSON.stringify(checkpoint));
  }

  #read(key: string): readonly ScannedLog[] {
    const rows = this.store
      .prepare<[string], { log: string }>("SELECT log FROM logs WHERE key = ? ORDER BY position")
      .all(key);
    return rows.map(({ log }) => JSON.parse(log) as ScannedLog);
  }
}

/** How many logs at the start are the same in both. */
function commonLength(before: readonly ScannedLog[], after: readonly ScannedLog[]): number {
  const most = Math.min(before.length, after.length);
  let same = most;
  // A scan appends, or cuts off and appends: where the last common place agrees, all before it do.
  while (same > 0 && !isSame(before[same - 1], after[same - 1])) same--;
  return same;
}

function isSame(a: ScannedLog | undefined, b: ScannedLog | undefined): boolean {
  return a !== undefined && a.blockHash === b?.blockHash && a.index === b?.index && a.data === b?.data;
}
