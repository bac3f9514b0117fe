/** The gateway's configuration from its file, with all paths made absolute. */
import { dirname, resolve } from "node:path";
import { type ProgramFile, readConfig, type SecretFields, type Secrets } from "../../operation/index.ts";
import type { AdapterConfig } from "./adapter-schema.ts";
import { GatewayConfig, type MemberConfig } from "./schema.ts";

/** `RPC_URL_FILE` may name the file with the node's address. */
const SECRETS: SecretFields = { RPC_URL: ["node", "urls", "0"], RPC_URL_2: ["node", "urls", "1"] };

/**
 * Reads a configuration. `RELAYER_TOKEN_FILE` stands in where the relayer names no `tokenFile`.
 * @throws ServiceError CONFIG_INVALID naming every mistake, FILE_UNREADABLE, FILE_OPEN
 */
export function readGatewayConfig({ path, env }: ProgramFile, secrets: Secrets): GatewayConfig {
  const config = readConfig(GatewayConfig, { path, env, secretFields: SECRETS, secrets });
  const folder = dirname(resolve(path));
  const at = (file: string) => resolve(folder, file);
  const { relayer } = config;
  const tokenFile = relayer.tokenFile === undefined ? env["RELAYER_TOKEN_FILE"] : at(relayer.tokenFile);
  return {
    ...config,
    deployment: at(config.deployment),
    queue: at(config.queue),
    relayer: { ...relayer, tokenFile },
    members: config.members.map((member) => memberAt(member, at)),
    adapters: config.adapters.map((adapter) => adapterAt(adapter, at)),
  };
}

type At = (file: string) => string;

function memberAt(member: MemberConfig, at: At): MemberConfig {
  const { meterKey, trade } = member;
  return {
    ...member,
    meterKey: keyAt(meterKey, at),
    trade: trade && { ...trade, tradingKey: keyAt(trade.tradingKey, at) },
  };
}

function keyAt(key: MemberConfig["meterKey"], at: At): MemberConfig["meterKey"] {
  const { file, passwordFile } = key;
  return { ...key, file: at(file), ...(passwordFile !== undefined && { passwordFile: at(passwordFile) }) };
}

function adapterAt(adapter: AdapterConfig, at: At): AdapterConfig {
  const maybe = (file: string | undefined) => (file === undefined ? undefined : at(file));
  switch (adapter.type) {
    case "csv":
      return { ...adapter, path: at(adapter.path) };
    case "http": {
      const files = Object.entries(adapter.tokenFiles).map(([meter, file]) => [meter, at(file)]);
      return { ...adapter, tokenFiles: Object.fromEntries(files) as Record<string, string> };
    }
    case "mqtt": {
      const { passwordFile, caFile, certFile, keyFile } = adapter;
      return {
        ...adapter,
        ...{ passwordFile: maybe(passwordFile), caFile: maybe(caFile) },
        ...{ certFile: maybe(certFile), keyFile: maybe(keyFile) },
      };
    }
    default:
      return adapter;
  }
}
