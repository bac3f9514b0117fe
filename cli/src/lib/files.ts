/** Files that a person names, with messages that name them. */
import { readFileSync, statSync } from "node:fs";
import { CliError } from "./errors.ts";

/**
 * Reads a text file, without a byte order mark.
 * @param field What the file is for, such as "--file".
 * @throws CliError FILE_UNREADABLE
 */
export function readText(field: string, path: string): string {
  try {
    return readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw new CliError("FILE_UNREADABLE", `${field}: ${path} cannot be read (${code}). ${adviceOn(code)}.`, { cause });
  }
}

function adviceOn(code: string): string {
  if (code === "ENOENT") return "Check the path, or create the file";
  return code === "EISDIR" ? "It is a folder: name a file in it" : "Give your account the right to read it";
}

/** Parses JSON. @throws CliError FILE_MALFORMED */
export function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError("FILE_MALFORMED", `${name} is not JSON: ${reason}. Check commas and quotes.`, { cause });
  }
}

/** Everything that comes in on a stream. */
export async function readStream(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Refuses a file that others than its owner can read or change, as keys and passwords must not be.
 * @throws CliError FILE_OPEN, FILE_UNREADABLE
 */
export function checkPrivate(field: string, path: string): void {
  const mode = modeOf(field, path);
  if ((mode & 0o077) === 0 || process.platform === "win32") return;
  const shown = mode.toString(8).padStart(4, "0");
  const found = `${field}: others than its owner can read or change ${path} (mode ${shown})`;
  throw new CliError("FILE_OPEN", `${found}. Run: chmod 600 ${path}`);
}

function modeOf(field: string, path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    readText(field, path);
    return 0;
  }
}
