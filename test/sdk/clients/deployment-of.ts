/** The `deployment.json` of a test's deployment. */
import type { World } from "./support.ts";

/** As the deploy script writes it. */
export async function deploymentOf({ at, provider }: Pick<World, "at" | "provider">) {
  const { chainId } = await provider.getNetwork();
  return {
    format: 4,
    version: "0.1.0",
    chainId: Number(chainId),
    fromBlock: 0,
    contracts: {
      ProsumerRegistry: at.registry,
      PaymentEscrow: at.escrow,
      EnergyToken: at.tokens,
      Settlement: at.settlement,
      DoubleAuction: at.market,
      SealedAuction: at.sealedMarket,
      CommitBook: at.commits,
      OrderBookLens: at.lens,
      EnergySharing: at.sharing,
      MeteredAuction: at.meteredAuction,
      CoordinatorDesk: at.desk,
    },
  };
}
