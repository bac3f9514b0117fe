/** What homes sign: a strip per period, with a price-quantity curve in every slot that they want to trade in. */

import {
  type Amount,
  asAmount,
  asPrice,
  asSlot,
  asSlotOffset,
  asWh,
  buildStrip,
  type Order,
  type Period,
  periodEnd,
  type SignedStrip,
  signStrip,
  type Strip,
} from "@wattbook/sdk";
import type { SlotPlan } from "../agents.ts";
import { MARKET, priceOf } from "../market.ts";
import type { Member } from "./members.ts";
import type { World } from "./world.ts";

/** What the relayer gets for every order that it brings on chain, base units. */
export const RELAYER_FEE: Amount = asAmount(10n);

/** A member's strip of a period; undefined where it has nothing to trade. */
export function stripOf(world: World, member: Member, period: Period, plans: readonly SlotPlan[]): Strip | undefined {
  const orders = plans.flatMap(ordersOf);
  if (orders.length === 0) return undefined;
  const { community, terms, tariff, roles } = world;
  const header = {
    community,
    member: member.index,
    period,
    after: asSlotOffset(0n),
    epoch: 0n,
    deadline: periodEnd(terms, period),
    feePerEntry: RELAYER_FEE,
    feeTo: roles.relayer.address,
  };
  return buildStrip(terms, header, orders, { tariff, tariffClass: 0n, first: true });
}

export async function sign(world: World, member: Member, strip: Strip): Promise<SignedStrip> {
  return { strip, signature: await signStrip(world.domains.market, strip, member.trading) };
}

function ordersOf({ slot, side, orders }: SlotPlan): Order[] {
  return orders.map(({ tick, lots }) => ({
    slot: asSlot(BigInt(slot)),
    side,
    price: asPrice(priceOf(tick)),
    energy: asWh(BigInt(lots) * MARKET.lotWh),
  }));
}
