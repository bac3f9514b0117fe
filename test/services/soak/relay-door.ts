/** A door to a relayer that misbehaves on demand. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Passes, answers 503, or loses the request or (`lose`) the answer, or cuts it. */
export type RelayFault = "pass" | "busy" | "reset" | "lose" | "cut";

export interface RelayDoor {
  readonly url: string;
  judge(verdict: (name: string) => RelayFault): void;
  close(): Promise<void>;
}

/** Opens a door to the relayer at `target`. */
export async function relayDoor(target: string): Promise<RelayDoor> {
  let verdict: (name: string) => RelayFault = () => "pass";
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "GET", url = "/", headers } = request;
    const key = headers["idempotency-key"];
    const fault = verdict(`${method} ${url} ${String(key ?? "")}`);
    if (fault === "busy") return void response.writeHead(503).end("down for a moment");
    if (fault === "reset") return void response.destroy();
    const passed = {
      "content-type": "application/json",
      ...(key === undefined ? {} : { "idempotency-key": String(key) }),
    };
    const body = method === "GET" ? {} : { body: Buffer.concat(chunks) };
    const relayed = await fetch(new URL(url, target), { method, headers: passed, ...body });
    const text = await relayed.text();
    if (fault === "lose") return void response.destroy();
    const shown = fault === "cut" ? text.slice(0, text.length / 2) : text;
    response.writeHead(relayed.status, { "content-type": "application/json" }).end(shown);
  };
  const server = createServer((request, response) => {
    // A relayer that is down.
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    judge: (next) => (verdict = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
