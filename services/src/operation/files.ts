/** Files that an operator hands over, with messages that name them. */
import { readFileSync, statSync } from "node:fs";
import { ServiceError } from "../errors.ts";

/** Reads a text file, without a byte order mark. @throws ServiceError FILE_UNREADABLE */
export function readText(field: string, path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    throw unreadable(field, path, cause);
  }
}

/**
 * Refuses a file that others than its owner can read or change, as keys and passwords must not be.
 * @throws ServiceError FILE_OPEN, FILE_UNREADABLE
 */
export function checkPrivate(field: string, path: string): void {
  const mode = modeOf(field, path);
  if ((mode & 0o077) === 0 || process.platform === "win32") return; // no such modes there
  const shown = mode.toString(8).padStart(4, "0");
  const found = `${field}: others than its owner can read or change ${path} (mode ${shown})`;
  throw new ServiceError("FILE_OPEN", `${found}. Run: chmod 600 ${path}`);
}

/**
 * Reads a file that only its owner may read.
 * @throws ServiceError FILE_OPEN, FILE_UNREADABLE
 */
export function readPrivate(field: string, path: string): string {
  checkPrivate(field, path);
  return readText(field, path);
}

/** A secret of one line, as `echo` or an editor leaves it. @throws As `readPrivate`. */
export function readSecret(field: string, path: string): string {
  const secret = readPrivate(field, path).replace(/\r?\n$/, "");
  if (secret.trim() !== "") return secret;
  throw new ServiceError("FILE_UNREADABLE", `${field}: ${path} is empty. Write the secret into it.`);
}

function modeOf(field: string, path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch (cause) {
    throw unreadable(field, path, cause);
  }
}

function unreadable(field: string, path: string, cause: unknown): ServiceError {
  const { code = "unknown" } = cause as NodeJS.ErrnoException;
  const message = `${field}: ${path} cannot be read (${code}). ${adviceOn(code)}.`;
  return new ServiceError("FILE_UNREADABLE", message, { cause });
}

function adviceOn(code: string): string {
  if (code === "ENOENT") return "Check the path, or create the file";
  return code === "EISDIR" ? "It is a folder: name a file in it" : "Give your account the right to read it";
}
