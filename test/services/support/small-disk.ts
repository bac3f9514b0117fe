/** A disk that is full soon, as a real one is: writes fail where SQLite does not expect it. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own. */
export interface SmallDisk {
  readonly path: string;
  remove(): void;
}

/** Mounts a disk of 512 KiB; undefined where this account may not, or the system has no such disks. */
export function smallDisk(): SmallDisk | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const path = mkdtempSync(join(tmpdir(), "wattbook-disk-"));
  const quiet = { stdio: "ignore" } as const;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", path], quiet);
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
