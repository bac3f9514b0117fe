/** Floats for pixels, from exact integers; nothing that is drawn from them is printed. */

/** Base units per Wh as ct/kWh. */
export const toCt = (price: bigint): number => Number(price) / 10;
/** Wh as kWh. */
export const toKwh = (wh: bigint): number => Number(wh) / 1000;
/** Base units as EUR. */
export const toEur = (amount: bigint): number => Number(amount) / 1e6;
/** Base units as cents. */
export const toCents = (amount: bigint): number => Number(amount) / 1e4;
