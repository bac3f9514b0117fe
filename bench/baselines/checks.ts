/** Whether a slot ended as it should: figures of a wrong result say nothing. */
import type { Contract } from "ethers";
import type { Order } from "../../test/reference/book.ts";
import { clear, type Clearing } from "../../test/reference/clearing.ts";
import { read, type Receipt } from "./chain.ts";
import { priceOf } from "./grid.ts";
import type { BaselineOrders } from "./types.ts";

/** Orders as the reference takes them, their ticks multiplied. */
const ordersOf = ({ orders }: BaselineOrders, factor: bigint): Order[] =>
  orders.map(({ side, tick, lots }, index) => ({
    id: index.toString(),
    side,
    tick: BigInt(tick) * factor,
    lots: BigInt(lots),
  }));

/** The true call auction on the same orders. */
export const reference = (book: BaselineOrders): Clearing | undefined =>
  clear(ordersOf(book, 1n), BigInt(book.tickCount));

/** Its price, base units per Wh; 0 without one. On a grid twice as fine, so that no midpoint is rounded. */
export function referencePrice(book: BaselineOrders): number {
  const clearing = clear(ordersOf(book, 2n), BigInt(book.tickCount) * 2n);
  return clearing ? (priceOf(0) + priceOf(Number(clearing.priceTick))) / 2 : 0;
}

/** Throws where a clearing is not that of the true call auction: the same volume at the same price. */
export function checkClearing(contract: Contract, receipt: Receipt, book: BaselineOrders): void {
  const [event] = receipt.events(contract.interface, "Cleared");
  const [lots, price] = [reference(book)?.lots ?? 0n, BigInt(referencePrice(book))];
  if (event?.lots !== lots || event.price !== price)
    throw new Error(`cleared ${String(event?.lots)} lots at ${String(event?.price)} instead of ${lots} at ${price}`);
}

/** What all accounts hold together; base units. */
export interface Balances {
  free: bigint;
  reserved: bigint;
}

export async function balancesOf(contract: Contract, homes: readonly string[]): Promise<Balances> {
  const sum = { free: 0n, reserved: 0n };
  for (const home of homes) {
    const account = (await read(contract, "accounts", home)) as Balances;
    sum.free += account.free;
    sum.reserved += account.reserved;
  }
  return sum;
}

/** Throws where settled slots made or lost money, or left something reserved. */
export function checkBalances(before: Balances, after: Balances): void {
  const change = after.free + after.reserved - before.free - before.reserved;
  if (change !== 0n) throw new Error(`settling changed what the accounts hold by ${change} base units`);
  if (after.reserved !== 0n) throw new Error(`${after.reserved} base units stay reserved after settling`);
}
