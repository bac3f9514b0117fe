/** From a wallet or a node to all clients of a deployment, or a coded error that says what is wrong. */
import type { ContractRunner, Provider, Signer } from "ethers";
import type { Address } from "../hex.ts";
import { wattbookDomain } from "../typed-data.ts";
import type { Domain } from "../typed-data.ts";
import type { CommunityIndex } from "../units.ts";
import { checkParts } from "./check-parts.ts";
import { CommitBookClient } from "./commit-book.ts";
import { CoordinatorDeskClient } from "./coordinator-desk.ts";
import { parseDeployment } from "./deployment.ts";
import type { Deployment } from "./deployment.ts";
import { EnergyTokenClient } from "./energy-tokens.ts";
import { EscrowClient } from "./escrow.ts";
import { LogReader } from "./log-reader.ts";
import type { LogReaderOptions, MarketMode } from "./log-reader.ts";
import { MemoryLogStore } from "./log-store.ts";
import { MarketClient } from "./market.ts";
import { MeteredAuctionClient } from "./metered-auction.ts";
import { SealedMarketClient } from "./sealed-market.ts";
import { PaymentTokenClient } from "./payment-token.ts";
import { RegistryClient } from "./registry.ts";
import type { ScanRange } from "./scan.ts";
import { SettlementClient } from "./settlement.ts";
import { SharingClient } from "./sharing.ts";
import { openLine } from "./transport.ts";
import type { LineOptions, Transport } from "./transport.ts";

/** All clients of a deployment, on a chain that was checked. */
export interface Wattbook {
  readonly deployment: Deployment;
  readonly provider: Provider;
  /** Signs strips, readings, consents and permits, and sends; null where the transport only reads. */
  readonly signer: Signer | null;
  /** The signer's account; null where the transport only reads. */
  readonly account: Address | null;
  readonly registry: RegistryClient;
  readonly escrow: EscrowClient;
  /** The order book of open communities. */
  readonly market: MarketClient;
  /** The order book of sealed communities. */
  readonly sealedMarket: SealedMarketClient;
  /** Where relayers of sealed communities commit. */
  readonly commits: CommitBookClient;
  /** The market of communities that share after the fact. */
  readonly sharing: SharingClient;
  /** The market of communities whose members keep standing orders. */
  readonly meteredAuction: MeteredAuctionClient;
  /** Papers of the coordinator, the PCC meter and the supplier's account. */
  readonly desk: CoordinatorDeskClient;
  readonly settlement: SettlementClient;
  readonly tokens: EnergyTokenClient;
  /** Where signatures count: consents, strips of open and of sealed communities, receipts, budgets, standing orders, papers, readings. */
  readonly domains: Readonly<
    Record<
      "registry" | "market" | "sealedMarket" | "commits" | "sharing" | "meteredAuction" | "desk" | "settlement",
      Domain
    >
  >;
  /** The payment token of a community. */
  paymentToken(community: CommunityIndex): Promise<PaymentTokenClient>;
  /** Journals, results and bills of a community, from event logs alone. */
  logs(community: CommunityIndex, options?: LogOptions): Promise<LogReader>;
}

/** How to read logs; a `store` other than memory keeps them for the next run. */
export type LogOptions = ScanRange & Pick<LogReaderOptions, "store">;

/** How to connect: `account` of a wallet, `timeout` per request and `signal`. */
export type ConnectOptions = LineOptions;

/**
 * Connects to a deployment and checks it: the chain, code at each address, that the contracts name each other.
 * @param transport An EIP-1193 provider such as `window.ethereum`, any ethers provider, or any ethers signer.
 * @param deployment What `deployment.json` holds, parsed or not.
 * @throws DeploymentInvalidError
 * @throws DeploymentVersionError
 * @throws WrongChainError naming both chain ids
 * @throws NoContractError
 * @throws DeploymentMismatchError
 * @throws RpcInconsistentError where the node says one chain id and its contracts another
 * @throws FaultError where the node or the wallet fails; see `faultOf`
 * @example
 * const wattbook = await connect(wallet, deployment);
 * const { free } = await wattbook.escrow.account(community, member);
 */
export async function connect(
  transport: Transport,
  deployment: unknown,
  options: ConnectOptions = {},
): Promise<Wattbook> {
  const checked = parseDeployment(deployment);
  const { provider, signer, runner } = await openLine(transport, checked.chainId, options, (...reading) =>
    checkParts(...reading, checked, options),
  );
  const clients = clientsOf(checked, runner);
  const { registry, settlement, market, sealedMarket, commits, sharing, escrow } = clients;
  return {
    deployment: checked,
    provider,
    signer,
    account: signer === null ? null : await signer.getAddress(),
    ...clients,
    domains: {
      registry: wattbookDomain(checked.chainId, registry.address),
      market: wattbookDomain(checked.chainId, market.address),
      sealedMarket: wattbookDomain(checked.chainId, sealedMarket.address),
      commits: wattbookDomain(checked.chainId, commits.address),
      sharing: wattbookDomain(checked.chainId, sharing.address),
      meteredAuction: wattbookDomain(checked.chainId, clients.meteredAuction.address),
      desk: wattbookDomain(checked.chainId, clients.desk.address),
      settlement: wattbookDomain(checked.chainId, settlement.address),
    },
    paymentToken: async (community) =>
      new PaymentTokenClient({ address: await registry.paymentToken(community), runner }),
    logs: async (community, how) =>
      new LogReader({
        ...{ fromBlock: checked.fromBlock, store: new MemoryLogStore(), ...options, ...how },
        ...{ source: provider, community, terms: await registry.terms(community) },
        ...(await firstModuleOf(clients, community)),
        ...{ escrow: escrow.address, settlement: settlement.address },
        registry: registry.address,
        journalOnChain: (member, period) => escrow.journal(community, member, period),
      }),
  };
}

/** What a community trades with. */
async function firstModuleOf(
  { registry, market, sealedMarket, sharing, meteredAuction }: ReturnType<typeof clientsOf>,
  community: CommunityIndex,
): Promise<{ readonly market: Address; readonly mode: MarketMode }> {
  const module = await registry.moduleAt(community, 0n);
  if (module === sharing.address) return { market: module, mode: "sharing" };
  if (module === meteredAuction.address) return { market: module, mode: "metered" };
  return { market: module === sealedMarket.address ? module : market.address, mode: "orders" };
}

function clientsOf({ contracts }: Deployment, runner: ContractRunner) {
  const lens = contracts.OrderBookLens;
  return {
    registry: new RegistryClient({ address: contracts.ProsumerRegistry, runner }),
    escrow: new EscrowClient({ address: contracts.PaymentEscrow, runner }),
    market: new MarketClient({ address: contracts.DoubleAuction, lens, runner }),
    sealedMarket: new SealedMarketClient({ address: contracts.SealedAuction, lens, runner }),
    commits: new CommitBookClient({ address: contracts.CommitBook, runner }),
    sharing: new SharingClient({ address: contracts.EnergySharing, runner }),
    meteredAuction: new MeteredAuctionClient({ address: contracts.MeteredAuction, runner }),
    desk: new CoordinatorDeskClient({ address: contracts.CoordinatorDesk, runner }),
    settlement: new SettlementClient({ address: contracts.Settlement, runner }),
    tokens: new EnergyTokenClient({ address: contracts.EnergyToken, runner }),
  };
}
