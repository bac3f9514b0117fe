/** Opens a file of ours: whatever it says it has kept survives a crash and a power cut. */
import Database from "better-sqlite3";
import { ServiceError } from "../errors.ts";

/** An open file. */
export type Store = Database.Database;

/** How a file is opened. */
export interface StoreOptions {
  /** Whether integers are read as bigints: for columns that need more than 53 bits. */
  readonly bigints?: boolean;
}

/** Milliseconds to wait for another process that holds the file. */
const PATIENCE = 200;

/**
 * Opens or creates a file, checks that it is sound, and brings it to the newest schema. One process at a time: a second one would send what the
 * first one sends.
 * @param path `:memory:` keeps nothing.
 * @param migrations SQL from schema 0 to 1, 1 to 2, and so on; never changed once it was released.
 * @throws ServiceError STORE_IN_USE, STORE_NEWER, STORE_UNREADABLE, STORE_FULL, STORE_FAILED
 */
export function openStore(path: string, migrations: readonly string[], { bigints = false }: StoreOptions = {}): Store {
  let store: Store | undefined;
  try {
    store = new Database(path, { timeout: PATIENCE });
    store.pragma("locking_mode = EXCLUSIVE");
    store.pragma("journal_mode = WAL");
    store.pragma("synchronous = FULL");
    store.pragma("foreign_keys = ON");
    checkSound(store, path);
    migrate(store, path, migrations);
    store.defaultSafeIntegers(bigints);
    return store;
  } catch (error) {
    store?.close();
    throw storeFault(path, error);
  }
}

function checkSound(store: Store, path: string): void {
  const found = store.pragma("quick_check(1)", { simple: true });
  if (found === "ok") return;
  const help = "Stop the service, keep the file, and restore the last backup";
  throw new ServiceError("STORE_UNREADABLE", `${path}: ${String(found)}. ${help}.`);
}

function migrate(store: Store, path: string, migrations: readonly string[]): void {
  // Takes the lock, which a reader alone would not.
  store
    .transaction(() => {
      const version = store.pragma("user_version", { simple: true }) as number;
      if (version > migrations.length) {
        const found = `${path} has schema ${version}, this program knows up to ${migrations.length}`;
        throw new ServiceError(
          "STORE_NEWER",
          `${found}. Run the newer program, or restore the backup made before it ran.`,
        );
      }
      for (const step of migrations.slice(version)) store.exec(step);
      store.pragma(`user_version = ${migrations.length}`);
    })
    .immediate();
}

/** Runs work on a file. @throws ServiceError STORE_FULL, STORE_FAILED, STORE_IN_USE, STORE_UNREADABLE, and whatever the work throws */
export function storing<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeFault(path, error);
  }
}

/** Does all of some work on a file or none of it. @throws as `storing`: the disk may be full at the end of it alone */
export function atOnce<T>(store: Store, work: () => T): T {
  return storing(store.name, () => store.transaction(work).immediate());
}

/** The coded error for whatever SQLite threw about a file; anything else as it is. */
export function storeFault(path: string, thrown: unknown): unknown {
  if (!(thrown instanceof Database.SqliteError)) {
    const missing = thrown instanceof TypeError && /directory does not exist/.test(thrown.message);
    if (!missing) return thrown;
    return new ServiceError("STORE_UNREADABLE", `${path}: its folder does not exist. Create it.`, { cause: thrown });
  }
  const { code, message } = thrown;
  const options = { cause: thrown };
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return new ServiceError(
      "STORE_IN_USE",
      `Another process uses ${path}. Stop it, or give this one a file of its own.`,
      options,
    );
  }
  const lost = "Nothing that was acknowledged is lost";
  if (code.startsWith("SQLITE_FULL")) {
    const full = `${path} cannot be written (${message}). ${lost}; make room on the disk.`;
    return new ServiceError("STORE_FULL", full, options);
  }
  // A disk that is full says so under the code above: here it fails, or a quota or a bound of files is reached.
  if (code.startsWith("SQLITE_IOERR")) {
    const help =
      "look for faults of the disk in the system's log, and at its quota and the largest file that is allowed";
    return new ServiceError("STORE_FAILED", `${path}: ${message} (${code}). ${lost}; ${help}.`, options);
  }
  const help = "Let this account write the file and its folder; where it is damaged, restore the last backup";
  return new ServiceError("STORE_UNREADABLE", `${path}: ${message}. ${help}.`, options);
}
