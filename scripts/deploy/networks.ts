/** Networks of `hardhat.config.ts`: the ones known here, and those that the environment names. */

import { configVariable } from "hardhat/config";
import type { ChainDescriptorUserConfig, HttpNetworkUserConfig } from "hardhat/types/config";
import { CHAIN_ID, EXPLORER_URL, RPC_URL } from "./env.ts";

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

interface Known {
  readonly chainId: number;
  readonly chainType: "l1" | "generic";
  readonly name: string;
  /** Of a Blockscout explorer. */
  readonly explorer: string;
}

const KNOWN: Readonly<Record<string, Known>> = {
  sepolia: {
    chainId: 11_155_111,
    chainType: "l1",
    name: "Sepolia",
    explorer: "https://eth-sepolia.blockscout.com",
  },
  chiado: {
    chainId: 10_200,
    chainType: "generic",
    name: "Chiado",
    explorer: "https://gnosis-chiado.blockscout.com",
  },
};

/** Longest wait for an answer of a node, milliseconds. */
const TIMEOUT = 60_000;

/** Sepolia, Chiado, and every network whose `NAME_RPC_URL` and `NAME_CHAIN_ID` are set. */
export function httpNetworks(env: Environment): Record<string, HttpNetworkUserConfig> {
  const networks: Record<string, HttpNetworkUserConfig> = {};
  for (const [network, chainId] of chainIds(env)) {
    networks[network] = {
      type: "http",
      chainType: KNOWN[network]?.chainType ?? "generic",
      chainId,
      url: configVariable(variableOf(network, RPC_URL)),
      accounts: [configVariable("DEPLOYER_KEY")],
      timeout: TIMEOUT,
    };
  }
  return networks;
}

/** Explorers of these networks: known ones, and `NAME_EXPLORER_URL`, of a Blockscout. */
export function chainDescriptors(env: Environment): Record<number, ChainDescriptorUserConfig> {
  const descriptors: Record<number, ChainDescriptorUserConfig> = {};
  for (const [network, chainId] of chainIds(env)) {
    const known = KNOWN[network];
    const url = (env[variableOf(network, EXPLORER_URL)] ?? known?.explorer)?.replace(/\/$/, "");
    if (url === undefined) continue;
    const name = known?.name ?? network;
    descriptors[chainId] = { name, blockExplorers: { blockscout: { name: "Blockscout", url, apiUrl: `${url}/api` } } };
  }
  return descriptors;
}

/** The variable of a network: `variableOf("my-chain", "_RPC_URL")` is `MY_CHAIN_RPC_URL`. */
export function variableOf(network: string, ending: string): string {
  return `${network.toUpperCase().replaceAll("-", "_")}${ending}`;
}

function chainIds(env: Environment): Map<string, number> {
  const found = new Map(Object.entries(KNOWN).map(([network, { chainId }]) => [network, chainId]));
  for (const [name, value] of Object.entries(env)) {
    if (!name.endsWith(CHAIN_ID) || !/^[1-9]\d{0,14}$/.test(value ?? "")) continue;
    const prefix = name.slice(0, -CHAIN_ID.length);
    if (env[`${prefix}${RPC_URL}`] === undefined) continue;
    found.set(prefix.toLowerCase().replaceAll("_", "-"), Number(value));
  }
  return found;
}
