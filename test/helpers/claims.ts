import { encodeValues, type HomeKeys } from "./market.ts";
import { estimate, settleMetered, type Hour } from "./hours.ts";
import { HOUR, buy, evidence, goBehind, post, sell, valuesAt, type Values } from "./settling.ts";

/** What proves a member's period for a claim. */
export const claimOf = async (w: Hour, home: HomeKeys, values: Values | undefined) => ({
  member: home.member,
  ...(await evidence(w.m, home, w.period)),
  values: values ? encodeValues(values) : "0x",
  gapLeg: 0n,
});

export const supplyOf = async ({ m, period }: Hour, zone: number, source: number) =>
  await m.energyToken["totalSupply(uint256)"](await m.energyToken.idOf(m.community, period, zone, source));
export const balanceOf = async ({ m, period }: Hour, address: string, zone: number, source: number) =>
  await m.energyToken.balanceOf(address, await m.energyToken.idOf(m.community, period, zone, source));

/** What the meters of a finished day counted; the idle home buys too. Undefined: no reading came. */
export interface Counted {
  readonly seller?: Values;
  readonly buyer?: Values;
  readonly idle?: Values;
}

/** 1,000 Wh sold in slot 1, 600 Wh to the buyer and 400 Wh to the other home; 70 Wh in slot 2 to the buyer. All settled. */
export async function tradedDay(w: Hour, counted: Counted) {
  const { m, seller, buyer, idle, period, registers } = w;
  await post(m, period, [
    [seller, [sell(1, 10, 100), sell(2, 10, 7)]],
    [buyer, [buy(1, 30, 60), buy(2, 30, 7)]],
    [idle, [buy(1, 30, 40)]],
  ]);
  await goBehind(m, period, HOUR);
  await m.clearPeriod(period);
  for (const [home, values] of [
    [seller, counted.seller],
    [buyer, counted.buyer],
    [idle, counted.idle],
  ] as const) {
    if (values) await settleMetered(w, home, period, await registers.read(home, period, values));
    else await estimate(w, period, home);
  }
}

export const asTraded: Required<Counted> = {
  seller: valuesAt({ 1: [0, 1000], 2: [0, 70] }),
  buyer: valuesAt({ 1: [600, 0], 2: [70, 0] }),
  idle: valuesAt({ 1: [400, 0] }),
};
