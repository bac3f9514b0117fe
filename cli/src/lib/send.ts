/** From calls to mined transactions: decoded, tried, shown, asked about, signed, sent, waited for. */
import type { UnsignedCall } from "@wattbook/sdk";
import type { TransactionReceipt, Wallet } from "ethers";
import { confirm } from "./confirm.ts";
import { decoded, type Scope } from "./decode.ts";
import { feesNow, gasOf } from "./fees.ts";
import { unlock, type LockedKey } from "./keystore.ts";
import type { Link } from "./link.ts";
import { idleNonce, mined, signed } from "./mined.ts";
import type { Output } from "./output.ts";
import { callJson, callsText, type CallJson, type Tried } from "./show-calls.ts";
import { counted, grouped } from "./units.ts";

/** Options of every command that signs. */
export interface AskingOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly passwordFile?: string;
}

/** Options of commands that wait for a block. */
export interface SigningOptions extends AskingOptions {
  /** Seconds. */
  readonly wait: number;
}

/** A call to send. */
export interface Step {
  readonly call: UnsignedCall;
  /** What its packed bytes hold, in words. */
  readonly details?: readonly string[];
  /** Whether it can only be tried once those before it are mined. */
  readonly dependent?: boolean;
}

/** What to send and from whom. */
export interface Sending {
  readonly from: LockedKey;
  /** The same key where a command had to open it before. */
  readonly wallet?: Wallet;
  readonly steps: readonly Step[];
  readonly scope: Scope;
}

/** A transaction as results name it. */
export interface Sent {
  readonly hash: string;
  readonly block: number;
  readonly gasUsed: bigint;
  readonly feeWei: bigint;
}

/** What came of it. */
export interface Outcome {
  readonly dryRun: boolean;
  readonly from: string;
  readonly calls: readonly CallJson[];
  readonly transactions: readonly Sent[];
  readonly receipts: readonly TransactionReceipt[];
}

/**
 * Sends calls one after the other. With `--dry-run` nothing is signed; otherwise a person agrees first, or `--yes` does.
 * @throws CliError CONFIRMATION_NEEDED, ACCOUNT_BUSY, TRANSACTION_PENDING, TRANSACTION_REVERTED, and those of `unlock`
 * @throws ContractRevertError where a call would be refused
 */
export async function sendCalls(
  link: Link,
  sending: Sending,
  options: SigningOptions,
  output: Output,
): Promise<Outcome> {
  const { terminal } = link;
  const { from, steps, scope } = sending;
  const fees = await feesNow(link);
  const tried: Tried[] = [];
  for (const step of steps) {
    const gas = step.dependent === true ? null : await gasOf(link, step.call, from.address);
    tried.push({ details: step.details ?? [], decoded: decoded(step.call, scope), gas });
  }
  output.say(callsText(tried, fees, from, link));
  const calls = tried.map((each) => callJson(each, fees));
  if (options.dryRun) {
    output.say("Dry run: tried on the latest block; nothing was signed or sent.");
    return { dryRun: true, from: from.address, calls, transactions: [], receipts: [] };
  }
  const question = steps.length === 1 ? "Sign and send it?" : `Sign and send these ${counted(steps.length, "call")}?`;
  await confirm(question, options.yes, terminal);
  const nonce = await idleNonce(link, from.address);
  const wallet = sending.wallet ?? (await unlock(from, options.passwordFile, terminal));
  const receipts: TransactionReceipt[] = [];
  for (const [index, { call }] of steps.entries()) {
    const gas = tried[index]?.gas ?? (await gasOf(link, call, from.address));
    const raw = await signed(link, wallet, { call, nonce: nonce + index, gas, fees });
    receipts.push(await mined(link, raw, options.wait, output));
  }
  const transactions = receipts.map(({ hash, blockNumber, gasUsed, fee }) => ({
    hash,
    block: blockNumber,
    gasUsed,
    feeWei: fee,
  }));
  return { dryRun: false, from: from.address, calls, transactions, receipts };
}

/** What a command's result says of its transactions. */
export function outcomeJson({ dryRun, from, calls, transactions }: Outcome): Record<string, unknown> {
  return { dryRun, from, calls, transactions };
}

/** One line per transaction. */
export function outcomeText({ transactions }: Outcome): string {
  return transactions.map(({ hash, block, gasUsed }) => `Block ${block}, ${grouped(gasUsed)} gas: ${hash}`).join("\n");
}
