/** The folder of a deployment. A file in it is whole or not there, whenever the process dies. */

import { randomBytes } from "node:crypto";
import { access, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DeployError } from "./errors.ts";

/** Reads and writes of a deployment's folder; tests interrupt them. */
export interface Folder {
  readonly path: string;
  /** Undefined where there is no such file. */
  read(name: string): Promise<string | undefined>;
  /** Replaces a file as a whole. */
  write(name: string, text: string): Promise<void>;
  /** Moves the folder aside, for a deployment from scratch; returns its new path. */
  setAside(): Promise<string | undefined>;
}

/** The folder at `path`; the first write creates it. */
export function folderAt(path: string): Folder {
  return {
    path,
    read: async (name) => {
      try {
        return await readFile(join(path, name), "utf8");
      } catch (error) {
        if (codeOf(error) === "ENOENT") return undefined;
        throw unusable(join(path, name), error);
      }
    },
    write: async (name, text) => {
      try {
        await replace(join(path, name), text);
      } catch (error) {
        throw unusable(join(path, name), error);
      }
    },
    setAside: async () => {
      if (!(await exists(path))) return undefined;
      for (let number = 1; ; number++) {
        const aside = `${path}.old-${number}`;
        if (await exists(aside)) continue;
        await rename(path, aside);
        return aside;
      }
    },
  };
}

/**
 * The same folder for a deployment from scratch: what is in it is not seen, and put aside by the first write.
 * @param note Told where it went.
 */
export function renewed(folder: Folder, note: (path: string) => void): Folder {
  let written = false;
  return {
    ...folder,
    read: async (name) => (written ? await folder.read(name) : undefined),
    write: async (name, text) => {
      if (!written) {
        const aside = await folder.setAside();
        written = true;
        if (aside !== undefined) note(aside);
      }
      await folder.write(name, text);
    },
  };
}

/** Written beside and renamed: readers and a crash see the old file or the new one. */
async function replace(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    const file = await open(beside, "wx");
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

function codeOf(error: unknown): unknown {
  return (error as { readonly code?: unknown } | undefined)?.code;
}

function unusable(path: string, error: unknown): DeployError {
  const reason = error instanceof Error ? error.message : String(error);
  return new DeployError("FOLDER_UNREADABLE", `${path} cannot be used: ${reason}. Check its owner and mode.`, {
    cause: error,
  });
}
