/** The default community's grid: prices in base units per Wh, energy in lots. */

const FLOOR_PRICE = 60;
const TICK_SIZE = 4;

/** Wh of a lot. */
export const LOT_WH = 10;

export const priceOf = (tick: number): number => FLOOR_PRICE + tick * TICK_SIZE;
