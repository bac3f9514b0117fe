/** The community of a file, found on chain by what its members sign. */

import { asCommunity, asPeriod, type CommunityIndex, encodeTariff, termsHash, type Wattbook } from "@wattbook/sdk";
import type { Founding } from "./charter.ts";

const FIRST = asPeriod(0n);

/**
 * The first community with this charter and first tariff; undefined if there is none. Anyone may create its like later: that
 * must not lead the next run away from its members.
 */
export async function findCommunity(
  { registry }: Wattbook,
  { charter, tariff }: Founding,
): Promise<CommunityIndex | undefined> {
  const wanted = termsHash(charter);
  const count = await registry.communityCount();
  for (let index = 0n; index < count; index++) {
    const community = asCommunity(index);
    if ((await registry.termsHash(community)) !== wanted) continue;
    // The hash leaves the tariff out, and anyone may create a community in a coordinator's name.
    const first = await registry.tariff(community, FIRST, charter.terms);
    if (encodeTariff(first) === encodeTariff(tariff)) return community;
  }
  return undefined;
}
