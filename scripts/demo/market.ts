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
  /** Paid by a member for each settled period, base units. */
  settlementFee: 2_000n,
} as const;

/** Most slots that a community's period may hold. */
export const MOST_SLOTS_PER_PERIOD = 144;

/** Price of a tick, base units per Wh. */
export function priceOf(tick: number): bigint {
  return MARKET.floorPrice + BigInt(tick) * MARKET.tickSize;
}

/** Lowest and highest tick at which both sides do at least as well as with the retailer. */
export interface Band {
  readonly lowest: number;
  readonly highest: number;
}

/**
 * The ticks worth trading at: at least the export price, so that a seller does not get less than from the retailer, and at
 * most the import price less the network fee, so that a buyer does not pay more.
 */
export function tradingBand(): Band {
  const { exportPrice, importPrice, networkFee, floorPrice, tickSize, tickCount } = MARKET;
  const lowest = (exportPrice - floorPrice + tickSize - 1n) / tickSize;
  const highest = (importPrice - networkFee - floorPrice) / tickSize;
  return { lowest: Number(lowest), highest: Math.min(Number(highest), tickCount - 1) };
}
