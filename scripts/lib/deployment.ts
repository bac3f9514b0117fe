import { getCreateAddress, type Signer } from "ethers";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type {
  DoubleAuction,
  EnergyToken,
  PaymentEscrow,
  ProsumerRegistry,
  Settlement,
} from "../../types/ethers-contracts/index.ts";

/** The five contracts of one deployment. */
export interface Deployment {
  readonly registry: ProsumerRegistry;
  readonly escrow: PaymentEscrow;
  readonly energyToken: EnergyToken;
  readonly settlement: Settlement;
  readonly auction: DoubleAuction;
}

/**
 * Deploys the five contracts from `deployer`, which keeps no role in them.
 *
 * They know each other for good, so the first three are given the address that settlement will have; settlement checks it and
 * refuses to be deployed anywhere else.
 */
export async function deployContracts(ethers: HardhatEthers, deployer: Signer): Promise<Deployment> {
  const from = await deployer.getAddress();
  const nonce = await ethers.provider.getTransactionCount(from);
  const registryAddress = getCreateAddress({ from, nonce: nonce + 2 });
  const settlementAddress = getCreateAddress({ from, nonce: nonce + 3 });
  const energyToken = await ethers.deployContract("EnergyToken", [settlementAddress], deployer);
  const escrow = await ethers.deployContract("PaymentEscrow", [registryAddress, settlementAddress], deployer);
  const registry = await ethers.deployContract("ProsumerRegistry", [escrow, settlementAddress], deployer);
  const settlement = await ethers.deployContract("Settlement", [registry, escrow, energyToken], deployer);
  const auction = await ethers.deployContract("DoubleAuction", [registry, escrow, settlement], deployer);
  for (const part of [energyToken, escrow, registry, settlement, auction]) await part.waitForDeployment();
  return { registry, escrow, energyToken, settlement, auction };
}
