/** Whether a deployment is whole: code at every address, and every contract names the others. */

import { AbiCoder, getAddress, id } from "ethers";
import { CONTRACTS, LINKS, type PerContract } from "../lib/contracts.ts";
import { type Build, isCodeOf } from "./build.ts";
import { DeployError } from "./errors.ts";
import type { Rpc } from "./rpc.ts";

/**
 * Reads code and links from the chain.
 * @throws DeployError NO_CONTRACT, CODE_MISMATCH, DEPLOYMENT_MISMATCH
 */
export async function checkDeployment(rpc: Rpc, addresses: PerContract<string>, build: Build): Promise<void> {
  for (const name of CONTRACTS) {
    const code = await rpc.code(addresses[name]);
    if (code === "0x") throw noContract(name, addresses[name]);
    if (!isCodeOf(build.contracts[name], code)) throw otherCode(name, addresses[name]);
  }
  for (const name of CONTRACTS) {
    for (const { getter, contract } of LINKS[name]) {
      const named = await readAddress(rpc, addresses[name], getter);
      if (named === addresses[contract]) continue;
      const found = `${name} at ${addresses[name]} names ${named} as ${getter}, not ${addresses[contract]}`;
      throw new DeployError("DEPLOYMENT_MISMATCH", `${found}. Do not use it: deploy anew with --restart.`);
    }
  }
}

async function readAddress(rpc: Rpc, to: string, getter: string): Promise<string> {
  const answer = await rpc.call(to, id(`${getter}()`).slice(0, 10));
  try {
    const [address] = AbiCoder.defaultAbiCoder().decode(["address"], answer);
    return getAddress(String(address));
  } catch (cause) {
    const said = `The node answers ${getter}() of ${to} with ${answer.slice(0, 66)}, which is no address`;
    throw new DeployError("RPC_INCONSISTENT", `${said}. Use another RPC endpoint.`, { cause });
  }
}

export function noContract(name: string, address: string): DeployError {
  return new DeployError(
    "NO_CONTRACT",
    `The folder says that ${name} is at ${address}, and there is no code there. Check the RPC URL; if the chain was reset, ` +
      `as local ones are at every start, deploy anew with --restart.`,
  );
}

export function otherCode(name: string, address: string): DeployError {
  return new DeployError(
    "CODE_MISMATCH",
    `The code at ${address} is not ${name} of this build. Use the sources that it was deployed from, or deploy anew with ` +
      `--restart.`,
  );
}
