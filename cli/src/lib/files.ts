/** What files and streams hold. */
import { CliError } from "./errors.ts";

export { checkPrivate, readSecret, readText } from "@wattbook/services/files";

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
