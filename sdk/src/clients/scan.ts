/** Log scans in chunks: public nodes answer only for so many blocks or logs at once, and not always at once. */
import type { Filter, Log } from "ethers";
import { FaultError, LogRangeError, LogsPrunedError, RpcInvalidError } from "./fault-errors.ts";
import { faultOf } from "./faults.ts";
import { pause, withPatience } from "./timing.ts";
import type { Patience } from "./timing.ts";

/** What is needed of a log; strings and numbers only, so that it can be stored as JSON. */
export type ScannedLog = Pick<Log, "blockNumber" | "topics" | "data"> &
  Partial<Pick<Log, "address" | "blockHash" | "transactionHash" | "index">>;

/** A node that answers for logs: every ethers provider. */
export interface LogSource {
  /** The latest block. */
  getBlockNumber(): Promise<number>;
  /** The logs that match. */
  getLogs(filter: Filter): Promise<ScannedLog[]>;
}

/** Which logs. */
export type LogFilter = Pick<Filter, "address" | "topics">;

/** How to scan. */
export interface ScanOptions extends Patience {
  /** Most blocks per request, 10,000 if left out. */
  readonly chunk?: number;
  /** How often a request is repeated that fails for the moment, 5 times if left out. */
  readonly retries?: number;
  /** Milliseconds before the first repetition, 250 if left out; twice as long before each further one. */
  readonly backoff?: number;
  /** Called after each chunk. */
  readonly onProgress?: (progress: ScanProgress) => void;
}

/** Blocks to scan. */
export interface ScanRange extends ScanOptions {
  /** First block, 0 if left out; name the deployment's block on a public chain. */
  readonly fromBlock?: number;
  /** Last block, the latest if left out. */
  readonly toBlock?: number;
}

/** How far a scan is. */
export interface ScanProgress {
  readonly fromBlock: number;
  readonly toBlock: number;
  /** Last block that was scanned. */
  readonly block: number;
  /** Logs found so far. */
  readonly logs: number;
}

/** Logs of some blocks. */
export interface ScanChunk<P = undefined> {
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly logs: readonly ScannedLog[];
  /** What `prepare` gave for `toBlock`, before the logs were read. */
  readonly prepared: P;
}

/** Blocks per request where nothing else is asked for. */
export const DEFAULT_CHUNK = 10_000;
const DEFAULT_RETRIES = 5;
const DEFAULT_BACKOFF = 250;
/** Some nodes cut their answer here without a word. */
const CUT_OFF = 10_000;
/** Chunks that succeed before a larger one is tried. */
const CALM = 3;

/**
 * All logs of a filter, oldest first.
 * @throws LogsPrunedError
 * @throws LogRangeError where a single block has more logs than the node answers for
 * @throws FaultError where the node fails for longer than `retries`; see `faultOf`
 * @throws The signal's reason.
 * @example
 * const filter = { address: settlement.address, topics: [] };
 * const found = await scanLogs(provider, filter, { fromBlock: 0, chunk: 1_000 });
 */
export async function scanLogs(source: LogSource, filter: LogFilter, range: ScanRange = {}): Promise<ScannedLog[]> {
  const found: (readonly ScannedLog[])[] = [];
  for await (const { logs } of scanChunks(source, filter, range)) found.push(logs);
  return found.flat();
}

/**
 * The same, chunk by chunk. A range that is too large for the node is halved, or cut to what the node names; what fails
 * for the moment is repeated, and a range that takes too long twice is halved too.
 * @param prepare Asked with the last block of each chunk, before its logs are read.
 * @throws As `scanLogs`.
 */
