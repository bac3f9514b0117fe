/** The contracts of a deployment: their order, where they will be, and whom each one names. The one place that says so. */

import { getCreateAddress } from "ethers";

/** In the order of their deployment: each takes the deployer's next nonce. */
export const CONTRACTS = [
  "EnergyToken",
  "PaymentEscrow",
  "ProsumerRegistry",
  "Settlement",
  "DoubleAuction",
  "SealedAuction",
  "CommitBook",
  "OrderBookLens",
  "EnergySharing",
  "MeteredAuction",
  "CoordinatorDesk",
] as const;
export type ContractName = (typeof CONTRACTS)[number];

/** Something for each contract. */
export type PerContract<T> = Readonly<Record<ContractName, T>>;

/** A contract that another one is constructed with, and the view that answers its address. */
export interface Link {
  readonly getter: string;
  readonly contract: ContractName;
}

const REGISTRY: Link = { getter: "registry", contract: "ProsumerRegistry" };
const ESCROW: Link = { getter: "escrow", contract: "PaymentEscrow" };
const SETTLEMENT: Link = { getter: "settlement", contract: "Settlement" };
const ENERGY_TOKEN: Link = { getter: "energyToken", contract: "EnergyToken" };

/** Constructor arguments, in order. They are immutable: what is wrong at deployment stays wrong. */
export const LINKS: PerContract<readonly Link[]> = {
  EnergyToken: [SETTLEMENT],
  PaymentEscrow: [REGISTRY, SETTLEMENT],
  ProsumerRegistry: [ESCROW, SETTLEMENT],
  Settlement: [REGISTRY, ESCROW, ENERGY_TOKEN],
  DoubleAuction: [REGISTRY, ESCROW],
  SealedAuction: [REGISTRY, ESCROW, { getter: "commitBook", contract: "CommitBook" }],
  CommitBook: [REGISTRY, ESCROW, { getter: "auction", contract: "SealedAuction" }],
  OrderBookLens: [],
  EnergySharing: [REGISTRY, ESCROW, SETTLEMENT],
  MeteredAuction: [REGISTRY, ESCROW, SETTLEMENT],
  CoordinatorDesk: [REGISTRY, ESCROW, SETTLEMENT],
};

/** Where the contracts will be if `from` deploys them from `firstNonce` on, with nothing else in between. */
export function addressesFrom(from: string, firstNonce: number): PerContract<string> {
  const entries = CONTRACTS.map((name, index) => [name, getCreateAddress({ from, nonce: firstNonce + index })]);
  return Object.fromEntries(entries) as PerContract<string>;
}

/** Constructor arguments of a contract of the deployment at `addresses`. */
export function argumentsOf(name: ContractName, addresses: PerContract<string>): string[] {
  return LINKS[name].map(({ contract }) => addresses[contract]);
}
