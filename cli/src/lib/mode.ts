/** How a community trades, which its first module decides. */
import type { Session } from "./link.ts";

/** By an order book, by a rule after the fact, or by an auction of what the meters say. */
export type Mode = "orders" | "sharing" | "metered";

/** Asks the registry. */
export async function modeOf({ wattbook, community }: Pick<Session, "wattbook" | "community">): Promise<Mode> {
  const [first] = await wattbook.registry.modules(community);
  return modeOfModule(wattbook, first);
}

/** What a community with that first module is. */
export function modeOfModule({ sharing, meteredAuction }: Session["wattbook"], module: string | undefined): Mode {
  if (module === sharing.address) return "sharing";
  return module === meteredAuction.address ? "metered" : "orders";
}
