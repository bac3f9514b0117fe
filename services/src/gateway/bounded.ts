/** Answers over HTTP, bounded: whoever answers may send without end. */
import { GatewayError } from "./errors.ts";

/** Bytes: no receipt is longer; a proxy's error page may be. */
export const MOST_ANSWER = 65_536;

/**
 * The text of an answer.
 * @throws GatewayError ANSWER_TOO_LONG; nothing more of it is read
 */
export async function boundedText(response: Response, most = MOST_ANSWER): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > most) {
      const text = `it has more than ${most} bytes. Check what answers there; the message is kept.`;
      throw new GatewayError("ANSWER_TOO_LONG", `answer of ${new URL(response.url).origin}`, response.status, text);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
