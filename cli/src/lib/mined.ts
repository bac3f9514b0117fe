/** From a call to a mined transaction. */
import { asAccount, isWattbookError, type UnsignedCall } from "@wattbook/sdk";
import { keccak256, type TransactionReceipt, type Wallet } from "ethers";
import { coded } from "./coded.ts";
import { CliError } from "./errors.ts";
import { limitOf, type Fees } from "./fees.ts";
import type { Link } from "./link.ts";
import type { Output } from "./output.ts";

/**
 * An account's next nonce. What waits to be mined would be mixed up with what is sent now.
 * @throws CliError ACCOUNT_BUSY
 */
export async function idleNonce({ provider }: Link, account: string): Promise<number> {
  const [spent, known] = await coded(
    Promise.all([provider.getTransactionCount(account, "latest"), provider.getTransactionCount(account, "pending")]),
  );
  if (known <= spent) return spent;
  const message = `${account} has ${known - spent} transactions that wait to be mined. Wait for them and run it again.`;
  throw new CliError("ACCOUNT_BUSY", message);
}

/** A call to sign. */
export interface Signing {
  readonly call: UnsignedCall;
  readonly nonce: number;
  /** As estimated. */
  readonly gas: bigint;
  readonly fees: Fees;
}

/** Signed here, so that its hash is known whatever the node answers. */
export async function signed({ wattbook }: Link, wallet: Wallet, { call, nonce, gas, fees }: Signing): Promise<string> {
  return wallet.signTransaction({
    ...{ to: asAccount(call.to, "to"), data: call.data, value: call.value },
    chainId: wattbook.deployment.chainId,
    nonce,
    gasLimit: limitOf(gas),
    ...("gasPrice" in fees ? { type: 0, gasPrice: fees.gasPrice } : { type: 2, ...fees }),
  });
}

/**
 * Hands a signed transaction in and waits for its block.
 * @param wait Seconds.
 * @throws CliError TRANSACTION_PENDING, TRANSACTION_REVERTED
 */
export async function mined(
  { provider }: Link,
  raw: string,
  wait: number,
  output: Output,
): Promise<TransactionReceipt> {
  const hash = keccak256(raw);
  try {
    await coded(provider.broadcastTransaction(raw));
  } catch (error) {
    // These keep it out; anything else may have lost the answer alone.
    const code = isWattbookError(error) ? error.code : "";
    if (["INSUFFICIENT_FUNDS", "CONTRACT_REVERTED", "NONCE_TAKEN"].includes(code)) throw error;
    throw pending(hash, "The node did not confirm that it took it", error);
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
