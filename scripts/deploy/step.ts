/** One contract, from wherever it stands to its receipt. */

import { setTimeout as sleep } from "node:timers/promises";
import type { ContractName } from "../lib/contracts.ts";
import { DeployError } from "./errors.ts";
import { lookTwice } from "./look.ts";
import type { Step } from "./plan.ts";
import type { Receipt, Rpc } from "./rpc.ts";
import { send, type Sender } from "./send.ts";

/** How long to wait for a block, milliseconds. */
export interface Patience {
  readonly pollMs: number;
  readonly waitMs: number;
}

/** What became of a step. */
export interface Created {
  readonly receipt: Receipt;
  /** Whether this run sent it. */
  readonly sent: boolean;
}

/**
 * Brings a contract on chain unless it is there, and finds its receipt.
 * @throws DeployError
 */
export async function create(sender: Sender, contract: ContractName, patience: Patience): Promise<Created> {
  const { rpc, build, journal } = sender;
  const standing = () => lookTwice(rpc, journal.plan, build, journal.step(contract), patience);
  if ((await standing()) === "created") return { receipt: await receiptOf(sender, contract, patience), sent: false };
  await send(sender, journal.step(contract));
  const last = Date.now() + patience.waitMs;
  while ((await standing()) !== "created") {
    if (Date.now() > last) throw pending(journal.step(contract), patience);
    await sleep(patience.pollMs);
  }
  return { receipt: await receiptOf(sender, contract, patience), sent: true };
}

/** By the hashes in the plan, else by the nonce in the blocks since. */
async function receiptOf(sender: Sender, contract: ContractName, { pollMs }: Patience): Promise<Receipt> {
  const { rpc, journal } = sender;
  const step = journal.step(contract);
  // A node that has the code may need a moment for the receipt.
  for (let round = 0; round < ROUNDS; round++) {
    for (const { hash } of step.attempts) {
      const receipt = hash === undefined ? undefined : await rpc.receipt(hash);
      if (receipt !== undefined) return checked(step, receipt);
    }
    const hash = await searched(rpc, journal.plan.deployer, step, journal.plan.madeAtBlock);
    const receipt = hash === undefined ? undefined : await rpc.receipt(hash);
    if (receipt !== undefined) return checked(step, receipt);
    await sleep(pollMs);
  }
  throw new DeployError(
    "TRANSACTION_LOST",
    `${contract} is at ${step.address}, but the node has no receipt for it. Try a node that keeps receipts since block ` +
      `${journal.plan.madeAtBlock}; nothing needs to be sent again.`,
  );
}
const ROUNDS = 4;
/** About three days of Ethereum's blocks. */
const MOST_BLOCKS = 20_000;

async function searched(rpc: Rpc, deployer: string, step: Step, from: number): Promise<string | undefined> {
  const { number: latest } = await rpc.block();
  for (let block = from; block <= Math.min(latest, from + MOST_BLOCKS); block++) {
    const hash = await rpc.minedIn(block, deployer, step.nonce);
    if (hash !== undefined) return hash;
  }
  return undefined;
}

function checked(step: Step, receipt: Receipt): Receipt {
  if (receipt.succeeded && receipt.contractAddress === step.address) return receipt;
  const said = `The node has ${step.contract} at ${step.address}, and a receipt that says ${String(receipt.contractAddress)}`;
  throw new DeployError("RPC_INCONSISTENT", `${said}. Use another RPC endpoint.`);
}

function pending({ contract, attempts }: Step, { waitMs }: Patience): DeployError {
  const hash = attempts.at(-1)?.hash ?? "unknown";
  const waited = `${contract} is not in a block after ${waitMs / 1000} s (transaction ${hash})`;
  return new DeployError("TRANSACTION_PENDING", `${waited}. Run the same command again: it goes on waiting.`);
}
