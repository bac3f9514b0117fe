/** What strips need to know of the chain. */
import { prepareStrip } from "@wattbook/sdk";
import type { Wattbook } from "@wattbook/sdk";
import type { PrepareStrip } from "./bidder.ts";

/**
 * Asks the chain, and says nothing for a member that cannot trade yet or at the moment: it would be refused for good what may be
 * taken later. A new member can trade from its first period's start on.
 */
export function prepareFrom(wattbook: Wattbook): PrepareStrip {
  return async (community, member, period) => {
    const { registry } = wattbook;
    const prepared = await prepareStrip(wattbook, community, member, period);
    const sealed = prepared.terms.revealWindow !== 0n;
    const { active } = await (sealed
      ? registry.memberAtGate(community, member, period)
      : registry.member(community, member, period));
    return active ? prepared : undefined;
  };
}
