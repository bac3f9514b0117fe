/** What a deployment costs, before it is sent. */

import { AbiCoder, concat, dataLength, getBytes } from "ethers";
import type { Build, BuiltContract } from "./build.ts";
import { DeployError } from "./errors.ts";
import type { Plan, Step } from "./plan.ts";
import type { Block, Rpc } from "./rpc.ts";

/** Wei per gas, as the fields of a transaction. */
export type Fees =
  { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint } | { readonly gasPrice: bigint };

/** Gas and coin of one contract. */
export interface StepCost {
  readonly contract: string;
  readonly gas: bigint;
  /** Wei at today's fees. */
  readonly expected: bigint;
}

/** Gas and coin of what is left to do. */
export interface Cost {
  readonly steps: readonly StepCost[];
  readonly gas: bigint;
  /** Wei at today's fees. */
  readonly expected: bigint;
  /** Wei that the deployer has to hold: limits with a margin, at the highest fee that the transactions allow. */
  readonly atMost: bigint;
  readonly fees: Fees;
}

/** Most gas of a transaction (EIP-7825). */
const MOST_GAS = 2n ** 24n;

/** Creation code with constructor arguments. */
export function initcodeOf({ bytecode }: BuiltContract, { args }: Step): string {
  return concat([
    bytecode,
    AbiCoder.defaultAbiCoder().encode(
      args.map(() => "address"),
      args,
    ),
  ]);
}

/** Fees that hold for some blocks: twice the base fee. Chains without a base fee take a gas price. */
export async function feesNow(rpc: Rpc, block: Block): Promise<Fees> {
  if (block.baseFee === undefined) return { gasPrice: await rpc.gasPrice() };
  const maxPriorityFeePerGas = await rpc.priorityFee();
  return { maxFeePerGas: 2n * block.baseFee + maxPriorityFeePerGas, maxPriorityFeePerGas };
}

/** The highest price per gas that a transaction with these fees can pay. */
export function mostPerGas(fees: Fees): bigint {
  return "gasPrice" in fees ? fees.gasPrice : fees.maxFeePerGas;
}

/** A fifth above the estimate, within what a transaction may have. */
export function limitOf(gas: bigint): bigint {
  const limit = gas + gas / 5n;
  return limit > MOST_GAS && gas <= MOST_GAS ? MOST_GAS : limit;
}

/** What the given steps cost; nothing is sent. */
export async function costOf(rpc: Rpc, plan: Plan, build: Build, steps: readonly Step[], block: Block): Promise<Cost> {
  const fees = await feesNow(rpc, block);
  const price = "gasPrice" in fees ? fees.gasPrice : (block.baseFee ?? 0n) + fees.maxPriorityFeePerGas;
  const costs: StepCost[] = [];
  for (const step of steps) {
    const gas = await gasOf(rpc, plan, build, step);
    costs.push({ contract: step.contract, gas, expected: gas * price });
  }
  const gas = costs.reduce((total, cost) => total + cost.gas, 0n);
  const limits = costs.reduce((total, cost) => total + limitOf(cost.gas), 0n);
  return { steps: costs, gas, expected: gas * price, atMost: limits * mostPerGas(fees), fees };
}

/** Settlement asks its parts when it is constructed: before they are there no node can estimate it. */
async function gasOf(rpc: Rpc, { deployer }: Plan, build: Build, step: Step): Promise<bigint> {
  const contract = build.contracts[step.contract];
  const data = initcodeOf(contract, step);
  if (step.contract === "Settlement") return creationGas(data, contract.deployedBytecode);
  return rpc.estimateGas({ from: deployer, data });
}

/** Gas of a creation by the rules of Ethereum, with what running the constructor takes at most. */
export function creationGas(initcode: string, code: string): bigint {
  const bytes = getBytes(initcode);
  const zeros = bytes.filter((byte) => byte === 0).length;
  const calldata = 4 * zeros + 16 * (bytes.length - zeros);
  const words = Math.ceil(bytes.length / 32);
  return BigInt(BASE + CREATE + calldata + 2 * words + PER_BYTE * dataLength(code) + CONSTRUCTOR);
}
const BASE = 21_000;
const CREATE = 32_000;
const PER_BYTE = 200;
const CONSTRUCTOR = 30_000;

/**
 * Refuses a deployer that cannot pay to the end.
 * @throws DeployError INSUFFICIENT_FUNDS
 */
export async function checkFunds(rpc: Rpc, deployer: string, { atMost }: Cost): Promise<bigint> {
  const balance = await rpc.balance(deployer);
  if (balance >= atMost) return balance;
  const lacks = `${deployer} holds ${coin(balance)} and needs up to ${coin(atMost)}`;
  throw new DeployError("INSUFFICIENT_FUNDS", `${lacks}. Send it ${coin(atMost - balance)} more. Nothing was sent.`);
}

/** Wei as coins with six decimals, rounded up. */
export function coin(wei: bigint): string {
  const micro = (wei + 10n ** 12n - 1n) / 10n ** 12n;
  return `${micro / 1_000_000n}.${(micro % 1_000_000n).toString().padStart(6, "0")}`;
}
