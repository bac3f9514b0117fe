import type { Market } from "./market.ts";

/** Where the contracts of a market are, by the names that the SDK's deployments give them. */
export async function addressesOf(m: Market) {
  return {
    registry: await m.registry.getAddress(),
    escrow: await m.escrow.getAddress(),
    tokens: await m.energyToken.getAddress(),
    settlement: await m.settlement.getAddress(),
    market: await m.openAuction.getAddress(),
    sealedMarket: await m.sealedAuction.getAddress(),
    commits: await m.commitBook.getAddress(),
    lens: await m.lens.getAddress(),
    sharing: await m.sharing.getAddress(),
    meteredAuction: await m.meteredAuction.getAddress(),
    desk: await m.desk.getAddress(),
  };
}
