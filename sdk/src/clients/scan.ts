/** Log scans in chunks: public nodes answer only for so many blocks or logs at once. */
import type { Filter, Log } from "ethers";

/** What is needed of a log. */
export type ScannedLog = Pick<Log, "blockNumber" | "topics" | "data">;

/** A node that answers for logs: every ethers provider. */
export interface LogSource {
  getBlockNumber(): Promise<number>;
  getLogs(filter: Filter): Promise<ScannedLog[]>;
}

/** Blocks to scan. */
export interface ScanRange {
  /** First block, 0 if left out; name the deployment's block on a public chain. */
  readonly fromBlock?: number;
  /** Last block, the latest if left out. */
  readonly toBlock?: number;
  /** Most blocks per request, 10,000 if left out. A request that fails is tried again with half. */
  readonly chunk?: number;
}

/** Blocks per request where nothing else is asked for. */
export const DEFAULT_CHUNK = 10_000;

/**
 * All logs of a filter, oldest first.
 * @throws What the node answers to a request for a single block.
 * @example await scanLogs(provider, { address, topics }, { fromBlock: deployedAt })
 */
export async function scanLogs(
  source: LogSource,
  filter: Pick<Filter, "address" | "topics">,
  range: ScanRange = {},
): Promise<ScannedLog[]> {
  const toBlock = range.toBlock ?? (await source.getBlockNumber());
  let chunk = range.chunk ?? DEFAULT_CHUNK;
  let next = range.fromBlock ?? 0;
  const found: ScannedLog[][] = [];
  while (next <= toBlock) {
    const last = Math.min(next + chunk - 1, toBlock);
    try {
      found.push(await source.getLogs({ ...filter, fromBlock: next, toBlock: last }));
      next = last + 1;
    } catch (error) {
      if (last === next) throw error;
      chunk = Math.ceil((last - next + 1) / 2);
    }
  }
  return found.flat();
}
