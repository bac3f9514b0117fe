/** The SDK's clients on a `Node`: with its failover, its checks and its patience. */
import { EscrowClient, RegistryClient, SettlementClient, type Wattbook } from "@wattbook/sdk";
import type { ContractRunner, Provider } from "ethers";
import type { Node } from "./node.ts";

/** Reads with a node the latest state; sending is the sender's. */
function readerOf(node: Node, block: () => string = () => "latest"): ContractRunner {
  const getCode = async (address: string) => (await node.ask("eth_getCode", [address, "latest"])) as string;
  return {
    // Of a provider the clients use this alone.
    provider: { getCode } as unknown as Provider,
    call: async ({ to, data }) => (await node.ask("eth_call", [{ to, data }, block()])) as string,
  };
}

/**
 * Reads as of the block that `head` named last, for whoever asks for that again and again: of several nodes behind an address one
 * that has not got the block says so, where it would call an older state the latest.
 */
export function headReaderOf(node: Node): ContractRunner {
  return readerOf(node, () => node.at);
}

/** The same deployment, whose members and accounts are read with a node. */
export function readWith(node: Node, wattbook: Wattbook): Wattbook {
  const { ProsumerRegistry, PaymentEscrow, Settlement } = wattbook.deployment.contracts;
  const runner = readerOf(node);
  return {
    ...wattbook,
    registry: new RegistryClient({ address: ProsumerRegistry, runner }),
    escrow: new EscrowClient({ address: PaymentEscrow, runner }),
    settlement: new SettlementClient({ address: Settlement, runner }),
  };
}
