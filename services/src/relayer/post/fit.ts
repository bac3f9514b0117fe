/** Calls that a transaction can hold: what was planned too large is halved. */
import { faultOf, isRevert, isWattbookError, type UnsignedCall } from "@wattbook/sdk";
import type { Node } from "../../chain/index.ts";

/** Calldata that nodes pass on, signature and envelope beside it. */
export const MOST_BYTES = 126 * 1_024;
/** Largest gas limit of a transaction (EIP-7825). */
export const MOST_GAS = 1n << 24n;
/** What of it an estimate may take: the chain may have moved on until the call is mined. */
const MOST_ESTIMATE = (MOST_GAS * 7n) / 8n;
/** What calls are planned for, so that few have to be halved. */
export const TARGET_GAS = (MOST_ESTIMATE * 15n) / 16n;

/** Who sends, and who hears of an item that no transaction can hold. */
export interface FitOptions<T> {
  readonly from: string;
  /** The call for some of the items. */
  readonly build: (items: readonly T[]) => UnsignedCall;
  readonly unfit: (item: T) => void;
}

/** Some of the items, and the call for them. */
export interface Fitting<T> {
  readonly items: readonly T[];
  readonly call: UnsignedCall;
  /** Gas limit. */
  readonly gas: bigint;
}

/**
 * Calls for all items that a transaction can hold, each with a gas limit an eighth above its estimate.
 * @throws ContractRevertError where the call is refused as a whole
 * @throws Faults of the node
 */
export async function fitting<T>(node: Node, items: readonly T[], options: FitOptions<T>): Promise<Fitting<T>[]> {
  const [first] = items;
  if (first === undefined) return [];
  const call = options.build(items);
  const gas = await gasFor(node, options.from, call);
  if (gas !== null) return [{ items, call, gas }];
  if (items.length === 1) {
    options.unfit(first);
    return [];
  }
  const half = Math.ceil(items.length / 2);
  const before = await fitting(node, items.slice(0, half), options);
  return [...before, ...(await fitting(node, items.slice(half), options))];
}

/**
 * Gas limit of a call, an eighth above its estimate; null where no transaction can hold it.
 * @throws ContractRevertError where it is refused
 */
export async function gasFor(node: Node, from: string, call: UnsignedCall): Promise<bigint | null> {
  const gas = call.data.length / 2 > MOST_BYTES ? null : await estimated(node, from, call);
  if (gas === null) return null;
  const limit = (gas * 9n) / 8n;
  return limit < MOST_GAS ? limit : MOST_GAS;
}

/** Gas of a call; null where it takes more than a transaction has. @throws ContractRevertError where it is refused */
export async function estimated(node: Node, from: string, { to, data, value }: UnsignedCall): Promise<bigint | null> {
  try {
    const gas = await node.estimateGas({ from, to, data, value });
    return gas <= MOST_ESTIMATE ? gas : null;
  } catch (thrown) {
    const fault = faultOf(thrown);
    // Nodes say that a call needs more than a transaction has in many ways, but refuse it all. Contracts say it of what follows it.
    if (isWattbookError(fault, "RPC_REFUSED") || isRevert(fault, "ChunkTooDear")) return null;
    throw thrown;
  }
}
