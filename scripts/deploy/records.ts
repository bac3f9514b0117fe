/** What a deployment leaves for others to read: a file per contract, and one with all addresses. */

import { type ContractName, CONTRACTS } from "../lib/contracts.ts";
import type { Build } from "./build.ts";
import type { Folder } from "./folder.ts";
import { addressesIn, type Plan, stepOf } from "./plan.ts";
import type { Receipt } from "./rpc.ts";

export const DEPLOYMENT_FILE = "deployment.json";
export const CHAIN_FILE = ".chainId";

/** What a dApp imports (`parseDeployment` of the SDK reads it). */
export interface DeploymentFile {
  readonly format: 4;
  readonly version: string;
  readonly chainId: number;
  /** First block that can hold logs of the contracts. */
  readonly fromBlock: number;
  readonly contracts: Readonly<Record<ContractName, string>>;
}

/** Writes `<Contract>.json` in the layout of hardhat-deploy, and the compiler's input beside it. */
export async function writeContract(
  folder: Folder,
  plan: Plan,
  build: Build,
  name: ContractName,
  receipt: Receipt,
): Promise<void> {
  const { abi, bytecode, deployedBytecode, compiler, solcInput, solcInputHash, sourceName } = build.contracts[name];
  const { address, args } = stepOf(plan, name);
  const { transactionHash, blockNumber, raw } = receipt;
  await writeIfNew(folder, `solcInputs/${solcInputHash}.json`, solcInput);
  await writeIfNew(
    folder,
    `${name}.json`,
    json({
      address,
      abi,
      transactionHash,
      blockNumber,
      receipt: raw,
      args,
      numDeployments: 1,
      sourceName,
      compiler,
      solcInputHash,
      bytecode,
      deployedBytecode,
    }),
  );
}

/** Writes `deployment.json`, the last file of a deployment. */
export async function writeDeployment(
  folder: Folder,
  plan: Plan,
  receipts: readonly Receipt[],
): Promise<DeploymentFile> {
  const file: DeploymentFile = {
    format: 4,
    version: plan.version,
    chainId: plan.chainId,
    fromBlock: Math.min(...receipts.map(({ blockNumber }) => blockNumber)),
    contracts: addressesIn(plan),
  };
  await writeIfNew(folder, DEPLOYMENT_FILE, json(file));
  return file;
}

/** Files that say the same already are left alone: a second run changes nothing. */
async function writeIfNew(folder: Folder, name: string, text: string): Promise<void> {
  if ((await folder.read(name)) !== text) await folder.write(name, text);
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Files of a whole deployment, beside the compiler's inputs. */
export const FILES = [CHAIN_FILE, DEPLOYMENT_FILE, ...CONTRACTS.map((name) => `${name}.json`)];
