/** Who is in a community already, by metering point: the one thing that is a member's own from the start. */

import {
  asMember,
  type CommunityIndex,
  type Hex,
  type MemberIndex,
  ProsumerRegistryAbi,
  type Wattbook,
} from "@wattbook/sdk";
import { Contract } from "ethers";

/** Member by metering point, in lower case. */
export type Roster = Map<Hex, MemberIndex>;

const AT_ONCE = 32;

/** Reads a community's members. */
export async function readRoster({ registry, provider }: Wattbook, community: CommunityIndex): Promise<Roster> {
  const contract = new Contract(registry.address, ProsumerRegistryAbi, provider);
  const pointOf = contract.getFunction("meteringPointOf");
  const count = Number(await registry.memberCount(community));
  const roster: Roster = new Map();
  for (let first = 0; first < count; first += AT_ONCE) {
    const members = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, offset) => BigInt(first + offset));
    const points = await Promise.all(members.map((member) => pointOf(community, member) as Promise<Hex>));
    for (const [index, point] of points.entries()) roster.set(point.toLowerCase(), asMember(BigInt(first + index)));
  }
  return roster;
}
