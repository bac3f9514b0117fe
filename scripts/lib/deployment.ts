import type { Signer } from "ethers";
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";
import type {
  CommitBook,
  CoordinatorDesk,
  DoubleAuction,
  EnergySharing,
  EnergyToken,
  MeteredAuction,
  OrderBookLens,
  PaymentEscrow,
  ProsumerRegistry,
  SealedAuction,
  Settlement,
} from "../../types/ethers-contracts/index.ts";
import { addressesFrom, argumentsOf, type ContractName, CONTRACTS } from "./contracts.ts";

/** The contracts of one deployment. */
export interface Deployment {
  readonly registry: ProsumerRegistry;
  readonly escrow: PaymentEscrow;
  readonly energyToken: EnergyToken;
  readonly settlement: Settlement;
  readonly auction: DoubleAuction;
  readonly sealedAuction: SealedAuction;
  readonly commitBook: CommitBook;
  readonly lens: OrderBookLens;
  readonly sharing: EnergySharing;
  readonly meteredAuction: MeteredAuction;
  readonly desk: CoordinatorDesk;
}

/**
 * Deploys the contracts from `deployer`, which keeps no role in them; for tests and the demo, on a node of their own.
 * `npm run deploy` deploys on a network, and can be interrupted.
 *
 * The contracts know each other for good, so they are given the addresses that the others will have; settlement checks them
 * and refuses to be deployed anywhere else.
 */
export async function deployContracts(ethers: HardhatEthers, deployer: Signer): Promise<Deployment> {
  const from = await deployer.getAddress();
  const addresses = addressesFrom(from, await ethers.provider.getTransactionCount(from));
  const deploy = (name: ContractName) => ethers.deployContract(name, argumentsOf(name, addresses), deployer);
  const deployed = new Map<ContractName, Awaited<ReturnType<typeof deploy>>>();
  for (const name of CONTRACTS) deployed.set(name, await deploy(name));
  for (const contract of deployed.values()) await contract.waitForDeployment();
  const part = (name: ContractName): unknown => deployed.get(name);
  return {
    registry: part("ProsumerRegistry") as ProsumerRegistry,
    escrow: part("PaymentEscrow") as PaymentEscrow,
    energyToken: part("EnergyToken") as EnergyToken,
    settlement: part("Settlement") as Settlement,
    auction: part("DoubleAuction") as DoubleAuction,
    sealedAuction: part("SealedAuction") as SealedAuction,
    commitBook: part("CommitBook") as CommitBook,
    lens: part("OrderBookLens") as OrderBookLens,
    sharing: part("EnergySharing") as EnergySharing,
    meteredAuction: part("MeteredAuction") as MeteredAuction,
    desk: part("CoordinatorDesk") as CoordinatorDesk,
  };
}
