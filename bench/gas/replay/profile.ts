/** What the gas of a transaction was spent on, from the machine's own count by opcode. */
import type { createEVM } from "@ethereumjs/evm";
import type { Category } from "../schedule.ts";

type Logs = ReturnType<Awaited<ReturnType<typeof createEVM>>["getPerformanceLogs"]>;

const CATEGORY_OF_OPCODE: Readonly<Record<string, Category>> = {
  SLOAD: "storage",
  SSTORE: "storage",
  KECCAK256: "hashing",
  LOG: "logs",
  CALL: "accounts",
  STATICCALL: "accounts",
  DELEGATECALL: "accounts",
  EXTCODECOPY: "accounts",
  EXTCODESIZE: "accounts",
  BALANCE: "accounts",
};

export interface Totals {
  readonly gas: bigint;
  readonly refund: bigint;
  readonly transaction: bigint;
  /** Transaction and calldata. */
  readonly intrinsic: bigint;
}

/** Whatever is not named is computing: stack, arithmetic, jumps, memory. All categories together are the gas of the receipt. */
export function categoriesOf({ opcodes, precompiles }: Logs, totals: Totals): Record<Category, bigint> {
  const spent: Record<Category, bigint> = {
    transaction: totals.transaction,
    calldata: totals.intrinsic - totals.transaction,
    accounts: 0n,
    storage: -totals.refund,
    signatures: 0n,
    hashing: 0n,
    logs: 0n,
    computing: 0n,
  };
  for (const { tag, gasUsed } of opcodes) {
    const category = CATEGORY_OF_OPCODE[tag];
    if (category !== undefined) spent[category] += BigInt(gasUsed);
  }
  for (const { tag, gasUsed } of precompiles) {
    if (tag.startsWith("ECRECOVER")) spent.signatures += BigInt(gasUsed);
  }
  const named = Object.values(spent).reduce((sum, gas) => sum + gas, 0n);
  spent.computing = totals.gas - named;
  return spent;
}
