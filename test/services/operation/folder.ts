/** A folder of a test file's own. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Holds files until the test file is done. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "wattbook-operation-"));

  /** Writes a file that only its owner may read, unless `mode` says otherwise. */
  write(name: string, text: string, mode = 0o600): string {
    const path = join(this.path, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
