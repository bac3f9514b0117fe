/** A large book: orders of one slot, half of them bids, at random prices around each other. */
import { DEFAULT_TERMS } from "@wattbook/sdk/pure";
import type { LimitOrder, OrderGrid, Plain } from "@wattbook/sdk/pure";
import { drawFrom } from "../lib/random.ts";

/** The default community's grid with another number of ticks. */
export function gridOf(tickCount: bigint): Plain<OrderGrid> {
  const { floorPrice, tickSize, lotWh } = DEFAULT_TERMS;
  return { floorPrice, tickSize, tickCount, lotWh };
}

/** Orders of 1 to 50 lots on every tick of a grid. */
export function manyOrders(count: number, { floorPrice, tickSize, tickCount, lotWh }: Plain<OrderGrid>) {
  const draw = drawFrom(1);
  return Array.from({ length: count }, (_, index): Plain<LimitOrder> => {
    const price = floorPrice + draw(0, Number(tickCount) - 1) * tickSize;
    return { id: `order ${index}`, side: index % 2 === 0 ? "buy" : "sell", price, quantityWh: draw(1, 50) * lotWh };
  });
}
