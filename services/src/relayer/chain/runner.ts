/** Logs from a `Node`: with its failover, its checks and its patience. */
import { faultOf, type LogSource, type ScannedLog } from "@wattbook/sdk";
import type { Filter } from "ethers";
import type { Node } from "../../chain/index.ts";

export { headReaderOf } from "../../chain/reader.ts";

/**
 * Where logs come from.
 * @param blockHash Of the only block that is asked for: a node that has not got it says so, where asked by its number it may say that
 * the block has no logs.
 */
export function logSourceOf(node: Node, blockHash?: string): LogSource {
  return {
    getBlockNumber: async () => (await node.head()).number,
    getLogs: async ({ fromBlock, toBlock, address, topics }: Filter) => {
      const blocks =
        blockHash === undefined ? { fromBlock: blockIn(fromBlock), toBlock: blockIn(toBlock) } : { blockHash };
      const range = { ...blocks, address, topics };
      try {
        return ((await node.ask("eth_getLogs", [range])) as RawLog[]).map(logOf);
      } catch (error) {
        throw faultOf(error) ?? error;
      }
    },
  };
}

interface RawLog {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly transactionHash: string;
  readonly logIndex: string;
}

function logOf({ blockNumber, logIndex, ...log }: RawLog): ScannedLog {
  return { ...log, blockNumber: Number(blockNumber), index: Number(logIndex) };
}

function blockIn(block: Filter["fromBlock"]): string {
  return `0x${BigInt(block ?? 0).toString(16)}`;
}
