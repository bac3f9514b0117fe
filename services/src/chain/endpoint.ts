/** The way to a node over HTTP, bounded in bytes and time: whoever answers there may send without end. */
import http from "node:http";
import https from "node:https";
import { gunzipSync } from "node:zlib";
import { LogRangeError, RpcInvalidError } from "@wattbook/sdk";
import { FetchRequest, type FetchCancelSignal, type GetUrlResponse, makeError } from "ethers";

/** Bytes of an answer: logs of a few thousand full blocks. Where there are more, scans ask for fewer blocks. */
export const MOST_ANSWER = 32 * 1_024 * 1_024;

/**
 * How ethers asks a node.
 * @param url May hold keys: errors name its host alone.
 * @param timeout Milliseconds for a whole answer; ethers itself counts from byte to byte.
 * @param most Bytes of an answer; beyond, nothing more of it is read, and the request fails with RPC_INVALID, for logs LOG_RANGE_TOO_LARGE.
 */
export function endpointOf(url: string, timeout: number, most = MOST_ANSWER): FetchRequest {
  const request = new FetchRequest(url);
  request.timeout = timeout;
  // Ethers' own tries after a 429 would take minutes, unseen.
  request.setThrottleParams({ maxAttempts: 1 });
  request.getUrlFunc = (asked, cancel) => answerTo(asked, cancel, most);
  return request;
}

async function answerTo(
  asked: FetchRequest,
  cancel: FetchCancelSignal | undefined,
  most: number,
): Promise<GetUrlResponse> {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(makeError("request timeout", "TIMEOUT", { operation: "request.send", reason: "timeout" }));
  }, asked.timeout);
  cancel?.addListener(() => {
    stop.abort(makeError("request cancelled", "CANCELLED"));
  });
  try {
    const response = await send(asked, stop.signal);
    const { statusCode = 0, statusMessage = "" } = response;
    const headers = Object.fromEntries(
      Object.entries(response.headers).map(([name, value = ""]) => [name, [value].flat().join(", ")]),
    );
    const body = await bodyOf(response, asked, most);
    const plain = headers["content-encoding"] === "gzip" ? unpacked(body, asked, most) : body;
    return { statusCode, statusMessage, headers, body: plain.length === 0 ? null : plain };
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

async function send(asked: FetchRequest, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { url, method, headers, body } = asked;
  const { request } = new URL(url).protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    request(url, { method, headers, signal }).once("response", resolve).once("error", reject).end(body);
  });
}

async function bodyOf(response: http.IncomingMessage, asked: FetchRequest, most: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop ends the connection.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw tooLong(asked, most);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function unpacked(body: Buffer, asked: FetchRequest, most: number): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: most });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ERR_BUFFER_TOO_LARGE") throw tooLong(asked, most);
    throw new RpcInvalidError(`what it has packed cannot be unpacked (${String(error)})`, { cause: error });
  }
}

function tooLong(asked: FetchRequest, most: number): RpcInvalidError | LogRangeError {
  const method = methodOf(asked);
  const found = `${new URL(asked.url).origin} has sent more than ${most} bytes in answer to ${method}`;
  return method === "eth_getLogs" ? new LogRangeError(found, null) : new RpcInvalidError(found);
}

function methodOf({ body }: FetchRequest): string {
  try {
    return String((JSON.parse(Buffer.from(body ?? []).toString("utf8")) as { readonly method?: unknown }).method);
  } catch {
    return "a request";
  }
}
