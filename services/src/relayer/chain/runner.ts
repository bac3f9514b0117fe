/** Logs from a `Node`: with its failover, its checks and its patience. */
import { faultOf, type LogSource, RpcInvalidError, type ScannedLog } from "@wattbook/sdk";
import type { Filter } from "ethers";
import { z } from "zod";
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
        return await node.read("eth_getLogs", [range], (answer) => logsIn(answer, blockHash));
      } catch (error) {
        throw faultOf(error) ?? error;
      }
    },
  };
}

/** @param blockHash Of the block that all of them are of, where one was named. @throws RpcInvalidError where that is no list of logs */
function logsIn(answer: unknown, blockHash: string | undefined): ScannedLog[] {
  const { success, data } = RawLogs.safeParse(answer);
  if (!success) throw new RpcInvalidError(`eth_getLogs: ${JSON.stringify(answer).slice(0, 60)}`);
  if (blockHash !== undefined && data.some((log) => log.blockHash.toLowerCase() !== blockHash.toLowerCase())) {
    throw new RpcInvalidError(`eth_getLogs: logs of other blocks than ${blockHash}`);
  }
  return data.map(({ blockNumber, logIndex, ...log }) => ({
    ...log,
    blockNumber: Number(blockNumber),
    index: Number(logIndex),
  }));
}

const Bytes = z.string().regex(/^0x[0-9a-f]*$/i);
const Quantity = z.string().regex(/^0x[0-9a-f]{1,12}$/i);
const RawLogs = z.array(
  z.object({
    ...{ address: Bytes, topics: z.array(Bytes), data: Bytes },
    ...{ blockNumber: Quantity, blockHash: Bytes, transactionHash: Bytes, logIndex: Quantity },
  }),
);

function blockIn(block: Filter["fromBlock"]): string {
  return `0x${BigInt(block ?? 0).toString(16)}`;
}
