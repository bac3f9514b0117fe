/** What is kept of a mined transaction. */
import { dataLength } from "ethers";
import type { Market, Receipt } from "./market.ts";
import type { Call, Evidence } from "./types.ts";

/** A call of a receipt, with what the node knew before it. */
export async function callOf(
  { provider, lastSeconds }: Pick<Market, "provider" | "lastSeconds">,
  what: string,
  receipt: Receipt,
): Promise<Call> {
  const ask = async <T>(method: string, ...params: unknown[]) => (await provider.request({ method, params })) as T;
  const transaction = await ask<Evidence["transaction"]>("eth_getTransactionByHash", receipt.hash);
  const header = await ask<Evidence["header"]>("eth_getBlockByHash", receipt.blockHash, false);
  const before = await ask<Evidence["before"]>("debug_traceTransaction", receipt.hash, { tracer: "prestateTracer" });
  return {
    what,
    gas: receipt.gasUsed,
    seconds: lastSeconds(),
    data: transaction["input"] ?? "0x",
    logs: receipt.logs.map(({ topics, data }) => ({ topics: topics.length, bytes: dataLength(data) })),
    evidence: { transaction, header, before },
  };
}
