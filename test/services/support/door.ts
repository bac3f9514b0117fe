/** A door to a node that misbehaves on demand. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/**
 * What the door does with a call: `pass`es it, answers `busy` (429) or `broken` (502), `reset`s the connection before or
 * (`lose`) after the node has seen it, `hang`s, cuts the answer short, gives an answer or an error of its own, or asks the node
 * something else instead.
 */
export type Fault =
  | "pass"
  | "busy"
  | "broken"
  | "reset"
  | "lose"
  | "hang"
  | "truncate"
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly params: readonly unknown[] };

/** Judges a call. */
export type Verdict = (call: SeenCall) => Fault | Promise<Fault>;

/** A call as the door sees it. */
export interface SeenCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A door, and what went through it. */
export interface FaultyDoor {
  readonly url: string;
  readonly seen: readonly SeenCall[];
  /** What happens to the calls from now on. */
  judge(verdict: Verdict): void;
  close(): Promise<void>;
}

/** Opens a door to the node at `url`. */
export async function faultyDoor(url: string): Promise<FaultyDoor> {
  const seen: SeenCall[] = [];
  let verdict: Verdict = () => "pass";
  const ask = async (body: string): Promise<string> => {
    const headers = { "content-type": "application/json" };
    return (await fetch(url, { method: "POST", body, headers })).text();
  };
  const answer = async (body: string, response: ServerResponse): Promise<void> => {
    const call = JSON.parse(body) as SeenCall & { readonly id: number };
    seen.push(call);
    const fault = await verdict(call);
    if (fault === "hang") return;
    if (fault === "busy") return void response.writeHead(429).end("slow down");
    if (fault === "broken") return void response.writeHead(502).end("bad gateway");
    if (fault === "reset") return void response.destroy();
    response.setHeader("content-type", "application/json");
    if (typeof fault === "object" && !("params" in fault)) {
      return void response.end(JSON.stringify({ jsonrpc: "2.0", id: call.id, ...fault }));
    }
    const text = await ask(typeof fault === "object" ? JSON.stringify({ ...call, ...fault }) : body);
    if (fault === "lose") return void response.destroy();
    response.end(fault === "truncate" ? text.slice(0, text.length / 2) : text);
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => void answer(Buffer.concat(chunks).toString(), response).catch(() => response.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    judge: (next) => (verdict = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
