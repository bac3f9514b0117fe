/** Whether some addresses are one deployment, on the chain that the node claims. */
import { isError } from "ethers";
import type { ContractRunner, Provider } from "ethers";
import type { Address } from "../hex.ts";
import { CONTRACT_NAMES } from "./deployment.ts";
import type { ContractName, Deployment } from "./deployment.ts";
import { Endpoint } from "./endpoint.ts";
import { DeploymentMismatchError, NoContractError, RpcInconsistentError } from "./fault-errors.ts";
import { faultOf } from "./faults.ts";
import { withPatience } from "./timing.ts";
import type { Patience } from "./timing.ts";

/** Who names whom: contract, its view, whom it should name. */
const NAMES: readonly (readonly [ContractName, string, ContractName])[] = [
  ["ProsumerRegistry", "escrow", "PaymentEscrow"],
  ["ProsumerRegistry", "settlement", "Settlement"],
  ["PaymentEscrow", "registry", "ProsumerRegistry"],
  ["PaymentEscrow", "settlement", "Settlement"],
  ["EnergyToken", "settlement", "Settlement"],
  ["Settlement", "registry", "ProsumerRegistry"],
  ["Settlement", "escrow", "PaymentEscrow"],
  ["Settlement", "energyToken", "EnergyToken"],
  ["DoubleAuction", "registry", "ProsumerRegistry"],
  ["DoubleAuction", "escrow", "PaymentEscrow"],
  ["SealedAuction", "registry", "ProsumerRegistry"],
  ["SealedAuction", "escrow", "PaymentEscrow"],
  ["SealedAuction", "commitBook", "CommitBook"],
  ["CommitBook", "registry", "ProsumerRegistry"],
  ["CommitBook", "escrow", "PaymentEscrow"],
  ["CommitBook", "auction", "SealedAuction"],
  ["EnergySharing", "registry", "ProsumerRegistry"],
  ["EnergySharing", "escrow", "PaymentEscrow"],
  ["EnergySharing", "settlement", "Settlement"],
  ["MeteredAuction", "registry", "ProsumerRegistry"],
  ["MeteredAuction", "escrow", "PaymentEscrow"],
  ["MeteredAuction", "settlement", "Settlement"],
  ["CoordinatorDesk", "registry", "ProsumerRegistry"],
  ["CoordinatorDesk", "escrow", "PaymentEscrow"],
  ["CoordinatorDesk", "settlement", "Settlement"],
];

/** Contracts that say in which chain's name they check signatures (EIP-5267): the chain as the EVM sees it. */
const SIGNED: readonly ContractName[] = [
  "ProsumerRegistry",
  "Settlement",
  "DoubleAuction",
  "SealedAuction",
  "CommitBook",
  "EnergySharing",
  "MeteredAuction",
  "CoordinatorDesk",
];

const ABI = [
  ...["registry", "escrow", "settlement", "energyToken", "commitBook", "auction"].map(
    (name) => `function ${name}() view returns (address)`,
  ),
  "function eip712Domain() view returns (bytes1, string name, string version, uint256 chainId, address, bytes32, uint256[])",
];

/**
 * Checks code, the chain id inside the EVM, and that the contracts name each other.
 * @throws NoContractError
 * @throws RpcInconsistentError
 * @throws DeploymentMismatchError
 */
export async function checkParts(
  provider: Provider,
  runner: ContractRunner,
  { contracts, chainId, fromBlock }: Deployment,
  patience: Patience,
): Promise<void> {
  const block = await patient("eth_blockNumber", provider.getBlockNumber(), patience);
  if (block < fromBlock) {
    throw new RpcInconsistentError(`block ${block} as the latest`, `the deployment stands in block ${fromBlock}`);
  }
  await Promise.all(
    CONTRACT_NAMES.map(async (name) => {
      const code = await patient("eth_getCode", provider.getCode(contracts[name]), patience);
      if (code === "0x") throw new NoContractError(name, contracts[name]);
    }),
  );
  const endpoint = (name: ContractName) => new Endpoint({ address: contracts[name], runner }, ABI, name);
  await Promise.all([
    ...NAMES.map(async ([name, part, expected]) => {
      const answer = await partOf(endpoint(name), name, part, contracts[expected]);
      if (answer !== contracts[expected]) throw new DeploymentMismatchError(name, part, answer, contracts[expected]);
    }),
    ...SIGNED.map((name) => checkDomain(endpoint(name), name, chainId)),
  ]);
}

async function partOf(endpoint: Endpoint, name: string, part: string, expected: Address): Promise<Address> {
  try {
    const [answer] = await endpoint.read(part, []);
    return answer as Address;
  } catch (cause) {
    throw foreign(cause, name, part, expected) ?? cause;
  }
}

async function checkDomain(endpoint: Endpoint, contract: string, chainId: bigint): Promise<void> {
  const expected = "Wattbook 1";
  try {
    const domain = await endpoint.read("eip712Domain", []);
    const answer = `${String(domain["name"])} ${String(domain["version"])}`;
    if (answer !== expected) throw new DeploymentMismatchError(contract, "eip712Domain", answer, expected);
    const inside = domain["chainId"] as bigint;
    if (inside !== chainId) throw new RpcInconsistentError(`chain ${chainId}`, `${contract} runs on chain ${inside}`);
  } catch (cause) {
    throw foreign(cause, contract, "eip712Domain", expected) ?? cause;
  }
}

/** A contract that does not answer as ours would: another one stands at the address. */
function foreign(cause: unknown, name: string, part: string, expected: string): DeploymentMismatchError | undefined {
  const fault = faultOf(cause);
  const unreadable = fault?.code === "RPC_INVALID" && isError(fault.cause, "BAD_DATA");
  const other = fault?.code === "CONTRACT_REVERTED" || fault?.code === "NO_CONTRACT" || unreadable;
  return other ? new DeploymentMismatchError(name, part, "nothing", expected, { cause }) : undefined;
}

async function patient<T>(request: string, work: Promise<T>, patience: Patience): Promise<T> {
  try {
    return await withPatience(request, work, patience);
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}
