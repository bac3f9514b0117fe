/** Sends the transaction of a step: written down first, then broadcast. */

import { keccak256, Transaction, type TransactionLike } from "ethers";
import type { Account } from "./account.ts";
import type { Build } from "./build.ts";
import { type Fees, feesNow, initcodeOf, limitOf, mostPerGas } from "./cost.ts";
import { DeployError } from "./errors.ts";
import type { Journal } from "./journal.ts";
import { nonceHeld } from "./look.ts";
import type { Step } from "./plan.ts";
import type { Rpc } from "./rpc.ts";

/** What sending needs. */
export interface Sender {
  readonly rpc: Rpc;
  readonly build: Build;
  readonly journal: Journal;
  /** The plan's deployer. */
  readonly account: () => Promise<Account>;
}

/**
 * Sends the step's transaction, or again what was sent before. Whether it came through is for `look` to find out.
 * @throws DeployError
 */
export async function send(sender: Sender, step: Step): Promise<void> {
  const { rpc, journal } = sender;
  const last = step.attempts.at(-1);
  const waiting = (await rpc.nonce(journal.plan.deployer, "pending")) > step.nonce;
  if (last === undefined && waiting) throw nonceHeld(journal.plan, step);
  const account = await sender.account();
  if (account.sign === undefined) {
    if (!waiting) await sendUnlocked(sender, step);
    return;
  }
  const signed = last?.signed ?? (await signAnew(sender, step, account.sign));
  await broadcast(sender, step, await raised(sender, step, account.sign, signed));
}

type Sign = NonNullable<Account["sign"]>;

/** The same creation with higher fees, if the base fee has outgrown those of the last attempt. The address stays. */
async function raised(sender: Sender, step: Step, sign: Sign, signed: string): Promise<string> {
  const block = await sender.rpc.block();
  const { maxFeePerGas, maxPriorityFeePerGas } = Transaction.from(signed);
  if (maxFeePerGas === null || block.baseFee === undefined || maxFeePerGas >= block.baseFee) return signed;
  return signAnew(sender, step, sign, { maxFeePerGas, maxPriorityFeePerGas: maxPriorityFeePerGas ?? 0n });
}

/** Fees of a transaction in place of one that a node may hold: nodes ask for an eighth more of both, or a tenth. */
function above(fees: Fees, held: Held | undefined): Fees {
  if (held === undefined || "gasPrice" in fees) return fees;
  const more = (fee: bigint, least: bigint) => (fee > least + least / 8n ? fee : least + least / 8n + 1n);
  const maxPriorityFeePerGas = more(fees.maxPriorityFeePerGas, held.maxPriorityFeePerGas);
  const room = fees.maxFeePerGas - fees.maxPriorityFeePerGas;
  return { maxFeePerGas: more(room + maxPriorityFeePerGas, held.maxFeePerGas), maxPriorityFeePerGas };
}

type Held = Extract<Fees, { readonly maxFeePerGas: bigint }>;

async function signAnew(sender: Sender, step: Step, sign: Sign, held?: Held): Promise<string> {
  const { plan } = sender.journal;
  const { gas, fees } = await terms(sender, step, held);
  const transaction: TransactionLike = {
    type: "gasPrice" in fees ? 0 : 2,
    chainId: plan.chainId,
    nonce: step.nonce,
    data: initcodeOf(sender.build.contracts[step.contract], step),
    gasLimit: gas,
    ...fees,
  };
  const signed = await sign(transaction);
  await sender.journal.add(step.contract, { hash: keccak256(signed), signed });
  return signed;
}

/** Limit and fees of a new transaction, on the chain that the plan is for. */
async function terms(
  { rpc, build, journal: { plan } }: Sender,
  step: Step,
  held?: Held,
): Promise<{ gas: bigint; fees: Fees }> {
  const chainId = await rpc.chainId();
  if (chainId !== plan.chainId) {
    const said = `The node says chain ${chainId}, and said ${plan.chainId} before`;
    throw new DeployError("RPC_INCONSISTENT", `${said}. Nothing was signed: use another RPC endpoint.`);
  }
  const data = initcodeOf(build.contracts[step.contract], step);
  const gas = limitOf(await rpc.estimateGas({ from: plan.deployer, data }));
  const fees = above(await feesNow(rpc, await rpc.block()), held);
  const balance = await rpc.balance(plan.deployer);
  if (balance >= gas * mostPerGas(fees)) return { gas, fees };
  const lacks = `${plan.deployer} cannot pay for ${step.contract}: it holds ${balance} wei and needs ${gas * mostPerGas(fees)}`;
  throw new DeployError("INSUFFICIENT_FUNDS", `${lacks}. Send it more and run the same command again.`);
}

async function broadcast({ rpc, journal }: Sender, step: Step, signed: string): Promise<void> {
  const expected = keccak256(signed);
  let hash;
  try {
    hash = await rpc.sendRaw(signed);
  } catch (error) {
    if (!(error instanceof DeployError)) throw error;
    if (/already known|already imported|known transaction|nonce too low/i.test(error.message)) return;
    if (/replacement .*(underpriced|too low)/i.test(error.message)) throw nonceHeld(journal.plan, step);
    throw error;
  }
  if (hash === expected) return;
  const said = `The node took transaction ${expected} and calls it ${hash}`;
  throw new DeployError("RPC_INCONSISTENT", `${said}. Use another RPC endpoint; the deployment goes on there.`);
}

/** Without the bytes, the nonce and the address that follows from it tell whether it came through. */
async function sendUnlocked(sender: Sender, step: Step): Promise<void> {
  const { rpc, build, journal } = sender;
  const { gas, fees } = await terms(sender, step);
  if (step.attempts.length === 0) await journal.add(step.contract, {});
  const data = initcodeOf(build.contracts[step.contract], step);
  const hash = await rpc.sendUnlocked({
    from: journal.plan.deployer,
    data,
    nonce: step.nonce,
    gas,
    fees: { ...fees },
  });
  await journal.name(step.contract, hash);
}
