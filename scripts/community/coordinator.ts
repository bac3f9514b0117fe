/** The coordinator's account: it creates the community, admits members and pays for it. */

import { BrowserProvider, getAddress, Network, type Signer } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { configuredWallet, walletFrom } from "../deploy/account.ts";
import type { Connection } from "../deploy/connect.ts";
import { asked } from "../deploy/secret.ts";
import { CommunityError } from "../../cli/src/community/errors.ts";
import type { DevKeys } from "./signing.ts";

const VARIABLE = "COORDINATOR_KEY";
const POLL_MS = 500;

/** An ethers provider over a node's connection, which asks for the chain once. */
export function ethersProvider({ provider }: Connection, chainId: number): BrowserProvider {
  const network = Network.from(chainId);
  const made = new BrowserProvider(provider, network, { staticNetwork: network, cacheTimeout: -1 });
  made.pollingInterval = POLL_MS;
  return made;
}

/** Where the coordinator's key may be. */
export interface KeyPlaces {
  readonly hre: HardhatRuntimeEnvironment;
  readonly connection: Connection;
  readonly network: string;
  readonly provider: BrowserProvider;
  readonly keys: DevKeys | undefined;
}

/**
 * Finds the coordinator's key: of the test phrase, of the node, `COORDINATOR_KEY`, or the network's first account.
 * @throws CommunityError NOT_COORDINATOR, COORDINATOR_BUSY
 */
export async function coordinatorSigner(places: KeyPlaces, coordinator: string): Promise<Signer> {
  const signer = await findSigner(places, coordinator);
  const address = await signer.getAddress();
  if (address !== coordinator) {
    const message = `terms.coordinator is ${coordinator}, and the key is that of ${address}. Set ${VARIABLE} to its key.`;
    throw new CommunityError("NOT_COORDINATOR", message);
  }
  const [mined, waiting] = await Promise.all([signer.getNonce("latest"), signer.getNonce("pending")]);
  if (waiting === mined) return signer;
  const message = `${address} has ${waiting - mined} transactions waiting to be mined. Wait for them and run it again.`;
  throw new CommunityError("COORDINATOR_BUSY", message);
}

async function findSigner({ hre, connection, network, provider, keys }: KeyPlaces, wanted: string): Promise<Signer> {
  const known = keys?.walletOf(wanted);
  if (known !== undefined) return known.connect(provider);
  if (connection.config.accounts === "remote") {
    const accounts = (await provider.send("eth_accounts", [])) as string[];
    if (accounts.some((address) => getAddress(address) === wanted)) return provider.getSigner(wanted);
  }
  const key = await variable(hre, VARIABLE);
  if (key !== undefined) return walletFrom(VARIABLE, key).connect(provider);
  const wallet = await configuredWallet(connection.config, network);
  if (wallet !== undefined) return wallet.connect(provider);
  const message = `terms.coordinator is ${wanted}, which is no account of the node. Set ${VARIABLE} to its key.`;
  throw new CommunityError("NOT_COORDINATOR", message);
}

/** A variable of the environment or the keystore; undefined if it is in neither. */
async function variable(hre: HardhatRuntimeEnvironment, name: string): Promise<string | undefined> {
  const found = process.env[name];
  if (found !== undefined && found !== "") return found;
  const wanted = { _type: "ConfigurationVariable", name, default: "" } as const;
  const value = await asked(name, () =>
    hre.hooks.runHandlerChain("configurationVariables", "fetchValue", [wanted], () => Promise.resolve("")),
  );
  return value === "" ? undefined : value;
}
