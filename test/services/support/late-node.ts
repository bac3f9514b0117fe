/** What a node answers that is some blocks behind: one of several behind an address, or one that is catching up. */
import type { Fault, SeenCall } from "./door.ts";

/** Asks a node that has every block. */
export type Ask = (method: string, ...params: unknown[]) => Promise<unknown>;

/** By method, where the block stands that a call is about. */
const PLACES: Readonly<Record<string, number>> = {
  eth_call: 1,
  eth_getBalance: 1,
  eth_getCode: 1,
  eth_getTransactionCount: 1,
  eth_getBlockByNumber: 0,
};

/**
 * What it answers to a call.
 * @param newest Number of the last block that it has.
 * @param ask For where a block or a transaction stands.
 */
export async function lateAnswer(ask: Ask, newest: number, { method, params }: SeenCall): Promise<Fault> {
  if (method === "eth_blockNumber") return { result: hex(newest) };
  if (method === "eth_estimateGas") return { params: [params[0], hex(newest)] };
  if (method === "eth_getTransactionReceipt" || method === "eth_getTransactionByHash") {
    const found = (await ask(method, ...params)) as { readonly blockNumber: string | null } | null;
    return found === null || Number(found.blockNumber ?? Infinity) > newest ? { result: null } : "pass";
  }
  if (method === "eth_getLogs") return lateLogs(ask, newest, params[0] as LogsOf);
  const place = PLACES[method];
  if (place === undefined) return "pass";
  const block = params[place];
  const isNumber = typeof block === "string" && block.startsWith("0x");
  if (!isNumber) return { params: params.map((each, at) => (at === place ? hex(newest) : each)) };
  if (Number(block) <= newest) return "pass";
  return method === "eth_getBlockByNumber" ? { result: null } : UNKNOWN;
}

interface LogsOf {
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly blockHash?: string;
}

/** Of blocks that it has not it says that they have no logs; by its hash it tells that it has not got one. */
async function lateLogs(ask: Ask, newest: number, filter: LogsOf): Promise<Fault> {
  const { blockHash, fromBlock = "0x0", toBlock = "latest" } = filter;
  if (blockHash !== undefined) {
    const block = (await ask("eth_getBlockByHash", blockHash, false)) as { readonly number: string } | null;
    return block === null || Number(block.number) > newest ? UNKNOWN : "pass";
  }
  if (Number(fromBlock) > newest) return { result: [] };
  return { params: [{ ...filter, toBlock: hex(Math.min(newest, Number(toBlock))) }] };
}

const UNKNOWN: Fault = { error: { code: -32_000, message: "header not found" } };

function hex(block: number): string {
  return `0x${block.toString(16)}`;
}
