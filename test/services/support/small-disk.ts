/** Disks and files without room. On a real disk the end of a transaction fails, in a file that is bounded its first write. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../../services/src/store/open.ts";

/** A file system of its own. */
export interface SmallDisk {
  readonly path: string;
  remove(): void;
}

/** SQLite's own bound of a file, in pages. */
const MOST_PAGES = 4_294_967_294;

/** A file that cannot grow any more. @param insert Writes a row, until there is no room for the next. */
export function fillStore(store: Store, insert: (count: number) => unknown): void {
  store.pragma("max_page_count = 1"); // those that it has stay
  try {
    for (let count = 0; ; count++) insert(count);
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "SQLITE_FULL") throw error;
  }
}

/** Gives it room again. */
export function makeRoom(store: Store): void {
  store.pragma(`max_page_count = ${MOST_PAGES}`);
}

/** Mounts a disk of so many KiB; undefined where this account may not, or the system has no such disks. */
export function smallDisk(size = 512): SmallDisk | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const path = mkdtempSync(join(tmpdir(), "wattbook-disk-"));
  const quiet = { stdio: "ignore" } as const;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}k`, "tmpfs", path], quiet);
  } catch {
    rmSync(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    remove: () => {
      execFileSync("umount", [path], quiet);
      rmSync(path, { recursive: true });
    },
  };
}

/** Writes a file until there is no room left. */
export function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (;;) writeSync(file, Buffer.alloc(4_096));
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ENOSPC") throw error;
  } finally {
    closeSync(file);
  }
}

/** A folder that a program can be kept from writing to. */
export interface Place {
  readonly path: string;
  /** Nothing more can be written. @param pid Of the program. */
  fill(pid: number): void;
  makeRoom(pid: number): void;
  remove(): void;
}

/** How the room for a program's files ends. */
export interface PlaceKind {
  readonly name: string;
  /** What services call it, and what they advise. */
  readonly code: "STORE_FULL" | "STORE_FAILED";
  readonly advice: RegExp;
  /** Undefined where this account or system has no such place. */
  make(): Place | undefined;
}

/** Real disks without a free byte: ENOSPC. */
export const FULL_DISKS: PlaceKind = {
  name: "a full disk (as root on Linux)",
  code: "STORE_FULL",
  advice: /make room on the disk/,
  make: () => {
    const disk = smallDisk(8_192);
    if (disk === undefined) return undefined;
    const hoard = join(disk.path, "hoard");
    return {
      ...disk,
      fill: () => {
        fill(hoard);
      },
      makeRoom: () => {
        rmSync(hoard);
      },
    };
  },
};

/** Programs whose files may not grow, by their quota say: EFBIG. */
export const BOUNDED_FILES: PlaceKind = {
  name: "files that may not grow (on Linux)",
  code: "STORE_FAILED",
  advice: /its quota and the largest file that is allowed/,
  make: () => {
    const bound = (pid: number, bytes: string) => {
      execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes}:`]);
    };
    try {
      bound(process.pid, "unlimited");
    } catch {
      return undefined; // no util-linux
    }
    const path = mkdtempSync(join(tmpdir(), "wattbook-bounded-"));
    return {
      path,
      fill: (pid) => {
        bound(pid, "1");
      },
      makeRoom: (pid) => {
        bound(pid, "unlimited");
      },
      remove: () => {
        rmSync(path, { recursive: true });
      },
    };
  },
};