export async function* scanChunks<P = undefined>(
  source: LogSource,
  filter: LogFilter,
  range: ScanRange = {},
  prepare: (toBlock: number) => Promise<P> = () => Promise.resolve(undefined as P),
): AsyncGenerator<ScanChunk<P>, void, undefined> {
  const fromBlock = range.fromBlock ?? 0;
  const toBlock = range.toBlock ?? (await latestBlock(source, range));
  let ceiling = Math.max(1, range.chunk ?? DEFAULT_CHUNK);
  let size = ceiling;
  let calm = 0;
  let failures = 0;
  let logs = 0;
  for (let next = fromBlock; next <= toBlock;) {
    const last = Math.min(next + size - 1, toBlock);
    try {
      const prepared = await withPatience("eth_getBlockByNumber", prepare(last), range);
      const request = source.getLogs({ ...filter, fromBlock: next, toBlock: last });
      const found = checked(await withPatience("eth_getLogs", request, range), filter, next, last);
      logs += found.length;
      yield { fromBlock: next, toBlock: last, logs: found, prepared };
      range.onProgress?.({ fromBlock, toBlock, block: last, logs });
      next = last + 1;
      failures = 0;
      if (++calm >= CALM && size < ceiling) [size, calm] = [Math.min(ceiling, size * 2), 0];
    } catch (error) {
      const fault = faultOf(error);
      const span = last - next + 1;
      if (fault instanceof LogRangeError && span > 1) {
        failures = 0;
        calm = 0;
        if (fault.most !== null) ceiling = Math.min(ceiling, fault.most);
        size = Math.max(1, Math.min(Math.ceil(span / 2), fault.most ?? span));
        continue;
      }
      if (fault instanceof LogsPrunedError) throw new LogsPrunedError(next, { cause: error });
      const again = fault instanceof FaultError && fault.transient && failures < (range.retries ?? DEFAULT_RETRIES);
      if (!again) throw fault ?? error;
      await pause((range.backoff ?? DEFAULT_BACKOFF) * 2 ** failures++, range.signal);
      if (fault.code === "RPC_TIMEOUT" && failures > 1) size = Math.ceil(span / 2);
    }
  }
}

/**
 * The latest block, asked as patiently as logs.
 * @throws FaultError
 */
export async function latestBlock(source: LogSource, options: ScanOptions): Promise<number> {
  return repeated(() => withPatience("eth_blockNumber", source.getBlockNumber(), options), options);
}

/** Repeats what fails for the moment. */
export async function repeated<T>(work: () => Promise<T>, options: ScanOptions): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await work();
    } catch (error) {
      const fault = faultOf(error);
      const again = fault instanceof FaultError && fault.transient && failures < (options.retries ?? DEFAULT_RETRIES);
      if (!again) throw fault ?? error;
      await pause((options.backoff ?? DEFAULT_BACKOFF) * 2 ** failures, options.signal);
    }
  }
}

/**
 * An answer's logs in the order of the chain, each once. Logs that were not asked for, or as many as nodes cut off at, are
 * no answer: another contract's log could pass for ours.
 */
function checked(
  logs: readonly ScannedLog[],
  filter: LogFilter,
  fromBlock: number,
  toBlock: number,
): readonly ScannedLog[] {
  if (logs.length >= CUT_OFF && fromBlock < toBlock) {
    throw new LogRangeError(`${logs.length} logs, as many as nodes cut off at`, null);
  }
  for (const log of logs) {
    const { blockNumber } = log;
    if (blockNumber < fromBlock || blockNumber > toBlock) {
      throw new RpcInvalidError(`a log of block ${blockNumber} for blocks ${fromBlock} to ${toBlock}`);
    }
    if (!isWanted(log, filter)) {
      throw new RpcInvalidError(`a log of ${log.address ?? "nobody"} in block ${blockNumber} that was not asked for`);
    }
  }
  const ordered = [...logs].sort((a, b) => a.blockNumber - b.blockNumber || (a.index ?? 0) - (b.index ?? 0));
  return ordered.filter((log, i) => i === 0 || !isSame(log, ordered[i - 1]));
}

function isSame(log: ScannedLog, before: ScannedLog | undefined): boolean {
  return log.index !== undefined && log.index === before?.index && log.blockNumber === before.blockNumber;
}

function isWanted({ address, topics }: ScannedLog, filter: LogFilter): boolean {
  const emitters = [filter.address].flat().filter((each) => typeof each === "string");
  const emitted = address === undefined || emitters.length === 0 || emitters.some((each) => sameHex(each, address));
  return (
    emitted &&
    (filter.topics ?? []).every((topic, i) => topic === null || [topic].flat().some((each) => sameHex(each, topics[i])))
  );
}

function sameHex(one: string, other: string | undefined): boolean {
  return one.toLowerCase() === other?.toLowerCase();
}
