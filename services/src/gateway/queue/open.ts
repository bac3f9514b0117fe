/** The queue's file: SQLite, write-ahead log, every commit on disk before it counts. */
import Database from "better-sqlite3";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { GatewayError } from "../errors.ts";
import type { GatewayErrorCode } from "../errors.ts";
import { SCHEMA, VERSION } from "./schema.ts";

export type Db = Database.Database;

/** Milliseconds to wait for another process that holds the file. */
const PATIENCE = 200;
const IN_MEMORY = ":memory:";

/**
 * Opens a queue, or makes one, and checks that it is sound.
 * @param path A file; its folder has to exist. `:memory:` for tests.
 * @throws GatewayError STORE_FULL, STORE_READ_ONLY, STORE_IN_USE, STORE_FAILED, STORE_VERSION
 */
export function openQueueFile(path: string): Db {
  if (path !== IN_MEMORY && !existsSync(dirname(path))) {
    throw new GatewayError("STORE_FAILED", "queue", path, "its folder does not exist. Make it, on a disk that lasts.");
  }
  return storing(path, () => {
    const db = new Database(path, { timeout: PATIENCE });
    try {
      db.defaultSafeIntegers(true);
      // One process at a time: two would ask the same meters and hand over the same readings.
      db.pragma("locking_mode = EXCLUSIVE");
      db.pragma("journal_mode = WAL");
      db.pragma("synchronous = FULL");
      checkSound(db, path);
      migrate(db, path);
    } catch (error) {
      db.close();
      throw error;
    }
    return db;
  });
}

function checkSound(db: Db, path: string): void {
  const found = db.pragma("quick_check(1)", { simple: true });
  if (found === "ok") return;
  const text = `${String(found)}. Stop the gateway, keep the file, and restore the last backup.`;
  throw new GatewayError("STORE_FAILED", "queue", path, text);
}

function migrate(db: Db, path: string): void {
  const found = db.pragma("user_version", { simple: true }) as bigint;
  if (found === VERSION) return;
  if (found !== 0n) {
    const text = `it has version ${found}, this gateway writes ${VERSION}. Use the gateway that made it, or another file.`;
    throw new GatewayError("STORE_VERSION", "queue", path, text);
  }
  db.transaction(() => {
    db.exec(SCHEMA);
    db.pragma(`user_version = ${VERSION}`);
  })();
}

/** Runs work on the queue; what SQLite cannot do becomes an error that says whether to offer it again. */
export function storing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
    const [code, hint] = meaningOf(error.code);
    throw new GatewayError(code, "queue", path, `${error.message}. ${hint}`, { cause: error });
  }
}

function meaningOf(code: string): [GatewayErrorCode, string] {
  if (code === "SQLITE_FULL") {
    return [
      "STORE_FULL",
      "The disk is full: free some space. Nothing is acknowledged until then, and nothing is lost.",
    ];
  }
  if (code.startsWith("SQLITE_READONLY") || code === "SQLITE_CANTOPEN" || code === "SQLITE_PERM") {
    return ["STORE_READ_ONLY", "Let the gateway's user write the file and its folder."];
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return ["STORE_IN_USE", "Another process uses it: stop that one, or give each a file of its own."];
  }
  return ["STORE_FAILED", "Check the disk. Nothing is acknowledged until the queue can be written."];
}
