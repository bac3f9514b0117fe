/** From calls to mined transactions: decoded, tried, shown, asked about, signed, sent, waited for. */
import { asAccount, faultOf, isWattbookError, type UnsignedCall } from "@wattbook/sdk";
import { keccak256, type TransactionReceipt, type TransactionRequest, type Wallet } from "ethers";
import { confirm } from "./confirm.ts";
import { decoded, type Decoded, type Scope } from "./decode.ts";
import { CliError } from "./errors.ts";
import { unlock, type LockedKey } from "./keystore.ts";
import type { Link } from "./link.ts";
import type { Output } from "./output.ts";
import { pairsText } from "./table.ts";
import { paint } from "./terminal.ts";
import { coinText, grouped } from "./units.ts";

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

/** A call as results name it; amounts and gas as decimal strings. */
interface CallJson {
  readonly contract: string;
  readonly address: string;
  readonly function: string;
  readonly arguments: Readonly<Record<string, string>>;
  readonly valueWei: string;
  /** Null where earlier calls have to be mined first. */
  readonly gas: string | null;
  readonly feeWei: string | null;
  readonly details: readonly string[];
}

/** Wei per gas. */
type Fees = { readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint } | { readonly gasPrice: bigint };

interface Tried {
  readonly step: Step;
  readonly decoded: Decoded;
  readonly gas: bigint | null;
}

/** Most gas of a transaction (EIP-7825). */
const MOST_GAS = 2n ** 24n;

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
    tried.push({ step, decoded: decoded(step.call, scope), gas });
  }
  output.say(shown(tried, fees, from, link));
  const calls = tried.map((each) => callJson(each, fees));
  if (options.dryRun) {
    output.say("Dry run: tried on the latest block; nothing was signed or sent.");
    return { dryRun: true, from: from.address, calls, transactions: [], receipts: [] };
  }
  await confirm(
    steps.length === 1 ? "Sign and send it?" : `Sign and send these ${steps.length} calls?`,
    options.yes,
    terminal,
  );
  await checkIdle(link, from.address);
  const wallet = sending.wallet ?? (await unlock(from, options.passwordFile, terminal));
  const receipts: TransactionReceipt[] = [];
  for (const { step, gas } of tried) {
    const raw = await signed(link, wallet, step.call, gas ?? (await gasOf(link, step.call, from.address)), fees);
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

async function feesNow({ provider }: Link): Promise<Fees> {
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await coded(provider.getFeeData());
  if (maxFeePerGas !== null && maxPriorityFeePerGas !== null) return { maxFeePerGas, maxPriorityFeePerGas };
  return { gasPrice: gasPrice ?? 0n };
}

async function gasOf({ provider }: Link, { to, data, value }: UnsignedCall, from: string): Promise<bigint> {
  return coded(provider.estimateGas({ from, to, data, value }));
}

/** A fifth above the estimate. */
function limitOf(gas: bigint): bigint {
  const limit = gas + gas / 5n;
  return limit > MOST_GAS ? MOST_GAS : limit;
}

function mostFee(gas: bigint, fees: Fees): bigint {
  return limitOf(gas) * ("gasPrice" in fees ? fees.gasPrice : fees.maxFeePerGas);
}

function shown(tried: readonly Tried[], fees: Fees, from: LockedKey, { terminal, wattbook }: Link): string {
  const blocks = tried.map(({ step, decoded: call, gas }, index) => {
    const title = `${tried.length > 1 ? `${index + 1}. ` : ""}${call.contract}.${call.function}`;
    const cost =
      gas === null
        ? "known once the call before it is mined"
        : `${grouped(gas)}, fee at most ${coinText(mostFee(gas, fees))} of the chain's coin`;
    const pairs: [string, string][] = [
      ["contract", call.address],
      ...call.arguments.map(({ name, shown: text }): [string, string] => [name, text]),
      ["value", `${coinText(call.value)} of the chain's coin`],
      ["gas", cost],
    ];
    const details = (step.details ?? []).map((line) => `  ${line}`);
    return [paint("bold", title, terminal.stderr, terminal.env), pairsText(pairs, "  "), ...details].join("\n");
  });
  const head = `From ${from.address} (${from.name}) on chain ${wattbook.deployment.chainId}:`;
  return [head, ...blocks].join("\n");
}

function callJson({ step, decoded: call, gas }: Tried, fees: Fees): CallJson {
  return {
    contract: call.contract,
    address: call.address,
    function: call.function,
    arguments: Object.fromEntries(call.arguments.map(({ name, raw }) => [name, raw])),
    valueWei: call.value.toString(),
    gas: gas?.toString() ?? null,
    feeWei: gas === null ? null : mostFee(gas, fees).toString(),
    details: step.details ?? [],
  };
}

/** What waits to be mined would be mixed up with what is sent now. */
async function checkIdle({ provider }: Link, account: string): Promise<void> {
  const [spent, known] = await coded(
    Promise.all([provider.getTransactionCount(account, "latest"), provider.getTransactionCount(account, "pending")]),
  );
  if (known <= spent) return;
  const message = `${account} has ${known - spent} transactions that wait to be mined. Wait for them and run it again.`;
  throw new CliError("ACCOUNT_BUSY", message);
}

/** Signed here, so that its hash is known whatever the node answers. */
async function signed(link: Link, wallet: Wallet, call: UnsignedCall, gas: bigint, fees: Fees): Promise<string> {
  const { provider, wattbook } = link;
  const request: TransactionRequest = {
    ...{ to: asAccount(call.to, "to"), data: call.data, value: call.value },
    chainId: wattbook.deployment.chainId,
    nonce: await coded(provider.getTransactionCount(wallet.address, "latest")),
    gasLimit: limitOf(gas),
    ...("gasPrice" in fees ? { type: 0, gasPrice: fees.gasPrice } : { type: 2, ...fees }),
  };
  return wallet.signTransaction(request);
}

async function mined({ provider }: Link, raw: string, wait: number, output: Output): Promise<TransactionReceipt> {
  const hash = keccak256(raw);
  try {
    await coded(provider.broadcastTransaction(raw));
  } catch (error) {
    // Refused for a reason that keeps it out; anything else may have lost the answer alone.
    if (isWattbookError(error, "INSUFFICIENT_FUNDS") || isWattbookError(error, "CONTRACT_REVERTED")) throw error;
    if (!isWattbookError(error, "NONCE_TAKEN")) throw pending(hash, "The node did not confirm that it took it", error);
    throw error;
  }
  output.say(`Sent ${hash}, waiting for its block…`);
  const receipt = await receiptOf(provider, hash, wait);
  if (receipt.status === 1) return receipt;
  const message = `${hash} was reverted in block ${receipt.blockNumber}. Something changed after it was tried: run it again to see what.`;
  throw new CliError("TRANSACTION_REVERTED", message);
}

async function receiptOf(provider: Link["provider"], hash: string, wait: number): Promise<TransactionReceipt> {
  try {
    const receipt = await provider.waitForTransaction(hash, 1, wait * 1_000);
    if (receipt !== null) return receipt;
  } catch (error) {
    throw pending(hash, `It is in no block after ${wait} s`, error);
  }
  throw pending(hash, "The node has no receipt", undefined);
}

function pending(hash: string, what: string, cause: unknown): CliError {
  const advice = "It may still be mined: look it up before you run this again";
  return new CliError("TRANSACTION_PENDING", `${hash}: ${what}. ${advice}.`, { cause });
}

async function coded<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}
