/** The door for operators: `/metrics`, `/healthz`, `/readyz`. Not for the internet: on a port of its own. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import { ServiceError } from "../errors.ts";
import type { Readiness } from "./readiness.ts";
import type { Secrets } from "./secrets.ts";

/** Where to listen; port 0 takes a free one. */
export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** What the door shows. */
export interface Shown {
  readonly metrics: Registry;
  readonly readiness: Readiness;
  readonly secrets: Secrets;
}

/** An open door. */
export interface OperationServer {
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the door. `/healthz` says that the process lives, `/readyz` whether it can work, and why not. */
export async function serveOperation({ host, port }: Listen, shown: Shown): Promise<OperationServer> {
  const server = createServer((request, response) => {
    answer(request.url ?? "/", shown, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch((error: unknown) => {
    throw listenFault("operation", { host, port }, error);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${taken}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Why nobody can be listened to. @param field Of the configuration. */
export function listenFault(field: string, { host, port }: Listen, cause: unknown): ServiceError {
  const { code = "unknown" } = cause as NodeJS.ErrnoException;
  const help =
    code === "EADDRINUSE" ? "Another process listens there: take a free port" : "Take another address or port";
  const message = `${field} is ${host}:${port}, which cannot be listened on (${code}). ${help}.`;
  return new ServiceError("LISTEN_FAILED", message, { cause });
}

async function answer(path: string, { metrics, readiness, secrets }: Shown, response: ServerResponse): Promise<void> {
  if (path === "/metrics") {
    response.setHeader("content-type", metrics.contentType);
    response.end(await metrics.metrics());
  } else if (path === "/healthz") {
    say(response, 200, { alive: true });
  } else if (path === "/readyz") {
    const found = await readiness.look();
    const ready = Object.values(found).every((fault) => fault === null);
    // Messages of nodes may hold their address.
    const clean = Object.entries(found).map(([name, fault]) => [name, fault === null ? "ok" : secrets.scrub(fault)]);
    say(response, ready ? 200 : 503, { ready, checks: Object.fromEntries(clean) as object });
  } else {
    say(response, 404, { message: "Ask for /metrics, /healthz or /readyz." });
  }
}

function say(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
