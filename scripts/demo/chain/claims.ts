/** Energy tokens: what was traded and delivered, and what was fed in beyond it, one unit per Wh. */

import {
  asWh,
  type Claimable,
  claimable,
  deliveredOf,
  type EnergyTokenId,
  type SlotLedger,
  sumWh,
  type Wh,
} from "@wattbook/sdk";
import type { SettledMember } from "./check.ts";
import type { World } from "./world.ts";

/** A member's claim. */
export interface Claim {
  readonly settled: SettledMember;
  readonly amounts: Claimable;
}

/** Who has something to claim for a period, with the amounts that the rules give it. */
export function claimsOf(period: readonly SettledMember[]): Claim[] {
  const ledger = ledgerOf(period);
  return period
    .map((settled) => ({ settled, amounts: claimable(settled.position, settled.values, ledger) }))
    .filter(({ amounts: { bought, unsold } }) => bought > 0n || unsold > 0n);
}

/** Claims a member's tokens; false if the chain gives another amount. */
export async function claim(world: World, { settled, amounts }: Claim): Promise<boolean> {
  const { chain, settlement, community } = world;
  const { member, period, journal, values, gapLeg, position } = settled;
  const item = { member: member.index, journal, values, gapLeg, position };
  const before = await balances(world, settled);
  await chain.send(member.owner, settlement.calls.claim(community, period, item, member.owner.address));
  return (await balances(world, settled)) - before === amounts.bought + amounts.unsold;
}

/** Tokens of the period in the member's wallet, the community's mix and its own kind. */
async function balances({ tokens, community }: World, { member, period }: SettledMember): Promise<bigint> {
  const kinds = member.home.pv === undefined ? [0n] : [0n, 1n];
  const of = (source: bigint): EnergyTokenId => ({ community, vintage: period, zone: 0n, source });
  const amounts: Wh[] = [];
  for (const source of kinds) amounts.push(await tokens.balanceOf(member.owner.address, of(source)));
  return sumWh(amounts);
}

/** The community's totals per slot. */
function ledgerOf(period: readonly SettledMember[]): SlotLedger[] {
  const slots = period[0]?.position.length ?? 0;
  return Array.from({ length: slots }, (_, slot) => {
    let [delivered, bought, sold] = [0n, 0n, 0n];
    for (const { position, values } of period) {
      const [trade, value] = [position[slot], values[slot]];
      if (trade === undefined || value === undefined) continue;
      delivered += deliveredOf(trade, value);
      bought += trade.bought;
      sold += trade.sold;
    }
    return { delivered: asWh(delivered), bought: asWh(bought), sold: asWh(sold) };
  });
}
