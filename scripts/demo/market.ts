import type { Side } from "@wattbook/sdk";

/** The rules of the demo's community. Prices in base units of the local euro (six decimals) per Wh: 1 = 0.1 ct/kWh. */
export const MARKET = {
  /** Energy of one lot, Wh. */
  lotWh: 10n,
  /** Price of tick 0. */
  floorPrice: 60n,
  /** Price step from tick to tick. */
  tickSize: 4n,
  tickCount: 64,
  /** What the retailer charges, network included. */
  importPrice: 300n,
  /** What the retailer pays for what a home feeds in. */
  exportPrice: 80n,
  /** What the network operator charges for a locally traded Wh. */
  networkFee: 40n,
  /** What sellers get on top of the export price by the supply-demand ratio with a compensating price. */
  compensation: 30n,
  /** Paid by a member for each settled period, base units. */
  settlementFee: 2_000n,
} as const;

/** Most slots that a community's period may hold. */
export const MOST_SLOTS_PER_PERIOD = 144;

/** Price of a tick, base units per Wh. */
export function priceOf(tick: number): bigint {
  return MARKET.floorPrice + BigInt(tick) * MARKET.tickSize;
}

/** A range of ticks, both ends included. */
export interface Band {
  readonly lowest: number;
  readonly highest: number;
}

/** The ticks of true values: from the retailer's export price to its import price. */
export function valueBand(): Band {
  return { lowest: tickAbove(MARKET.exportPrice), highest: tickBelow(MARKET.importPrice) };
}

/**
 * The ticks worth an order: a seller does not sell for less than the export price, and a buyer, who pays the network fee as
 * well, does not buy above the import price less that fee. A seller may ask for more than any buyer gives.
 */
export function tradingBand(side: Side): Band {
  const { importPrice, networkFee } = MARKET;
  const band = valueBand();
  return side === "sell" ? band : { ...band, highest: tickBelow(importPrice - networkFee) };
}

/** The lowest tick at or above a price. */
function tickAbove(price: bigint): number {
  return Number((price - MARKET.floorPrice + MARKET.tickSize - 1n) / MARKET.tickSize);
}

/** The highest tick at or below a price. */
function tickBelow(price: bigint): number {
  return Math.min(Number((price - MARKET.floorPrice) / MARKET.tickSize), MARKET.tickCount - 1);
}
