/** Creates the community of a file. */

import type { Charter, CommunityIndex, Tariff, Wattbook } from "@wattbook/sdk";
import { findCommunity } from "../../cli/src/community/founding.ts";
import { mined } from "./mined.ts";

/** Creates the community and finds its index. */
export async function createCommunity(
  wattbook: Wattbook,
  charter: Charter,
  tariff: Tariff,
  waitMs: number,
): Promise<CommunityIndex> {
  await mined(await wattbook.registry.send.createCommunity(charter, tariff), waitMs);
  const community = await findCommunity(wattbook, { charter, tariff });
  if (community === undefined) throw new Error("a created community is not there");
  return community;
}
