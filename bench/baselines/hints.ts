/** Where an order belongs in a sorted list of those that came before it. */
import type { BaselineOrder } from "./types.ts";

/** For each order the id of the last one on its side that is at least as good, 0 for none: then insertion takes no step. */
export function hintsOf(orders: readonly BaselineOrder[]): number[] {
  const lists = { buy: [] as { id: number; rank: number }[], sell: [] as { id: number; rank: number }[] };
  return orders.map(({ side, tick }) => {
    const list = lists[side];
    const rank = side === "buy" ? -tick : tick;
    const worse = list.findIndex((other) => other.rank > rank);
    const position = worse === -1 ? list.length : worse;
    const hint = list[position - 1]?.id ?? 0;
    list.splice(position, 0, { id: list.length + 1, rank });
    return hint;
  });
}
