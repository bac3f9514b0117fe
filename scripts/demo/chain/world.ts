/** The deployment and the community of a run. */

import {
  asAmount,
  asCommunity,
  asMember,
  asPrice,
  asWh,
  communityTerms,
  type CommunityIndex,
  type CommunityTerms,
  type Domain,
  EnergyTokenClient,
  EscrowClient,
  flatTariff,
  LogReader,
  MarketClient,
  type MarketMode,
  type MemberIndex,
  MeteredAuctionClient,
  PaymentTokenClient,
  RegistryClient,
  SettlementClient,
  SharingClient,
  type Tariff,
  wattbookDomain,
} from "@wattbook/sdk";
import { deployContracts } from "../../lib/deployment.ts";
import type { Calendar } from "../calendar.ts";
import type { Home } from "../homes.ts";
import { MARKET } from "../market.ts";
import { Chain } from "./chain.ts";
import type { Roles } from "./keys.ts";
import type { DemoNode } from "./node.ts";

/** Everything that a step of the run needs. */
export interface World {
  readonly chain: Chain;
  readonly roles: Roles;
  readonly registry: RegistryClient;
  readonly escrow: EscrowClient;
  readonly market: MarketClient;
  readonly sharing: SharingClient;
  readonly meteredAuction: MeteredAuctionClient;
  readonly settlement: SettlementClient;
  readonly tokens: EnergyTokenClient;
  readonly euro: PaymentTokenClient;
  readonly logs: LogReader;
  readonly domains: Readonly<Record<"registry" | "market" | "sharing" | "meteredAuction" | "settlement", Domain>>;
  readonly community: CommunityIndex;
  readonly terms: CommunityTerms;
  readonly tariff: Tariff;
}

/** Service members, in the order in which creation makes them. */
export const SERVICES = ["coordinator", "dso", "feeCollector", "supplier"] as const;
export const SUPPLIER: MemberIndex = asMember(3n);

/** A community's first module, by how it trades. */
const FIRST_MODULES = { orders: "auction", sharing: "sharing", metered: "meteredAuction" } as const;

/** What a tick of 16 bits holds, and the largest cap that it allows, lots. */
const TICK_LOTS = 65_535;
const MOST_NARROW_CAP = Math.floor(TICK_LOTS / 8);

/** Default import of a home whose reading is missing, Wh per hour. */
const DEFAULT_LOAD_PER_HOUR = 1_000n;

/** Deploys all contracts and a coin, and creates the community. */
export async function createWorld(
  node: DemoNode,
  roles: Roles,
  calendar: Calendar,
  homes: readonly Home[],
  now: number,
  mode: MarketMode = "orders",
): Promise<World> {
  const deployer = roles.deployer.connect(node.provider);
  const contracts = await deployContracts(node.ethers, deployer);
  const coin = await node.ethers.deployContract("LocalEuro", [], deployer);
  const chain = await Chain.open(node.provider, now);
  const runner = node.provider;
  const at = {
    registry: await contracts.registry.getAddress(),
    escrow: await contracts.escrow.getAddress(),
    market: await contracts[FIRST_MODULES[mode]].getAddress(),
    settlement: await contracts.settlement.getAddress(),
  };
  const registry = new RegistryClient({ address: at.registry, runner });
  const terms = termsOf(calendar, homes, roles, await coin.getAddress());
  const tariff = flatTariff(terms, asPrice(MARKET.networkFee), [
    { importPrice: asPrice(MARKET.importPrice), exportPrice: asPrice(MARKET.exportPrice) },
  ]);
  const charter = {
    terms,
    suppliers: [roles.supplier.address],
    classes: [{ supplier: 0n, defaultLoadWh: asWh((DEFAULT_LOAD_PER_HOUR * BigInt(calendar.step)) / 3600n) }],
    modules: [at.market],
  };
  await chain.send(roles.coordinator, registry.calls.createCommunity(charter, tariff));
  const community = asCommunity(0n);
  return {
    chain,
    roles,
    registry,
    escrow: new EscrowClient({ address: at.escrow, runner }),
    market: new MarketClient({ address: at.market, lens: await contracts.lens.getAddress(), runner }),
    sharing: new SharingClient({ address: await contracts.sharing.getAddress(), runner }),
    meteredAuction: new MeteredAuctionClient({ address: await contracts.meteredAuction.getAddress(), runner }),
    settlement: new SettlementClient({ address: at.settlement, runner }),
    tokens: new EnergyTokenClient({ address: await contracts.energyToken.getAddress(), runner }),
    euro: new PaymentTokenClient({ address: terms.paymentToken, runner }),
    logs: new LogReader({ source: node.provider, community, terms, mode, ...at }),
    domains: {
      registry: wattbookDomain(chain.chainId, at.registry),
      market: wattbookDomain(chain.chainId, at.market),
      sharing: wattbookDomain(chain.chainId, await contracts.sharing.getAddress()),
      meteredAuction: wattbookDomain(chain.chainId, await contracts.meteredAuction.getAddress()),
      settlement: wattbookDomain(chain.chainId, at.settlement),
    },
    community,
    terms,
    tariff,
  };
}

/** Defaults, but for what the data and the market decide. Ticks are wide only where the homes' caps need it. */
function termsOf(calendar: Calendar, homes: readonly Home[], roles: Roles, paymentToken: string): CommunityTerms {
  const caps = homes.flatMap(({ buyCap, sellCap }) => [buyCap, sellCap]);
  const sum = (cap: (home: Home) => number) => homes.reduce((total, home) => total + cap(home), 0);
  const wideTicks =
    caps.some((cap) => cap > MOST_NARROW_CAP) ||
    sum(({ buyCap }) => buyCap) > TICK_LOTS ||
    sum(({ sellCap }) => sellCap) > TICK_LOTS;
  return communityTerms({
    paymentToken,
    coordinator: roles.coordinator.address,
    dso: roles.dso.address,
    feeCollector: roles.feeCollector.address,
    slotDuration: BigInt(calendar.step),
    slotsPerPeriod: BigInt(calendar.slotsPerPeriod),
    lotWh: MARKET.lotWh,
    floorPrice: MARKET.floorPrice,
    tickSize: MARKET.tickSize,
    tickCount: BigInt(MARKET.tickCount),
    settlementFee: asAmount(MARKET.settlementFee),
    wideTicks,
  });
}
