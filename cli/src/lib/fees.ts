/** Gas of calls, and what it costs. */
import type { UnsignedCall } from "@wattbook/sdk";
import { coded } from "./coded.ts";
import type { Link } from "./link.ts";

/** Wei per gas. */
export type Fees =
  { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint } | { readonly gasPrice: bigint };

/** Most gas of a transaction (EIP-7825). */
const MOST_GAS = 2n ** 24n;

/** Fees that hold for some blocks; chains without a base fee take a gas price. */
export async function feesNow({ provider }: Link): Promise<Fees> {
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await coded(provider.getFeeData());
  if (maxFeePerGas !== null && maxPriorityFeePerGas !== null) return { maxFeePerGas, maxPriorityFeePerGas };
  return { gasPrice: gasPrice ?? 0n };
}

/** @throws ContractRevertError where the call would be refused */
export async function gasOf({ provider }: Link, { to, data, value }: UnsignedCall, from: string): Promise<bigint> {
  return coded(provider.estimateGas({ from, to, data, value }));
}

/** A fifth above the estimate. */
export function limitOf(gas: bigint): bigint {
  const limit = gas + gas / 5n;
  return limit > MOST_GAS ? MOST_GAS : limit;
}

/** Wei that a call can cost. */
export function mostFee(gas: bigint, fees: Fees): bigint {
  return limitOf(gas) * ("gasPrice" in fees ? fees.gasPrice : fees.maxFeePerGas);
}
