/** Doors between the processes: each of them tells the trap what goes through. */
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { Transaction } from "ethers";
import { faultyDoor, type FaultyDoor } from "../support/door.ts";
import type { Trap } from "./trap.ts";

export interface Door {
  readonly url: string;
  close(): Promise<void>;
}

/** In front of the node, for the relayer. @param market Where strips go; what goes elsewhere has readings. */
export async function nodeDoor(url: string, market: string, trap: Trap): Promise<FaultyDoor> {
  const door = await faultyDoor(url);
  const ask = async (method: string, params: readonly unknown[]) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const headers = { "content-type": "application/json" };
    return ((await (await fetch(url, { method: "POST", body, headers })).json()) as { readonly result?: unknown })
      .result;
  };
  const kindOf = (to: string | null) => (to?.toLowerCase() === market.toLowerCase() ? "strip" : "reading");
  door.judge(async ({ method, params }) => {
    if (method === "eth_sendRawTransaction") {
      const kind = kindOf(Transaction.from(String(params[0])).to);
      if (await trap.at("in a signed call", kind)) return "reset";
      const result = await ask(method, params);
      // What the node says of bytes that it has already is an error, which it says again.
      if (result === undefined) return "pass";
      return (await trap.at("broadcast", kind)) ? "reset" : { result };
    }
    if (method !== "eth_getTransactionReceipt") return "pass";
    const receipt = (await ask(method, params)) as { readonly to: string } | null | undefined;
    return receipt && (await trap.at("mined", kindOf(receipt.to))) ? "reset" : "pass";
  });
  return door;
}

/** What a gateway has handed to the relayer. */
export interface Handed {
  readonly kind: "strip" | "reading";
  readonly digest: string;
}

/** In front of the relayer, for the gateway. */
export async function relayerDoor(target: string, trap: Trap, handed: (message: Handed) => void): Promise<Door> {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "GET", url = "/", headers } = request;
    const digest = String(headers["idempotency-key"] ?? "");
    const posted = method === "POST";
    const kind = url.endsWith("/strips") ? "strip" : "reading";
    if (posted) {
      handed({ kind, digest });
      if (await trap.at("signed", kind)) return void response.destroy();
    }
    const passed = { "content-type": "application/json", ...(digest === "" ? {} : { "idempotency-key": digest }) };
    const body = posted ? { body: Buffer.concat(chunks) } : {};
    const relayed = await fetch(new URL(url, target), { method, headers: passed, ...body });
    const text = await relayed.text();
    if (posted && relayed.status === 202 && (await trap.at("handed over", kind))) return void response.destroy();
    response.writeHead(relayed.status, { "content-type": "application/json" }).end(text);
  };
  const server = createHttp((request, response) => {
    // A relayer that is dead.
    void answer(request, response).catch(() => response.destroy());
  });
  const port = await listening(server);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

/** First half of a packet's first byte. */
const PUBLISH = 3;
const PUBACK = 4;

/** In front of the broker, for the gateway. */
export async function brokerDoor(url: string, trap: Trap): Promise<Door> {
  const sockets = new Set<Socket>();
  const server = createServer((gateway) => {
    const broker = connect(Number(new URL(url).port), "127.0.0.1");
    for (const socket of [gateway, broker]) {
      sockets.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => {
          sockets.delete(socket);
          gateway.destroy();
          broker.destroy();
        });
    }
    passing(gateway, async (packet, kind) => {
      if (kind === PUBACK && (await trap.at("stored", "sample"))) gateway.destroy();
      else broker.write(packet);
    });
    passing(broker, async (packet, kind) => {
      gateway.write(packet);
      if (kind === PUBLISH) await trap.at("received", "sample");
    });
  });
  const port = await listening(server);
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `mqtt://127.0.0.1:${port}`, close };
}

/** Calls with each packet of a connection, one after the other. */
function passing(socket: Socket, pass: (packet: Buffer, kind: number) => Promise<void>): void {
  let rest = Buffer.alloc(0);
  let before: Promise<void> = Promise.resolve();
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let length = lengthOf(rest); length !== undefined; length = lengthOf(rest)) {
      const packet = rest.subarray(0, length);
      rest = rest.subarray(length);
      before = before.then(() => pass(packet, (packet[0] ?? 0) >> 4));
    }
  });
}

/** Bytes of the first packet; undefined where it is not whole. */
function lengthOf(bytes: Buffer): number | undefined {
  let length = 0;
  for (let at = 1; at < Math.min(bytes.length, 5); at++) {
    const byte = bytes[at] ?? 0;
    length += (byte & 0x7f) << (7 * (at - 1));
    if (byte < 0x80) return bytes.length < at + 1 + length ? undefined : at + 1 + length;
  }
  return undefined;
}

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}
