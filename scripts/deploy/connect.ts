/** From the name of a network to a node, by Hardhat's configuration. */

import { setTimeout as sleep } from "node:timers/promises";
import type { NetworkConfig } from "hardhat/types/config";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { DeployError } from "./errors.ts";
import { RPC_URL } from "./env.ts";
import { variableOf } from "./networks.ts";
import type { Provider } from "./rpc.ts";
import { asked } from "./secret.ts";

/** A node and what the configuration says about it. */
export interface Connection {
  readonly config: NetworkConfig;
  readonly provider: Provider;
  close(): Promise<void>;
}

/** Longest wait for one answer, milliseconds. */
const DEFAULT_TIMEOUT = 60_000;
/** Longest wait for open requests at the end, milliseconds. */
const PATIENCE = 200;

/**
 * Connects to a network that is still there tomorrow.
 * @throws DeployError NETWORK_UNKNOWN, NETWORK_EPHEMERAL, VARIABLE_MISSING
 */
export async function connectTo(
  hre: HardhatRuntimeEnvironment,
  network: string,
  timeout = DEFAULT_TIMEOUT,
): Promise<Connection> {
  const { networks } = hre.config;
  const config = networks[network];
  if (config === undefined) {
    const known = Object.keys(networks).filter((name) => networks[name]?.type === "http");
    const advice = `Known are ${known.join(", ")}; ${variableOf(network, RPC_URL)} and ${variableOf(network, "_CHAIN_ID")} in .env add it`;
    throw new DeployError("NETWORK_UNKNOWN", `There is no network ${network}. ${advice}.`);
  }
  if (config.type !== "http") {
    const advice = `Start a node with "npx hardhat node" and use --network localhost.`;
    throw new DeployError("NETWORK_EPHEMERAL", `Network ${network} lives in this process and ends with it. ${advice}`);
  }
  // Signing is done here, so that a look at a network asks for no key and no password.
  const connection = await asked(variableOf(network, RPC_URL), () =>
    hre.network.create({ network, override: { accounts: "remote", timeout } }),
  );
  return { config, provider: connection.provider, close: () => closed(connection) };
}

/** Closing waits for answers: a node that hangs must not keep the reason from being said. */
async function closed(connection: { close(): Promise<void> }): Promise<void> {
  await Promise.race([connection.close(), sleep(PATIENCE, undefined, { ref: false })]);
}
