/** A list of orders in prices and Wh, cleared offline: the auction of one slot without a chain. */
import { clearEntries } from "./clearing.ts";
import type { Bid } from "./clearing.ts";
import type { Side } from "./entry.ts";
import { OffGridPriceError, OffLotQuantityError, OrderFileError, RepeatedIdError, TermsError } from "./errors.ts";
import { priceOf } from "./grid.ts";
import type { Plain, Terms } from "./terms.ts";
import { asAmount, asLots, asPrice, asTick, asWh, whOf } from "./units.ts";
import type { Amount, PricePerWh, Tick, Wh } from "./units.ts";

/** What prices and quantities are counted in; `Terms` of a community hold one. */
export type OrderGrid = Pick<Terms, "floorPrice" | "tickSize" | "tickCount" | "lotWh">;

/** An order of one slot. */
export interface LimitOrder {
  /** Names the order in `fills` and in errors; unique in the list. */
  readonly id: string;
  readonly side: Side;
  /** The most that a bid pays, the least that an ask takes, base units per Wh; on the grid. */
  readonly price: PricePerWh;
  /** Whole lots, at least one. */
  readonly quantityWh: Wh;
}

/** A list of orders, cleared. */
export interface ClearedOrders {
  /** Tick of the price; null where nothing trades. */
  readonly tick: Tick | null;
  /** What every buyer pays and every seller gets, base units per Wh; null where nothing trades. */
  readonly price: PricePerWh | null;
  /** Energy traded. */
  readonly volumeWh: Wh;
  /**
   * What the trade is worth, base units: Σ filled Wh × limit of the bids less Σ filled Wh × limit of the asks. No other
   * matching of these orders is worth more.
   */
  readonly welfare: Amount;
  /** Energy filled of every order, 0 included, in the order of the list. */
  readonly fills: ReadonlyMap<string, Wh>;
}

/** Ticks of a grid: 7 bits, as in an entry. */
const MOST_TICKS = 128n;
const MOST_PRICE = 0xffffn;
const MOST_LOTS = (1n << 64n) - 1n;
const NO_LOTS = asLots(0n);

/**
 * Clears a list of orders of one slot as `DoubleAuction` would that accepted them in this sequence: one price, the
 * largest volume, and what is rationed is shared by place in the list. Work grows with orders + ticks.
 * @param grid Of a community, or any other of 1 to 128 ticks.
 * @param orders Any number, any sequence; plain bigints are checked here.
 * @throws OffGridPriceError naming the order
 * @throws OffLotQuantityError naming the order
 * @throws RepeatedIdError
 * @throws OrderFileError for a side or a number of another type
 * @throws TermsError for a grid out of bounds
 * @example
 * import { asPrice, asWh, clearOrders, DEFAULT_TERMS } from "@wattbook/sdk";
 *
 * const { price, volumeWh, fills } = clearOrders(DEFAULT_TERMS, [
 *   { id: "roof", side: "sell", price: asPrice(100n), quantityWh: asWh(1_000n) },
 *   { id: "oven", side: "buy", price: asPrice(180n), quantityWh: asWh(800n) },
 * ]);
 * console.log(price); // 100n
 * console.log(volumeWh); // 800n
 * console.log(fills.get("roof")); // 800n
 */
export function clearOrders(grid: Plain<OrderGrid>, orders: readonly Plain<LimitOrder>[]): ClearedOrders {
  const checked = checkGrid(grid);
  const entries = entriesOf(checked, orders);
  const { clearing, fills: lots } = clearEntries(checked.tickCount, entries);
  const fills = new Map<string, Wh>();
  let worth = 0n;
  orders.forEach(({ id, side, price }, index) => {
    const filled = whOf(lots[index] ?? NO_LOTS, checked.lotWh);
    fills.set(id, filled);
    if (side === "buy") worth += filled * price;
    else worth -= filled * price;
  });
  return {
    tick: clearing?.priceTick ?? null,
    price: clearing === null ? null : priceOf(checked, clearing.priceTick),
    volumeWh: whOf(clearing?.lots ?? NO_LOTS, checked.lotWh),
    welfare: asAmount(worth),
    fills,
  };
}

function checkGrid({ floorPrice, tickSize, tickCount, lotWh }: Plain<OrderGrid>): OrderGrid {
  const grid = {
    floorPrice: asPrice(floorPrice, "floorPrice"),
    tickSize: asPrice(tickSize, "tickSize"),
    tickCount,
    lotWh: asWh(lotWh, "lotWh"),
  };
  if (lotWh < 1n) throw new TermsError("lotWh", lotWh, "Pass at least 1 Wh.");
  if (tickSize < 1n) throw new TermsError("tickSize", tickSize, "Pass at least 1 base unit per Wh.");
  if (typeof tickCount !== "bigint" || tickCount < 1n || tickCount > MOST_TICKS) {
    throw new TermsError("tickCount", tickCount, `Pass a bigint from 1 to ${MOST_TICKS}.`);
  }
  const top = floorPrice + (tickCount - 1n) * tickSize;
  if (top > MOST_PRICE) throw new TermsError("floorPrice", floorPrice, `The top price is ${top}: keep it below 65536.`);
  return grid;
}

function entriesOf(grid: OrderGrid, orders: readonly Plain<LimitOrder>[]): Bid[] {
  const { floorPrice, tickSize, tickCount, lotWh } = grid;
  const top = floorPrice + (tickCount - 1n) * tickSize;
  const ids = new Set<string>();
  return orders.map((order) => {
    const { id, side, price, quantityWh } = order;
    if (ids.size === ids.add(id).size) throw new RepeatedIdError("order", id);
    checkTypes(order);
    const above = price - floorPrice;
    if (above < 0n || price > top || above % tickSize !== 0n) {
      throw new OffGridPriceError(price, floorPrice, tickSize, top, id);
    }
    const lots = quantityWh / lotWh;
    if (lots < 1n || lots > MOST_LOTS || lots * lotWh !== quantityWh) {
      throw new OffLotQuantityError(quantityWh, lotWh, MOST_LOTS, id);
    }
    return { side, tick: asTick(above / tickSize), lots: asLots(lots) };
  });
}

/** What the compiler promises, for callers without one. */
function checkTypes({ id, side, price, quantityWh }: Readonly<Record<keyof LimitOrder, unknown>>): void {
  const refuse = (field: string, value: unknown, rule: string) =>
    new OrderFileError(`${field} of order ${JSON.stringify(id)}`, value, rule);
  if (side !== "buy" && side !== "sell") throw refuse("side", side, 'Pass "buy" or "sell".');
  if (typeof price !== "bigint") throw refuse("price", price, "Pass a bigint, base units per Wh.");
  if (typeof quantityWh !== "bigint") throw refuse("quantityWh", quantityWh, "Pass a bigint, Wh.");
}
