/** A relayer over HTTP that keeps each message once, and fails in the ways that networks do. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What to do with a request instead of answering it properly. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly body?: string; readonly keeps?: boolean }
  | { readonly kind: "reset" }
  | { readonly kind: "hang" }
  /** Keeps the message, then loses the answer. */
  | { readonly kind: "lost" }
  /** Keeps the message, then cuts the answer short. */
  | { readonly kind: "cut" };

export interface Posted {
  readonly path: string;
  readonly key: string;
  readonly body: string;
}

export async function relayerServer() {
  const kept = new Map<string, Posted>();
  const requests: Posted[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    void handle(request, response);
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      const terms = { feeTo: `0x${"ab".repeat(20)}`, leastFeePerEntry: "0" };
      return void response.setHeader("content-type", "application/json").end(JSON.stringify(terms));
    }
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const posted = { path: request.url ?? "", key: String(request.headers["idempotency-key"]), body };
    requests.push(posted);
    const fault = faults.shift();
    if (fault?.kind === "reset") return void response.socket?.resetAndDestroy();
    if (fault?.kind === "hang") return;
    if (fault?.kind === "status") {
      if (fault.keeps === true) kept.set(posted.key, posted);
      return void response.writeHead(fault.status).end(fault.body ?? "");
    }
    const known = kept.has(posted.key);
    kept.set(posted.key, posted);
    if (fault?.kind === "lost") return void response.socket?.destroy();
    const receipt = { digest: posted.key, acceptedAt: "1774516500", relayer: `0x${"ab".repeat(20)}` };
    const answer = JSON.stringify({ receipt });
    response.writeHead(known ? 200 : 202, { "content-type": "application/json" });
    response.end(fault?.kind === "cut" ? answer.slice(0, 20) : answer);
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return { url: `http://127.0.0.1:${port}`, kept, requests, faults, close };
}
