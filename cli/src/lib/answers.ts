/** Answers of others over HTTP, as long as they may be. */

/** Characters of an answer that a person reads: a service says less. */
const MOST = 65_536;

/** The JSON of an answer; undefined where it is none, or longer than anything that was asked for. */
export async function shortJson(response: Response, most = MOST): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early closes the connection.
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > most) return undefined;
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}
