/** Adapters from their configuration. */
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { asSeconds } from "@wattbook/sdk/pure";
import { readSecret, readText, type Secrets } from "../../operation/index.ts";
import { CsvReplayAdapter } from "../csv/replay.ts";
import { asServiceError } from "../errors.ts";
import { HttpPushAdapter } from "../http/push.ts";
import { MqttAdapter } from "../mqtt/adapter.ts";
import { P1SerialAdapter } from "../p1/serial.ts";
import { P1TcpAdapter } from "../p1/tcp.ts";
import type { Adapter } from "../sample.ts";
import { SunSpecAdapter } from "../sunspec/adapter.ts";
import type { AdapterConfig } from "./adapter-schema.ts";

/** What adapters need besides their own configuration. */
export interface AdapterParts {
  /** Where the adapter stands, such as `adapters[0]`. */
  readonly field: string;
  /** Names of the meters. */
  readonly meters: ReadonlySet<string>;
  readonly secrets: Secrets;
}

type Of<T extends AdapterConfig["type"]> = Extract<AdapterConfig, { type: T }>;

/**
 * Makes an adapter; it connects when it is started.
 * @throws ServiceError FILE_UNREADABLE, FILE_OPEN
 */
export function makeAdapter(config: AdapterConfig, parts: AdapterParts): Adapter {
  switch (config.type) {
    case "p1-tcp":
    case "p1-serial":
      return p1(config);
    case "sunspec":
      return sunSpec(config);
    case "mqtt":
      return mqtt(config, parts);
    case "http":
      return push(config, parts);
    case "csv":
      return new CsvReplayAdapter({ path: config.path, values: config.values, zone: config.zone });
  }
}

function p1(config: Of<"p1-tcp"> | Of<"p1-serial">): Adapter {
  const { meter } = config;
  const options = { meter, every: asSeconds(BigInt(config.every)), winterHours: BigInt(config.winterHours) };
  if (config.type === "p1-tcp") return new P1TcpAdapter({ ...options, host: config.host, port: config.port });
  return new P1SerialAdapter({ ...options, path: config.path, baudRate: config.baudRate });
}

function sunSpec({ meter, host, port, unit, model, every, reversed }: Of<"sunspec">): Adapter {
  const options = { meter, host, port, unit, reversed, every: asSeconds(BigInt(every)) };
  return new SunSpecAdapter(model === undefined ? options : { ...options, model });
}

function mqtt(config: Of<"mqtt">, { field, meters, secrets }: AdapterParts): Adapter {
  const { url, clientId, username, passwordFile, caFile, certFile, keyFile, topics } = config;
  const secret = (name: string, file: string | undefined) =>
    file === undefined ? undefined : secrets.add(readSecret(`${field}.${name}`, file));
  const open = (name: string, file: string | undefined) =>
    file === undefined ? undefined : readText(`${field}.${name}`, file);
  const login = {
    ...{ username, password: secret("passwordFile", passwordFile)?.trimEnd(), key: secret("keyFile", keyFile) },
    ...{ ca: open("caFile", caFile), cert: open("certFile", certFile) },
  };
  return new MqttAdapter({ url, clientId, meters, mappings: topics, ...login });
}

function push({ host, port, tokenFiles }: Of<"http">, { field, secrets }: AdapterParts): Adapter {
  const tokens = new Map<string, string>();
  for (const [meter, file] of Object.entries(tokenFiles)) {
    tokens.set(meter, secrets.add(readSecret(`${field}.tokenFiles.${meter}`, file).trimEnd()));
  }
  return new ListeningPush(fastify({ requestTimeout: REQUEST_TIMEOUT, forceCloseConnections: true }), tokens, {
    host,
    port,
  });
}

/** Milliseconds that a whole request may take to arrive: whoever sends slower holds a connection for nothing. */
const REQUEST_TIMEOUT = 30_000;

/** A push route with a server of its own. */
class ListeningPush implements Adapter {
  readonly #server: FastifyInstance;
  readonly #route: HttpPushAdapter;
  readonly #listen: { readonly host: string; readonly port: number };
  #fault: string | null = "It does not listen yet.";

  constructor(server: FastifyInstance, tokens: ReadonlyMap<string, string>, listen: { host: string; port: number }) {
    this.#server = server;
    this.#route = new HttpPushAdapter({ server, tokens });
    this.#listen = listen;
  }

  async start(...args: Parameters<Adapter["start"]>): Promise<void> {
    await this.#route.start(...args);
    const { host, port } = this.#listen;
    await this.#server.listen(this.#listen).catch((error: unknown) => {
      const named = asServiceError(error, "LINK_DOWN", `http://${host}:${port}`, "take a free port of this machine.");
      this.#fault = named.message;
      throw named;
    });
    this.#fault = null;
  }

  fault(): string | null {
    return this.#fault;
  }

  async stop(): Promise<void> {
    await this.#route.stop();
    await this.#server.close();
  }
}
