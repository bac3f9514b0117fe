/** Publishes the sources on the network's explorers. It comes after the deployment, and its failure undoes nothing. */

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { verifyContract } from "@nomicfoundation/hardhat-verify/verify";
import { type ContractName, CONTRACTS } from "../lib/contracts.ts";
import type { Build } from "./build.ts";
import { type Plan, stepOf } from "./plan.ts";
import { withoutUrls } from "./rpc-fault.ts";

export const EXPLORERS = ["blockscout", "etherscan"] as const;
export type Explorer = (typeof EXPLORERS)[number];

/** What an explorer made of a contract. */
export interface Verification {
  readonly contract: ContractName;
  readonly explorer: Explorer;
  /** Undefined if its sources are published. */
  readonly fault: { readonly code: "VERIFICATION_FAILED"; readonly message: string } | undefined;
}

/** Explorers of a chain: Blockscout where one is configured, Etherscan where there is a key for it. */
export function explorersOf(hre: HardhatRuntimeEnvironment, chainId: number): Explorer[] {
  const known = hre.config.chainDescriptors.get(BigInt(chainId))?.blockExplorers ?? {};
  return EXPLORERS.filter((explorer) =>
    explorer === "blockscout" ? known.blockscout !== undefined : process.env["ETHERSCAN_API_KEY"] !== undefined,
  );
}

/** Publishes the sources of every contract; those that are public already count as published. */
export async function verifyAll(
  hre: HardhatRuntimeEnvironment,
  plan: Plan,
  build: Build,
  explorer: Explorer,
  note: (line: string) => void,
): Promise<Verification[]> {
  const done: Verification[] = [];
  for (const contract of CONTRACTS) {
    const { address, args } = stepOf(plan, contract);
    const source = `${build.contracts[contract].sourceName}:${contract}`;
    const verified = await quietly(() =>
      verifyContract({ address, constructorArgs: args, contract: source, provider: explorer }, hre),
    );
    const fault = verified instanceof Error ? failure(contract, address, explorer, verified) : undefined;
    note(fault === undefined ? `${contract}: sources are on ${explorer}` : `${fault.code}: ${fault.message}`);
    done.push({ contract, explorer, fault });
  }
  return done;
}

function failure(contract: string, address: string, explorer: Explorer, { message }: Error) {
  const reason = message.split("\n").find((line) => line.trim() !== "") ?? "no reason given";
  return {
    code: "VERIFICATION_FAILED",
    message: `${contract} at ${address}: ${explorer} says: ${withoutUrls(reason)} The deployment stands; run the same command again later.`,
  } as const;
}

/** Hardhat's plugin speaks on stdout, which belongs to the result. */
async function quietly(act: () => Promise<unknown>): Promise<unknown> {
  const { log } = console;
  console.log = console.error;
  try {
    return await act();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    console.log = log;
  }
}
