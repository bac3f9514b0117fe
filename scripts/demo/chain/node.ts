/** A node of the run's own: a fresh chain in this process, gone when the run is over. */

import { BrowserProvider, Network, type Wallet } from "ethers";
import hre from "hardhat";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";

/** A running node. */
export interface DemoNode {
  readonly provider: BrowserProvider;
  /** For deploying from the build's artifacts. */
  readonly ethers: HardhatEthers;
  close(): Promise<void>;
}

const CHAIN_ID = 31_337;
const BALANCE = 10n ** 24n;

/**
 * Starts a node with the rules of the hardfork that the contracts are built for.
 *
 * @param start Unix seconds of its first block.
 * @param funded Accounts that can pay for gas.
 */
export async function startNode(start: number, funded: readonly Wallet[]): Promise<DemoNode> {
  const connection = await hre.network.create({
    network: "default",
    override: {
      chainId: CHAIN_ID,
      initialDate: new Date(start * 1000),
      accounts: funded.map(({ privateKey }) => ({ privateKey, balance: BALANCE })),
      loggingEnabled: false,
    },
  });
  const network = Network.from(CHAIN_ID);
  const provider = new BrowserProvider(connection.provider, network, { staticNetwork: network, cacheTimeout: -1 });
  return {
    provider,
    ethers: connection.ethers,
    close: async () => {
      provider.destroy();
      await connection.close();
    },
  };
}
