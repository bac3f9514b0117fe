/** Files that an operator hands over, with messages that name them. */
import { readFileSync, statSync } from "node:fs";
import { ServiceError } from "../errors.ts";

/** Reads a file. @throws ServiceError FILE_UNREADABLE */
export function readText(field: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    const help = code === "ENOENT" ? "Create it, or name another one" : "Give this account the right to read it";
    throw new ServiceError("FILE_UNREADABLE", `${field}: ${path} cannot be read (${code}). ${help}.`, { cause });
  }
}

/**
 * Reads a file that only its owner may read, as keys and passwords have to be kept.
 * @throws ServiceError FILE_OPEN, FILE_UNREADABLE
 */
export function readPrivate(field: string, path: string): string {
  const text = readText(field, path);
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    const found = `${field}: others than its owner can read or change ${path} (mode ${mode.toString(8)})`;
    throw new ServiceError("FILE_OPEN", `${found}. Run: chmod 600 ${path}`);
  }
  return text;
}

/** A secret of one line, as `echo` or an editor leaves it. */
export function readSecret(field: string, path: string): string {
  const secret = readPrivate(field, path).replace(/\r?\n$/, "");
  if (secret !== "") return secret;
  throw new ServiceError("FILE_UNREADABLE", `${field}: ${path} is empty. Write the secret into it.`);
}
