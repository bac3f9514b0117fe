/** The SDK's clients on a `Node`: with its failover, its checks and its patience. */
import { faultOf, type LogSource, type ScannedLog } from "@wattbook/sdk";
import type { ContractRunner, Filter, Provider } from "ethers";
import type { Node } from "../../chain/index.ts";

/** Reads with a node; sending is the sender's. */
export function readerOf(node: Node): ContractRunner {
  const getCode = async (address: string) => (await node.ask("eth_getCode", [address, "latest"])) as string;
  return {
    // Of a provider the clients use this alone.
    provider: { getCode } as unknown as Provider,
    call: async ({ to, data }) => (await node.ask("eth_call", [{ to, data }, "latest"])) as string,
  };
}

/** Where logs come from. */
export function logSourceOf(node: Node): LogSource {
  return {
    getBlockNumber: async () => (await node.head()).number,
    getLogs: async ({ fromBlock, toBlock, address, topics }: Filter) => {
      const range = { fromBlock: blockIn(fromBlock), toBlock: blockIn(toBlock), address, topics };
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
