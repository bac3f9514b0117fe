import { at, get, largest, range, smaller } from "./arrays.ts";
import { demand, supply, type Order } from "./book.ts";

/** What any market must find: prices that clear it, the most that can trade, the most that can be gained. */
export interface Greedy {
  lots: bigint;
  /** Sum of (bid tick − ask tick) per lot. */
  welfare: bigint;
}

/** Ticks p at which no bid above p and no ask below p has to stay without a partner. */
export function clearingPrices(book: readonly Order[], tickCount: bigint): bigint[] {
  return range(tickCount).filter(
    (price) => supply(book, price - 1n) <= demand(book, price) && demand(book, price + 1n) <= supply(book, price),
  );
}

/** The most that trades at any one price. */
export function mostTradable(book: readonly Order[], tickCount: bigint): bigint {
  return largest(range(tickCount).map((price) => smaller(supply(book, price), demand(book, price))));
}

function byTick(book: readonly Order[], side: "buy" | "sell"): { tick: bigint; lots: bigint }[] {
  return book
    .filter((order) => order.side === side)
    .map(({ tick, lots }) => ({ tick, lots }))
    .sort((a, b) => Number(a.tick - b.tick));
}

/** Matches the dearest bid with the cheapest ask until they no longer meet. */
export function matchGreedily(book: readonly Order[]): Greedy {
  const bids = byTick(book, "buy").reverse();
  const asks = byTick(book, "sell");
  const done: Greedy = { lots: 0n, welfare: 0n };
  while (bids.length > 0 && asks.length > 0 && at(bids, 0).tick >= at(asks, 0).tick) {
    const [bid, ask] = [at(bids, 0), at(asks, 0)];
    const lots = smaller(bid.lots, ask.lots);
    done.lots += lots;
    done.welfare += lots * (bid.tick - ask.tick);
    bid.lots -= lots;
    ask.lots -= lots;
    if (bid.lots === 0n) bids.shift();
    if (ask.lots === 0n) asks.shift();
  }
  return done;
}

/** What the filled lots gain together. */
export function welfareOf(book: readonly Order[], filled: ReadonlyMap<string, bigint>): bigint {
  return book.reduce((total, { id, side, tick }) => {
    const value = get(filled, id) * tick;
    return side === "buy" ? total + value : total - value;
  }, 0n);
}

/** Orders that a price treats unfairly: better than the price and not filled, or filled and worse than the price. */
export function wronged(book: readonly Order[], filled: ReadonlyMap<string, bigint>, price: bigint): Order[] {
  return book.filter(({ id, side, tick, lots }) => {
    const gain = side === "buy" ? tick - price : price - tick;
    const fill = get(filled, id);
    return (gain > 0n && fill < lots) || (gain < 0n && fill > 0n);
  });
}
