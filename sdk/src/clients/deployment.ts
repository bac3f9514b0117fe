/** The file that a dApp imports: which contracts stand where. */
import { isHexString, ZeroAddress } from "ethers";
import { isWattbookError } from "../errors.ts";
import { asAddress } from "../hex.ts";
import type { Address } from "../hex.ts";
import { DeploymentInvalidError, DeploymentVersionError } from "./fault-errors.ts";

/** The contracts of a deployment, by the names of their sources. */
export const CONTRACT_NAMES = [
  "ProsumerRegistry",
  "PaymentEscrow",
  "EnergyToken",
  "Settlement",
  "DoubleAuction",
  "SealedAuction",
  "CommitBook",
  "OrderBookLens",
  "EnergySharing",
  "MeteredAuction",
  "CoordinatorDesk",
] as const;
/** Name of a contract of a deployment. */
export type ContractName = (typeof CONTRACT_NAMES)[number];

/** Layout of `deployment.json` that this SDK reads. */
export const DEPLOYMENT_FORMAT = 4;
/** Versions of the contracts that this SDK speaks to: the same first two numbers. */
export const DEPLOYMENT_VERSION = "0.1";

/** One deployment of the contracts on one chain. */
export interface Deployment {
  readonly format: typeof DEPLOYMENT_FORMAT;
  /** Version of the contracts, such as "0.1.0". */
  readonly version: string;
  readonly chainId: bigint;
  /** No log of the deployment stands in an earlier block. */
  readonly fromBlock: number;
  readonly contracts: Readonly<Record<ContractName, Address>>;
}

/**
 * Checks what stands in `deployments/<network>/deployment.json`.
 * @param json The parsed file, its text, or what this function returned.
 * @throws DeploymentInvalidError naming the field
 * @throws DeploymentVersionError for a file or contracts of another version
 * @example
 * const { contracts } = parseDeployment(deployment);
 */
export function parseDeployment(json: unknown): Deployment {
  const file = record("deployment", typeof json === "string" ? parsed(json) : json);
  if (file["format"] !== DEPLOYMENT_FORMAT) {
    if (file["format"] === undefined) throw new DeploymentInvalidError("format", undefined, `${DEPLOYMENT_FORMAT}`);
    throw new DeploymentVersionError("format", file["format"], `format ${DEPLOYMENT_FORMAT}`);
  }
  const given = record("contracts", file["contracts"]);
  const contracts = CONTRACT_NAMES.map((name): [ContractName, Address] => [name, addressOf(name, given[name])]);
  const seen = new Set<Address>();
  for (const [name, address] of contracts) {
    if (seen.has(address)) throw new DeploymentInvalidError(`contracts.${name}`, address, "an address of its own");
    seen.add(address);
  }
  return {
    format: DEPLOYMENT_FORMAT,
    version: versionOf(file["version"]),
    chainId: chainIdOf(file["chainId"]),
    fromBlock: blockOf(file["fromBlock"]),
    contracts: Object.fromEntries(contracts) as Record<ContractName, Address>,
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new DeploymentInvalidError("deployment", text, "JSON", { cause });
  }
}

function record(field: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DeploymentInvalidError(field, value, "an object");
  }
  return value as Readonly<Record<string, unknown>>;
}

function versionOf(value: unknown): string {
  if (typeof value !== "string" || !/^\d+\.\d+\.\d+/.test(value)) {
    throw new DeploymentInvalidError("version", value, 'a version such as "0.1.0"');
  }
  if (!value.startsWith(`${DEPLOYMENT_VERSION}.`)) {
    throw new DeploymentVersionError("version", value, `${DEPLOYMENT_VERSION}.x`);
  }
  return value;
}

/** A whole number; as parsed by `parseDeployment` itself a bigint. */
function chainIdOf(value: unknown): bigint {
  if (typeof value === "bigint" && value > 0n) return value;
  if (Number.isSafeInteger(value) && (value as number) > 0) return BigInt(value as number);
  throw new DeploymentInvalidError("chainId", value, "a positive whole number");
}

function blockOf(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new DeploymentInvalidError("fromBlock", value, "the block of the first deployment transaction");
}

function addressOf(name: ContractName, value: unknown): Address {
  const field = `contracts.${name}`;
  const expected = "the address of a contract";
  if (typeof value !== "string" || !isHexString(value, 20)) throw new DeploymentInvalidError(field, value, expected);
  try {
    const address = asAddress(value, field);
    if (address !== ZeroAddress) return address;
  } catch (cause) {
    if (!isWattbookError(cause, "INVALID_ADDRESS")) throw cause;
    throw new DeploymentInvalidError(field, value, "an address with a right checksum", { cause });
  }
  throw new DeploymentInvalidError(field, value, expected);
}
