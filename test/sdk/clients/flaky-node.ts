/** A node with the limits and moods of a public one. */
import type { Filter, FilterByBlockHash, Provider } from "ethers";
import type { AnchoredSource } from "../../../sdk/src/clients/sync-logs.ts";
import type { ScannedLog } from "../../../sdk/src/clients/scan.ts";

export interface Moods {
  /** Most blocks per request. */
  readonly blocks?: number;
  /** Most logs per answer. */
  readonly results?: number;
  /** Every n-th request is answered with HTTP 429. */
  readonly busyEvery?: number;
  /** Every n-th request times out on the node's side. */
  readonly slowEvery?: number;
  /** Every n-th request loses its connection. */
  readonly lostEvery?: number;
  /** Logs before this block are gone: with an error, or silently. */
  readonly prunedBefore?: number;
  readonly silently?: boolean;
}

export interface FlakyNode extends AnchoredSource {
  /** Ranges asked for, [from, to]; what was asked by a block's hash is not among them. */
  readonly asked: [number, number][];
  /** Failures so far, by kind. */
  readonly failures: Record<"range" | "results" | "busy" | "slow" | "lost", number>;
}

const rpcError = (code: number, message: string) => Object.assign(new Error(message), { error: { code, message } });

/** `provider`, as a public node would be. */
export function flakyNode(provider: Provider, moods: Moods): FlakyNode {
  const asked: [number, number][] = [];
  const failures = { range: 0, results: 0, busy: 0, slow: 0, lost: 0 };
  let requests = 0;
  const fail = (kind: keyof typeof failures, error: Error): never => {
    failures[kind]++;
    throw error;
  };
  function mood(): void {
    requests++;
    const due = (every?: number) => every !== undefined && requests % every === 0;
    if (due(moods.busyEvery)) fail("busy", Object.assign(new Error("Too Many Requests"), { status: 429 }));
    if (due(moods.slowEvery)) fail("slow", rpcError(-32_002, "request timed out"));
    if (due(moods.lostEvery)) fail("lost", Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" }));
  }
  async function getLogs(filter: Filter | FilterByBlockHash): Promise<ScannedLog[]> {
    if ("blockHash" in filter) {
      mood();
      return (await provider.getLogs(filter)).filter((log) => log.blockNumber >= (moods.prunedBefore ?? 0));
    }
    return ofRange(filter);
  }
  async function ofRange(filter: Filter): Promise<ScannedLog[]> {
    const [from, to] = [Number(filter.fromBlock), Number(filter.toBlock)];
    asked.push([from, to]);
    mood();
    const { blocks = Infinity, results = Infinity, prunedBefore = 0, silently = false } = moods;
    if (to - from + 1 > blocks) fail("range", rpcError(-32_602, `range ${to - from + 1} exceeds limit of ${blocks}`));
    if (from < prunedBefore && !silently) throw rpcError(4444, "pruned history unavailable");
    const logs = await provider.getLogs(filter);
    if (logs.length > results) fail("results", rpcError(-32_005, `query returned more than ${results} results`));
    return logs.filter((log) => log.blockNumber >= prunedBefore);
  }
  return {
    asked,
    failures,
    getLogs,
    getBlockNumber: async () => {
      mood();
      return provider.getBlockNumber();
    },
    getBlock: async (block) => {
      mood();
      return provider.getBlock(block);
    },
  };
}
