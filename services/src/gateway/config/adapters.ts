/** Adapters from their configuration. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import fastify from "fastify";
import type { FastifyInstance } from "fastify";
import { asSeconds } from "@wattbook/sdk/pure";
import { CsvReplayAdapter } from "../csv/replay.ts";
import { asGatewayError } from "../errors.ts";
import { HttpPushAdapter } from "../http/push.ts";
import { readSecret } from "../keys.ts";
import { MqttAdapter } from "../mqtt/adapter.ts";
import { P1SerialAdapter } from "../p1/serial.ts";
import { P1TcpAdapter } from "../p1/tcp.ts";
import type { Adapter } from "../sample.ts";
import { SunSpecAdapter } from "../sunspec/adapter.ts";
import type { AdapterConfig } from "./schema.ts";

/** Where files stand, and which meters there are. */
export interface Place {
  readonly folder: string;
  readonly meters: ReadonlySet<string>;
}

type Of<T extends AdapterConfig["type"]> = Extract<AdapterConfig, { type: T }>;

/**
 * Makes an adapter; it connects when it is started.
 * @throws GatewayError FILE_UNREADABLE, KEY_FILE_OPEN
 */
export async function makeAdapter(config: AdapterConfig, place: Place): Promise<Adapter> {
  switch (config.type) {
    case "p1-tcp":
    case "p1-serial":
      return p1(config);
    case "sunspec":
      return sunSpec(config);
    case "mqtt":
      return mqtt(config, place);
    case "http":
      return push(config, place);
    case "csv":
      return new CsvReplayAdapter({ path: resolve(place.folder, config.path), values: config.values });
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

async function mqtt(config: Of<"mqtt">, { folder, meters }: Place): Promise<Adapter> {
  const { url, clientId, username, passwordFile, caFile, certFile, keyFile, topics } = config;
  const secret = async (file: string | undefined, field: string) =>
    file === undefined ? undefined : readSecret(resolve(folder, file), field);
  const [password, key] = [await secret(passwordFile, "passwordFile"), await secret(keyFile, "keyFile")];
  const [ca, cert] = [await readPublic(folder, caFile), await readPublic(folder, certFile)];
  const login = { username, password: password?.trimEnd(), ca, cert, key };
  return new MqttAdapter({ url, clientId, meters, mappings: topics, ...login });
}

async function push({ host, port, tokenFiles }: Of<"http">, { folder }: Place): Promise<Adapter> {
  const tokens = new Map<string, string>();
  for (const [meter, file] of Object.entries(tokenFiles)) {
    tokens.set(meter, (await readSecret(resolve(folder, file), `token of ${meter}`)).trimEnd());
  }
  return new ListeningPush(fastify(), tokens, { host, port });
}

/** A push route with a server of its own. */
class ListeningPush implements Adapter {
  readonly #server: FastifyInstance;
  readonly #route: HttpPushAdapter;
  readonly #listen: { readonly host: string; readonly port: number };

  constructor(server: FastifyInstance, tokens: ReadonlyMap<string, string>, listen: { host: string; port: number }) {
    this.#server = server;
    this.#route = new HttpPushAdapter({ server, tokens });
    this.#listen = listen;
  }

  async start(...args: Parameters<Adapter["start"]>): Promise<void> {
    await this.#route.start(...args);
    const { host, port } = this.#listen;
    await this.#server.listen(this.#listen).catch((error: unknown) => {
      throw asGatewayError(error, "LINK_DOWN", `http://${host}:${port}`, "take a free port of this machine.");
    });
  }

  async stop(): Promise<void> {
    await this.#route.stop();
    await this.#server.close();
  }
}

async function readPublic(folder: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  return readFile(resolve(folder, file), "utf8").catch((error: unknown) => {
    throw asGatewayError(error, "FILE_UNREADABLE", file, "check its name and permissions.");
  });
}
