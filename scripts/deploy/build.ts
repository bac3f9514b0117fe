/** The compiled contracts, and a fingerprint that tells one build from another. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { concat, getBytes, hexlify, keccak256 } from "ethers";
import type { ArtifactManager } from "hardhat/types/artifacts";
import { type ContractName, CONTRACTS, type PerContract } from "../lib/contracts.ts";
import { DeployError } from "./errors.ts";

/** Bytes of the code that are set at construction. */
interface Range {
  readonly start: number;
  readonly length: number;
}

/** One compiled contract. */
export interface BuiltContract {
  readonly sourceName: string;
  readonly abi: readonly object[];
  /** Creation code, without constructor arguments. */
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly immutables: readonly Range[];
  readonly compiler: { readonly version: string; readonly settings: object };
  /** Standard JSON input of the compiler, for verifying by hand. */
  readonly solcInput: string;
  readonly solcInputHash: string;
}

/** The compiled contracts. */
export interface Build {
  /** Hash of all creation code, which holds the hash of sources and settings. */
  readonly fingerprint: string;
  readonly contracts: PerContract<BuiltContract>;
}

/**
 * Reads what `npm run build` left.
 * @throws DeployError NOT_BUILT
 */
export async function readBuild(artifacts: ArtifactManager): Promise<Build> {
  const entries: [ContractName, BuiltContract][] = [];
  for (const name of CONTRACTS) entries.push([name, await readContract(artifacts, name)]);
  const contracts = Object.fromEntries(entries) as PerContract<BuiltContract>;
  return { fingerprint: keccak256(concat(entries.map(([, { bytecode }]) => bytecode))), contracts };
}

async function readContract(artifacts: ArtifactManager, name: ContractName): Promise<BuiltContract> {
  try {
    const artifact = await artifacts.readArtifact(name);
    const infoPath = await artifacts.getBuildInfoPath(artifact.buildInfoId ?? "");
    const info = JSON.parse(await readFile(infoPath ?? "", "utf8")) as BuildInfo;
    const solcInput = JSON.stringify(info.input);
    return {
      sourceName: artifact.sourceName,
      abi: artifact.abi as readonly object[],
      bytecode: artifact.bytecode,
      deployedBytecode: artifact.deployedBytecode,
      immutables: Object.values(artifact.immutableReferences ?? {}).flat(),
      compiler: { version: info.solcLongVersion, settings: withoutSelection(info.input.settings) },
      solcInput,
      solcInputHash: createHash("md5").update(solcInput).digest("hex"),
    };
  } catch (error) {
    throw new DeployError("NOT_BUILT", `${name} is not compiled. Run: npm run build:deployed`, { cause: error });
  }
}

interface BuildInfo {
  readonly solcLongVersion: string;
  readonly input: { readonly settings: Readonly<Record<string, unknown>> };
}

/** Which outputs were asked for changes no code. */
function withoutSelection(settings: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => name !== "outputSelection"));
}

/** Whether `code`, as a chain holds it, is this contract with whatever it was constructed with. */
export function isCodeOf({ deployedBytecode, immutables }: BuiltContract, code: string): boolean {
  return code.length === deployedBytecode.length && blank(code, immutables) === blank(deployedBytecode, immutables);
}

function blank(code: string, ranges: readonly Range[]): string {
  const bytes = getBytes(code);
  for (const { start, length } of ranges) bytes.fill(0, start, start + length);
  return hexlify(bytes);
}
