import type { ContractTransactionResponse } from "ethers";
import type { Connection } from "./market.ts";

/** What the first write to a word costs that was zero; every other write costs less. */
const NEW_WORD = 20_000;

interface Step {
  readonly op: string;
  readonly gasCost: number;
}

/** Words that a transaction writes for the first time, and all that it writes. */
export async function freshWrites({ ethers }: Connection, sent: ContractTransactionResponse) {
  const options = { disableMemory: true, disableStack: true, disableStorage: true };
  const trace = (await ethers.provider.send("debug_traceTransaction", [sent.hash, options])) as {
    readonly structLogs: readonly Step[];
  };
  const stores = trace.structLogs.filter(({ op }) => op === "SSTORE");
  return { fresh: stores.filter(({ gasCost }) => gasCost >= NEW_WORD).length, all: stores.length };
}
