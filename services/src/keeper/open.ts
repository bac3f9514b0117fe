/** A keeper with its files open: an outbox per account, and the logs that were read. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CommunityIndex, Wattbook } from "@wattbook/sdk";
import type { Signer } from "ethers";
import { type Node, Outbox, Sender, type SenderStep } from "../chain/index.ts";
import { Keeper } from "./keeper.ts";
import { SqliteLogStore } from "./log-store.ts";

/** What a keeper is made of. */
export interface KeeperParts {
  readonly wattbook: Wattbook;
  readonly community: CommunityIndex;
  readonly node: Node;
  /** Signs transactions itself, and pays for gas. */
  readonly signer: Signer;
  /** Holds outbox and logs; made where it is missing. */
  readonly folder: string;
  /** Seconds to leave what is due to others first. */
  readonly delay: bigint;
  readonly confirmations: number;
  readonly observe?: (step: SenderStep) => void;
}

/** An open keeper. */
export interface OpenKeeper {
  readonly account: string;
  readonly keeper: Keeper;
  readonly sender: Sender;
  readonly outbox: Outbox;
  readonly logs: SqliteLogStore;
  close(): void;
}

/** Where a chain's logs are kept in a folder. */
export function logFile(folder: string, chainId: bigint): string {
  return join(folder, `logs-${chainId}.db`);
}

/** @throws ServiceError of the files; faults of the node */
export async function openKeeper(parts: KeeperParts): Promise<OpenKeeper> {
  const { wattbook, community, node, signer, folder, delay, confirmations, observe } = parts;
  const account = await signer.getAddress();
  mkdirSync(folder, { recursive: true });
  const outbox = new Outbox(join(folder, `outbox-${node.chainId}-${account}.db`), node.chainId, account);
  let logs: SqliteLogStore | undefined;
  const close = () => {
    logs?.close();
    outbox.close();
  };
  try {
    logs = new SqliteLogStore(logFile(folder, node.chainId));
    const told = observe === undefined ? {} : { observe };
    const sender = new Sender({ node, signer, outbox, confirmations, ...told });
    const reader = await wattbook.logs(community, { store: logs });
    const keeper = new Keeper({ wattbook, community, sender, account, logs: reader, delay });
    return { account, keeper, sender, outbox, logs, close };
  } catch (error) {
    close();
    throw error;
  }
}
