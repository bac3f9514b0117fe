/** Orders that wait in the book, as its events tell. */
import type { Contract } from "ethers";
import type { Receipt } from "../chain.ts";

/** An order that rests, wholly or in part. */
export interface Resting {
  readonly id: bigint;
  readonly slot: number;
  left: bigint;
  filled: bigint;
}

/** Fills resting orders as a transaction's events say. Answers whether there were any. */
export function takeTrades(book: Contract, receipt: Receipt, all: ReadonlyMap<bigint, Resting>): boolean {
  const trades = receipt.events(book.interface, "OrdersMatched");
  for (const { orderIds, quantities } of trades) {
    const ids = orderIds as readonly bigint[];
    for (const [index, lots] of (quantities as readonly bigint[]).entries()) {
      const rest = all.get(ids[index] ?? 0n);
      if (!rest || rest.left < lots) throw new Error(`order ${String(ids[index])} does not have ${lots} lots to trade`);
      rest.left -= lots;
      rest.filled += lots;
    }
  }
  return trades.length > 0;
}

/** Adds the orders that a transaction left in the book, and answers them. */
export function takeRests(book: Contract, receipt: Receipt, all: Map<bigint, Resting>): Resting[] {
  return receipt.events(book.interface, "AddedToBook").map(({ orderId, tokenId, quantity }) => {
    const rest = { id: orderId as bigint, slot: Number(tokenId), left: quantity as bigint, filled: 0n };
    all.set(rest.id, rest);
    return rest;
  });
}
