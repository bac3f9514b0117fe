/** A relayer's own configuration, as commands that sign with its key need it. */
import { resolve } from "node:path";
import { type LockedKey, readKey, Secrets } from "@wattbook/services/files";
import type { Config } from "./config.ts";
import { CliError } from "./errors.ts";
import { type LinkOptions, linkTo, type Session, sessionOf } from "./link.ts";
import type { Terminal } from "./terminal.ts";

/** Options of commands about a relayer. */
export interface RelayerOptions extends LinkOptions {
  /** The relayer's. */
  readonly config: string;
}

/** A community that the relayer serves, and the relayer's key. */
export interface RelayerSession extends Session {
  readonly relayer: LockedKey;
}

/**
 * Runs `work` with the node, the key and a community of `relayer.json`.
 * @throws ServiceError CONFIG_INVALID, FILE_UNREADABLE, KEY_FILE_INVALID, FILE_OPEN
 * @throws CliError OPTION_INVALID, COMMUNITY_MISSING
 */
export async function withRelayer<T>(
  options: RelayerOptions,
  terminal: Terminal,
  work: (session: RelayerSession) => Promise<T>,
): Promise<T> {
  const { readRelayerConfig } = await import("@wattbook/services/relayer");
  const { deployment, node, key, communities, folder } = readRelayerConfig(
    { path: options.config, env: terminal.env },
    new Secrets(),
  );
  const [url = ""] = node.urls;
  const served = communities.map(Number);
  if (options.community === undefined && served.length > 1) {
    const found = `--community is missing, and ${options.config} serves ${served.join(", ")}`;
    throw new CliError("OPTION_INVALID", `${found}. Name one.`);
  }
  const config: Config = {
    ...{ path: resolve(options.config), deployment, data: folder, keys: {}, services: {}, member: undefined },
    node: { url, timeoutMs: node.timeoutMs },
    community: served[0],
  };
  const relayer = readKey("key", { file: key.file, passwordFile: key.passwordFile });
  return linkTo(
    config,
    () => url,
    terminal,
    async (link) => work({ ...(await sessionOf(link, options)), relayer }),
  );
}
