/** Batches as large as a transaction may be: the fixed cost of a call is shared, and no call gets stuck. */

import type { Wallet } from "ethers";
import type { UnsignedCall } from "@wattbook/sdk";
import { type Chain, MOST_GAS } from "./chain.ts";

/** How many items of a kind go into a call; learns from what the last call took. */
export interface Sizing {
  next: number;
}

/** The part of a chain that batches need. */
export type Sender = Pick<Chain, "fits" | "send">;

/** Calldata that transaction pools take is 128 KiB, signature and envelope included. */
const MOST_BYTES = 120 * 1024;
/**
 * What a batch is planned for, six tenths of what a transaction may take: there is room for items that take more than the
 * last ones, and the node's traces of a call fit into memory.
 */
const PLANNED_GAS = (MOST_GAS * 6n) / 10n;

/**
 * Sends all items in as many calls as needed; returns the gas they took.
 *
 * @param build The call for some of the items.
 * @param onDone Called with the number of items after each call.
 */
export async function sendInBatches<T>(
  chain: Sender,
  from: Wallet,
  items: readonly T[],
  sizing: Sizing,
  build: (items: readonly T[]) => UnsignedCall,
  onDone: (count: number) => void = () => undefined,
): Promise<bigint> {
  let gas = 0n;
  let done = 0;
  while (done < items.length) {
    let batch = items.slice(done, done + sizing.next);
    let call = build(batch);
    while (!(await acceptable(chain, from, call))) {
      if (batch.length === 1) throw new Error("one item alone does not fit into a transaction");
      batch = batch.slice(0, Math.ceil(batch.length / 2));
      call = build(batch);
    }
    const { gasUsed } = await chain.send(from, call);
    gas += gasUsed;
    done += batch.length;
    onDone(batch.length);
    sizing.next = nextSize(batch.length, gasUsed, call);
  }
  return gas;
}

async function acceptable(chain: Sender, from: Wallet, call: UnsignedCall): Promise<boolean> {
  return bytesOf(call) <= MOST_BYTES && (await chain.fits(from, call));
}

/** As many as gas and calldata allow at the last call's rate, but at most twice as many: the rate may change. */
function nextSize(count: number, gasUsed: bigint, call: UnsignedCall): number {
  const byGas = Number((PLANNED_GAS * BigInt(count)) / gasUsed);
  const byBytes = Math.floor((MOST_BYTES * count) / bytesOf(call));
  return Math.max(1, Math.min(byGas, byBytes, 2 * count));
}

function bytesOf({ data }: UnsignedCall): number {
  return data.length / 2 - 1;
}
