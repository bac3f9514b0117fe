/** A deployed community as the clients see it. */
import { CommitBookClient } from "../../../sdk/src/clients/commit-book.ts";
import { CoordinatorDeskClient } from "../../../sdk/src/clients/coordinator-desk.ts";
import { EnergyTokenClient } from "../../../sdk/src/clients/energy-tokens.ts";
import { EscrowClient } from "../../../sdk/src/clients/escrow.ts";
import { LogReader } from "../../../sdk/src/clients/log-reader.ts";
import { MarketClient } from "../../../sdk/src/clients/market.ts";
import { MeteredAuctionClient } from "../../../sdk/src/clients/metered-auction.ts";
import { PaymentTokenClient } from "../../../sdk/src/clients/payment-token.ts";
import { RegistryClient } from "../../../sdk/src/clients/registry.ts";
import { SealedMarketClient } from "../../../sdk/src/clients/sealed-market.ts";
import { SettlementClient } from "../../../sdk/src/clients/settlement.ts";
import { SharingClient } from "../../../sdk/src/clients/sharing.ts";
import { wattbookDomain } from "../../../sdk/src/typed-data.ts";
import { asCommunity } from "../../../sdk/src/units.ts";
import { connect, deployMarket } from "../../helpers/market.ts";

/** Deploys and makes a client per contract, run by the node's account `stranger`. */
export async function world() {
  const connection = await connect();
  const market = await deployMarket(connection);
  const runner = market.stranger;
  const { provider } = connection.ethers;
  const { chainId } = await provider.getNetwork();
  const at = {
    registry: await market.registry.getAddress(),
    escrow: await market.escrow.getAddress(),
    settlement: await market.settlement.getAddress(),
    market: await market.openAuction.getAddress(),
    sealedMarket: await market.sealedAuction.getAddress(),
    commits: await market.commitBook.getAddress(),
    lens: await market.lens.getAddress(),
    sharing: await market.sharing.getAddress(),
    meteredAuction: await market.meteredAuction.getAddress(),
    desk: await market.desk.getAddress(),
    tokens: await market.energyToken.getAddress(),
    euro: await market.euro.getAddress(),
  };
  const clients = {
    registry: new RegistryClient({ address: at.registry, runner }),
    escrow: new EscrowClient({ address: at.escrow, runner }),
    settlement: new SettlementClient({ address: at.settlement, runner }),
    market: new MarketClient({ address: at.market, lens: at.lens, runner }),
    sealedMarket: new SealedMarketClient({ address: at.sealedMarket, lens: at.lens, runner }),
    commits: new CommitBookClient({ address: at.commits, runner }),
    sharing: new SharingClient({ address: at.sharing, runner }),
    meteredAuction: new MeteredAuctionClient({ address: at.meteredAuction, runner }),
    desk: new CoordinatorDeskClient({ address: at.desk, runner }),
    tokens: new EnergyTokenClient({ address: at.tokens, runner }),
    euro: new PaymentTokenClient({ address: at.euro, runner }),
  };
  const community = asCommunity(BigInt(market.community));
  const terms = await clients.registry.terms(community);
  const logs = new LogReader({
    source: provider,
    community,
    terms,
    market: at.market,
    escrow: at.escrow,
    settlement: at.settlement,
  });
  const domains = {
    registry: wattbookDomain(chainId, at.registry),
    market: wattbookDomain(chainId, at.market),
    settlement: wattbookDomain(chainId, at.settlement),
  };
  return { ...clients, raw: market, connection, provider, at, community, terms, logs, domains };
}

export type World = Awaited<ReturnType<typeof world>>;
