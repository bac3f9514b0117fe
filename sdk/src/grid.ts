/** The price grid: price(tick) = floorPrice + tick × tickSize, base units per Wh. */
import { OffGridPriceError, OutOfRangeError } from "./errors.ts";
import type { Terms } from "./terms.ts";
import { asPrice, asTick } from "./units.ts";
import type { PricePerWh, Tick } from "./units.ts";

type Grid = Pick<Terms, "floorPrice" | "tickSize" | "tickCount">;

/**
 * The price of a tick.
 * @throws OutOfRangeError for a tick outside the grid
 * @example priceOf(terms, asTick(10n)) // 100n with a floor of 60 and steps of 4
 */
export function priceOf(terms: Grid, tick: Tick): PricePerWh {
  if (tick >= terms.tickCount) throw new OutOfRangeError("tick", tick, 0n, terms.tickCount - 1n);
  return asPrice(terms.floorPrice + tick * terms.tickSize);
}

/** The highest price of the grid. */
export function topPrice(terms: Grid): PricePerWh {
  return priceOf(terms, asTick(terms.tickCount - 1n));
}

/**
 * The tick of a price.
 * @throws OffGridPriceError for a price between two ticks or outside the grid
 * @example tickOf(terms, asPrice(100n)) // 10n
 */
export function tickOf(terms: Grid, price: PricePerWh): Tick {
  const above = price - terms.floorPrice;
  if (above < 0n || above % terms.tickSize !== 0n || price > topPrice(terms)) throw offGrid(terms, price);
  return asTick(above / terms.tickSize);
}

/**
 * The highest price of the grid at or below `price`: for a bid's limit.
 * @throws OffGridPriceError below the floor
 * @example priceDown(terms, asPrice(103n)) // 100n
 */
export function priceDown(terms: Grid, price: PricePerWh): PricePerWh {
  if (price < terms.floorPrice) throw offGrid(terms, price);
  const top = topPrice(terms);
  return price > top ? top : asPrice(price - ((price - terms.floorPrice) % terms.tickSize));
}

/**
 * The lowest price of the grid at or above `price`: for an ask's limit.
 * @throws OffGridPriceError above the top
 * @example priceUp(terms, asPrice(101n)) // 104n
 */
export function priceUp(terms: Grid, price: PricePerWh): PricePerWh {
  if (price > topPrice(terms)) throw offGrid(terms, price);
  if (price <= terms.floorPrice) return terms.floorPrice;
  const rest = (price - terms.floorPrice) % terms.tickSize;
  return rest === 0n ? price : asPrice(price - rest + terms.tickSize);
}

function offGrid(terms: Grid, price: PricePerWh): OffGridPriceError {
  return new OffGridPriceError(price, terms.floorPrice, terms.tickSize, topPrice(terms));
}
