/** Runs a slot of orders through a call auction of this folder: place, clear, settle, and check that the result is right. */
import type { Contract } from "ethers";
import { homeOf, read, type Chain } from "./chain.ts";
import { balancesOf, checkBalances, checkClearing } from "./checks.ts";
import type { Compiled } from "./compile.ts";
import { priceOf } from "./grid.ts";
import { hintsOf } from "./hints.ts";
import type { BaselineOrder, BaselineOrders } from "./types.ts";

/** Slots between the present one and the first that is traded: a block takes a second at least. */
const LEAD = 8;
/** More than anyone spends; base units. */
const DEPOSIT = 10n ** 15n;
/** Orders settled in one call. */
const SETTLED_A_CALL = 500;

const SIDES = { buy: 0, sell: 1 };

/** A contract of this folder, and how its orders are written. */
export interface Kind {
  readonly compiled: Compiled;
  /** A sorted book takes hints, and settles in calls of its own; the naive one pays when it clears. */
  readonly sorted: boolean;
}

/** Gas of a slot's life; means where there were several. */
export interface Played {
  /** Per order. */
  readonly place: readonly number[];
  readonly clear: number;
  readonly settle: number;
}

export interface Market extends Kind {
  readonly contract: Contract;
  readonly homes: readonly string[];
  /** Seconds. */
  readonly slotDuration: number;
  readonly gateClosure: number;
  /** Slots so far apart share their storage. */
  readonly ring: number;
}

/** A contract of its own, with money on every home's account. */
export async function openMarket(chain: Chain, kind: Kind, homeCount: number): Promise<Market> {
  const euro = await chain.deployEuro();
  const contract = await chain.deploy(kind.compiled, await euro.getAddress());
  const homes = await chain.homes(homeCount);
  const payer = chain.deployer;
  await chain.send(payer, euro, "faucet", payer, DEPOSIT * BigInt(homeCount));
  await chain.send(payer, euro, "approve", await contract.getAddress(), DEPOSIT * BigInt(homeCount));
  for (const home of homes) await chain.send(payer, contract, "deposit", home, DEPOSIT);
  const constant = async (name: string) => Number(await read(contract, name));
  const [slotDuration, gateClosure] = [await constant("SLOT_DURATION"), await constant("GATE_CLOSURE")];
  return { ...kind, contract, homes, slotDuration, gateClosure, ring: await constant("RING") };
}

/** The first of the next slots that are not closed before everything is placed. */
export const nextSlot = async (chain: Chain, { slotDuration }: Market): Promise<number> =>
  Math.floor((await chain.now()) / slotDuration) + LEAD;

/** An order as the contract takes it. */
const placementOf = ({ sorted }: Kind, slot: number, { side, tick, lots }: BaselineOrder, hint: number): number[] => [
  slot,
  SIDES[side],
  priceOf(tick),
  lots,
  ...(sorted ? [hint] : []),
];

/**
 * Plays the same orders in some slots, from the first order to the last payment. A home sends one transaction; where there are
 * several slots, it holds an order for each.
 */
export async function play(
  chain: Chain,
  market: Market,
  slots: readonly number[],
  book: BaselineOrders,
  hints: readonly number[] = hintsOf(book.orders),
): Promise<Played> {
  const { contract, slotDuration } = market;
  // Let time pass until the slots are traded.
  await chain.goTo((Math.min(...slots) - LEAD) * slotDuration);
  const before = await balancesOf(contract, market.homes);
  const place: number[] = [];
  for (const [index, order] of book.orders.entries()) {
    const all = slots.map((slot) => placementOf(market, slot, order, hints[index] ?? 0));
    const method = slots.length === 1 ? "place" : "placeMany";
    const argument = slots.length === 1 ? all[0] : all;
    const { gas } = await chain.send(homeOf(market.homes, order.home), contract, method, argument);
    place.push(gas / slots.length);
  }
  let [clear, settle] = [0, 0];
  for (const slot of slots) {
    await chain.goTo(slot * slotDuration - market.gateClosure);
    const cleared = await chain.send(chain.deployer, contract, "clear", slot);
    checkClearing(contract, cleared, book);
    clear += cleared.gas / slots.length;
    for (let left = market.sorted ? book.orders.length : 0; left > 0; left -= SETTLED_A_CALL)
      settle += (await chain.send(chain.deployer, contract, "settle", slot, SETTLED_A_CALL)).gas / slots.length;
  }
  checkBalances(before, await balancesOf(contract, market.homes));
  return { place, clear, settle };
}
