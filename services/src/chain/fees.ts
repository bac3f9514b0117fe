/** What a transaction offers per gas, and what one has to offer that takes another's place. Wei throughout. */
import type { Head, Node } from "./node.ts";

/** Fees of EIP-1559; on chains without it the transaction is of the old type and pays `most`. */
export interface Fees {
  /** Most that is paid per gas in all. */
  readonly most: bigint;
  /** What of it goes to the block's maker. */
  readonly tip: bigint;
  readonly legacy: boolean;
}

/** What the operator is willing to pay. */
export interface FeePolicy {
  /** Per gas in all; nothing is offered above it. */
  readonly cap: bigint;
  /** Least to offer to the block's maker. */
  readonly leastTip: bigint;
}

export const DEFAULT_FEES: FeePolicy = { cap: 100_000_000_000n, leastTip: 1_000_000n };

/** What gets into a block soon: twice the base fee, which lasts for six full blocks, and the node's word for the tip. */
export async function feesNow(node: Node, head: Head, policy: FeePolicy): Promise<Fees> {
  if (head.baseFee === null) {
    return capped({ most: await node.gasPrice(), tip: 0n, legacy: true }, policy);
  }
  const said = await node.tip().catch(() => policy.leastTip); // some nodes have no word for it
  const tip = said > policy.leastTip ? said : policy.leastTip;
  return capped({ most: 2n * head.baseFee + tip, tip, legacy: false }, policy);
}

/**
 * What a transaction must offer to take the place of one that offers `held`: an eighth more of both, as nodes ask, and
 * no less than what gets in now. Null where the cap does not allow it.
 */
export function above(held: Fees, now: Fees, policy: FeePolicy): Fees | null {
  const most = larger(now.most, eighthMoreUp(held.most));
  const tip = larger(now.tip, eighthMoreUp(held.tip));
  if (most > policy.cap) return null;
  return { most, tip: tip < most ? tip : most, legacy: held.legacy };
}

function eighthMoreUp(fee: bigint): bigint {
  return fee + fee / 8n + 1n;
}

function capped(fees: Fees, { cap }: FeePolicy): Fees {
  const most = fees.most < cap ? fees.most : cap;
  return { ...fees, most, tip: fees.tip < most ? fees.tip : most };
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
