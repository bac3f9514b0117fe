/** Runs a mined transaction again, at the prices of a fork: the same call on the same state, in `@ethereumjs/vm`. */
import { createBlock, type HeaderData } from "@ethereumjs/block";
import { createEVM } from "@ethereumjs/evm";
import { SimpleStateManager } from "@ethereumjs/statemanager";
import { createTx, type TypedTransaction, type TypedTxData } from "@ethereumjs/tx";
import {
  createAccount,
  createAddressFromString,
  hexToBytes,
  unpadBytes,
  type PrefixedHexString,
} from "@ethereumjs/util";
import { createVM, runTx } from "@ethereumjs/vm";
import type { Category } from "../schedule.ts";
import type { Evidence } from "../types.ts";
import { categoriesOf } from "./profile.ts";
import { commonOf, FORKS, type Fork } from "./tool.ts";

export interface Replayed {
  /** What the sender pays for. */
  readonly gas: bigint;
  /** Storage words that were zero before and are not afterwards. */
  readonly newWords: number;
  /** What the gas was spent on, if that was asked for: counting it takes time. */
  readonly spent: Readonly<Record<Category, bigint>> | undefined;
}

/** Above what any call needs at any prices. The next fork lets a transaction name more than the cap, for new state. */
const AMPLE_GAS = 2n ** 26n;

const bytesOf = (hex: string) => hexToBytes(hex as PrefixedHexString);

/** Throws where the call fails: what it costs then would mean nothing. */
export async function replay(
  { transaction, header, before }: Evidence,
  fork: Fork,
  profiled: boolean,
): Promise<Replayed> {
  const common = commonOf(fork, Number(transaction["chainId"]));
  const state = new SimpleStateManager({ common });
  await restore(state, before);
  const evm = await createEVM({ common, stateManager: state, profiler: { enabled: profiled } });
  const vm = await createVM({ common, stateManager: state, evm });
  const tx = sameCall(transaction, createTx(typed(transaction), { common, freeze: false }), fork);
  const block = createBlock({ header: headerOf(header) }, { common, skipConsensusFormatValidation: true });
  const result = await runTx(vm, { tx, block, skipBlockGasLimitValidation: true, skipBalance: true });
  const { exceptionError, gasRefund } = result.execResult;
  if (exceptionError) throw new Error(`the call fails at ${fork}: ${exceptionError.error}`);
  const gas = result.totalGasSpent;
  const intrinsic = { transaction: tx.common.param("txGas"), intrinsic: tx.getIntrinsicGas() };
  return {
    gas,
    newWords: newWords(state, before),
    spent: profiled
      ? categoriesOf(evm.getPerformanceLogs(), { gas, refund: gasRefund ?? 0n, ...intrinsic })
      : undefined,
  };
}

async function restore(state: SimpleStateManager, before: Evidence["before"]): Promise<void> {
  for (const [account, { balance = "0x0", nonce = 0, code = "0x", storage = {} }] of Object.entries(before)) {
    const address = createAddressFromString(account);
    await state.putAccount(address, createAccount({ nonce: BigInt(nonce), balance: BigInt(balance) }));
    if (code !== "0x") await state.putCode(address, bytesOf(code));
    for (const [key, value] of Object.entries(storage)) {
      await state.putStorage(address, bytesOf(key), unpadBytes(bytesOf(value)));
    }
  }
}

function typed({
  type,
  chainId,
  nonce,
  to,
  input,
  gas,
  value,
  maxFeePerGas,
  maxPriorityFeePerGas,
  v,
  r,
  s,
}: Evidence["transaction"]) {
  return {
    type,
    chainId,
    nonce,
    to,
    data: input,
    gasLimit: gas,
    value,
    maxFeePerGas,
    maxPriorityFeePerGas,
    v,
    r,
    s,
  } as TypedTxData;
}

/** The same call by the same sender, with more gas where a later fork may need it. */
function sameCall({ from = "0x" }: Evidence["transaction"], tx: TypedTransaction, fork: Fork): TypedTransaction {
  if (fork === FORKS.now) return tx;
  const sender = createAddressFromString(from);
  tx.common.updateParams({ 7825: { maxTransactionGasLimit: Number(AMPLE_GAS) } });
  return Object.assign(tx, { gasLimit: AMPLE_GAS, getSenderAddress: () => sender });
}

function headerOf({ number, timestamp, gasLimit, baseFeePerGas, miner, mixHash, parentHash }: Evidence["header"]) {
  return { number, timestamp, gasLimit, baseFeePerGas, coinbase: miner, mixHash, parentHash } as HeaderData;
}

/** Storage is kept under `account_key`. */
function newWords({ storageStack }: SimpleStateManager, before: Evidence["before"]): number {
  let count = 0;
  for (const [place, value] of storageStack.at(-1) ?? []) {
    const [account = "", key = ""] = place.split("_");
    if (value.length > 0 && BigInt(before[account]?.storage?.[key] ?? 0) === 0n) count++;
  }
  return count;
}
