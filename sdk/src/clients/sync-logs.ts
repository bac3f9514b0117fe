/** Brings stored logs up to date: from the checkpoint on, or from before a reorganisation of the chain. */
import { type Filter, type FilterByBlockHash, ZeroHash } from "ethers";
import { CheckpointInvalidError, RpcInvalidError } from "./fault-errors.ts";
import { parseLogState } from "./log-store.ts";
import type { Anchor, LogState, LogStore } from "./log-store.ts";
import { latestBlock, repeated, scanChunks } from "./scan.ts";
import type { LogFilter, LogSource, ScannedLog, ScanProgress, ScanRange } from "./scan.ts";
import { withPatience } from "./timing.ts";

/** A node that also names the hashes of blocks, and answers for the logs of a block by its hash: every ethers provider. */
export interface AnchoredSource extends LogSource {
  /** A block by number. */
  getBlock(block: number): Promise<{ readonly hash: string | null; readonly parentHash?: string } | null>;
  getLogs(filter: Filter | FilterByBlockHash): Promise<ScannedLog[]>;
}

/** How to bring logs up to date. */
export interface SyncOptions extends ScanRange {
  readonly store: LogStore;
  /**
   * Blocks at the end that are asked for one by one, by their hashes, 4 if left out: so many a node may be behind that stands with
   * others behind one address. By its number it may say of a block that it has not got that there are no logs in it.
   */
  readonly tip?: number;
}

/** Logs up to date, and whether the chain was reorganised since the last time. */
export interface SyncedLogs extends LogState {
  /** Logs from this block on were dropped and read again; null where the chain only grew. */
  readonly rewoundTo: number | null;
}

/** Anchors that a checkpoint keeps; of the older half every second one goes when there are more. */
const MOST_ANCHORS = 32;
const DEFAULT_TIP = 4;
/** How often a scan starts again because the chain changed under it. */
const MOST_RESTARTS = 5;

/**
 * All logs of a filter up to the latest block. What was found is saved after each chunk, so an interrupted scan goes on
 * where it was.
 * @throws CheckpointInvalidError where the store holds something else
 * @throws As `scanLogs`.
 * @example
 * const filter = { address: settlement.address, topics: [] };
 * const { logs: found } = await syncLogs(provider, filter, { store: new MemoryLogStore() });
 */
export async function syncLogs(source: AnchoredSource, filter: LogFilter, options: SyncOptions): Promise<SyncedLogs> {
  const fromBlock = options.fromBlock ?? 0;
  const key = keyOf(filter, fromBlock);
  let state = await loaded(key, fromBlock, options.store);
  let rewoundTo: number | null = null;
  for (let restarts = 0; restarts < MOST_RESTARTS; restarts++) {
    const kept = await rewound(source, state, fromBlock, options);
    if (kept !== state) {
      rewoundTo = Math.min(rewoundTo ?? Infinity, kept.checkpoint.nextBlock);
      await options.store.save(key, kept);
    }
    const { whole, ...read } = await advanced(source, filter, kept, options);
    state = read;
    if (!whole) continue;
    if (await stands(source, state, options)) return { ...state, rewoundTo };
  }
  throw new RpcInvalidError("the chain changes faster than it can be read");
}

async function loaded(key: string, fromBlock: number, store: LogStore): Promise<LogState> {
  const found = await store.load(key);
  if (found !== undefined && found !== null) {
    const state = parseLogState(key, found);
    const { anchors, nextBlock } = state.checkpoint;
    // Without an anchor nothing was read yet: only from the start can it go on.
    if (anchors.length > 0 || nextBlock === fromBlock) return state;
    throw new CheckpointInvalidError("nextBlock", nextBlock, `${fromBlock} without anchors`);
  }
  return { checkpoint: { format: 1, key, nextBlock: fromBlock, anchors: [] }, logs: [] };
}

/**
 * Scans on from the checkpoint. The hash of a chunk's last block is read before its logs: a change between shows.
 * @return What was read; not whole where the chain changed under it.
 */
