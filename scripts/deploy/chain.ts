/** Whether the node is on the chain that it should be on. */

import { DeployError } from "./errors.ts";
import type { Folder } from "./folder.ts";
import { CHAIN_FILE } from "./records.ts";
import type { Rpc } from "./rpc.ts";

/**
 * The node's chain, if the configuration, the folder and the node agree on it.
 * @param expected Of the network's configuration; undefined if it names none.
 * @throws DeployError WRONG_CHAIN, RPC_INCONSISTENT, FOLDER_MALFORMED
 */
export async function checkChain(rpc: Rpc, folder: Folder, expected: number | undefined): Promise<number> {
  const chainId = await rpc.chainId();
  if (expected !== undefined && chainId !== expected) {
    const said = `The network is configured for chain ${expected}, and its node is on chain ${chainId}`;
    throw new DeployError("WRONG_CHAIN", `${said}. Check its RPC URL.`);
  }
  const networkId = await rpc.networkId();
  if (networkId !== chainId) {
    const said = `The node answers eth_chainId with ${chainId} and net_version with ${networkId}`;
    throw new DeployError("RPC_INCONSISTENT", `${said}. Use another RPC endpoint.`);
  }
  const noted = await folder.read(CHAIN_FILE);
  if (noted === undefined) return chainId;
  if (!/^\d+\s*$/.test(noted)) {
    const file = `${folder.path}/${CHAIN_FILE}`;
    throw new DeployError("FOLDER_MALFORMED", `${file} holds no chain id. Restore it, or start anew with --restart.`);
  }
  if (Number(noted) === chainId) return chainId;
  const said = `${folder.path} is of chain ${noted.trim()}, and the node is on chain ${chainId}`;
  throw new DeployError("WRONG_CHAIN", `${said}. Check --network and its RPC URL, or start anew with --restart.`);
}