async function advanced(
  source: AnchoredSource,
  filter: LogFilter,
  from: LogState,
  options: SyncOptions,
): Promise<LogState & { readonly whole: boolean }> {
  let state = from;
  const { nextBlock } = from.checkpoint;
  const toBlock = options.toBlock ?? (await latestBlock(source, options));
  const tip = Math.max(nextBlock, toBlock - (options.tip ?? DEFAULT_TIP) + 1);
  const onProgress = ({ block }: ScanProgress) => {
    const found = state.logs.length - from.logs.length;
    options.onProgress?.({ fromBlock: nextBlock, toBlock, block, logs: found });
  };
  let hash = "";
  const prepare = async (block: number): Promise<TipBlock> => {
    const found = await source.getBlock(block);
    if (typeof found?.hash !== "string")
      throw new RpcInvalidError(`no block ${block} although ${toBlock} is the latest`);
    hash = found.hash;
    return { anchor: { block, hash }, parent: found.parentHash };
  };
  const byHash: LogSource = {
    getBlockNumber: () => source.getBlockNumber(),
    getLogs: () => source.getLogs({ ...filter, blockHash: hash }),
  };
  const parts = [
    { from: source, range: { fromBlock: nextBlock, toBlock: tip - 1 } },
    { from: byHash, range: { fromBlock: tip, toBlock, chunk: 1 } },
  ];
  for (const part of parts) {
    const range = { ...options, ...part.range, onProgress };
    for await (const { fromBlock, toBlock: last, logs, prepared } of scanChunks(part.from, filter, range, prepare)) {
      const before = state.checkpoint.anchors.at(-1);
      if (!(await follows(source, prepared, fromBlock, before, options))) return { ...state, whole: false };
      const anchors = thinned([...state.checkpoint.anchors, prepared.anchor]);
      state = {
        checkpoint: { ...state.checkpoint, nextBlock: last + 1, anchors },
        logs: [...state.logs, ...logs.map(plain)],
      };
      await options.store.save(state.checkpoint.key, state);
    }
  }
  return { ...state, whole: true };
}

/** A block, and the hash of the one before where the node names it. */
interface TipBlock {
  readonly anchor: Anchor;
  readonly parent: string | undefined;
}

/**
 * Whether blocks that were read stand on the one that was read before them: where the chain changed under both, logs of the one that
 * is gone would stay among the others for good.
 */
async function follows(
  source: AnchoredSource,
  { anchor, parent: own }: TipBlock,
  fromBlock: number,
  before: Anchor | undefined,
  options: SyncOptions,
): Promise<boolean> {
  if (before?.block !== fromBlock - 1) return true;
  const ask = () => withPatience("eth_getBlockByNumber", source.getBlock(fromBlock), options);
  const parent = fromBlock === anchor.block ? own : (await repeated(ask, options))?.parentHash;
  // Development nodes make up some blocks only once they are asked for, and name no block before those.
  return parent === undefined || parent === before.hash || parent === ZeroHash;
}

/** Whether what was read is still part of the chain: the last block, and the one that the blocks read one by one begin behind. */
async function stands(source: AnchoredSource, { checkpoint }: LogState, options: SyncOptions): Promise<boolean> {
  const recent = checkpoint.anchors.slice(-1 - (options.tip ?? DEFAULT_TIP));
  for (const anchor of new Set([recent.at(-1), recent[0]])) {
    if (anchor !== undefined && !(await matches(source, anchor, options))) return false;
  }
  return true;
}

/** The state before the first block that the chain no longer has; the same object where it has all. */
async function rewound(
  source: AnchoredSource,
  state: LogState,
  fromBlock: number,
  options: SyncOptions,
): Promise<LogState> {
  const anchors = [...state.checkpoint.anchors];
  let anchor = anchors.at(-1);
  while (anchor !== undefined && !(await matches(source, anchor, options))) {
    anchors.pop();
    anchor = anchors.at(-1);
  }
  if (anchors.length === state.checkpoint.anchors.length) return state;
  const nextBlock = anchor === undefined ? fromBlock : anchor.block + 1;
  const logs = state.logs.filter((log) => log.blockNumber < nextBlock);
  return { checkpoint: { ...state.checkpoint, nextBlock, anchors }, logs };
}

async function matches(source: AnchoredSource, { block, hash }: Anchor, options: SyncOptions): Promise<boolean> {
  const ask = () => withPatience("eth_getBlockByNumber", source.getBlock(block), options);
  return (await repeated(ask, options))?.hash === hash;
}

/** Drops every second of the older half where there are too many. */
function thinned(anchors: readonly Anchor[]): readonly Anchor[] {
  if (anchors.length <= MOST_ANCHORS) return anchors;
  const half = MOST_ANCHORS / 2;
  return anchors.filter((_, index) => index >= half || index % 2 === 0);
}

/** Ethers' logs hold their provider: only what JSON keeps. */
function plain({ address, blockNumber, blockHash, transactionHash, index, topics, data }: ScannedLog): ScannedLog {
  const where = { ...(address && { address }), ...(blockHash && { blockHash }) };
  const which = { ...(transactionHash && { transactionHash }), ...(index !== undefined && { index }) };
  return { ...where, ...which, blockNumber, topics: [...topics], data };
}

/** With the first block: what began later lacks logs. */
function keyOf(filter: LogFilter, fromBlock: number): string {
  return JSON.stringify([filter.address, filter.topics, fromBlock]).toLowerCase();
}
