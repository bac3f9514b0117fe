/** What the hot paths need of a community. Durations in seconds, prices in base units per Wh. */
export interface Grid {
  slotDuration: bigint;
  slotsPerPeriod: bigint;
  lotWh: bigint;
  floorPrice: bigint;
  tickSize: bigint;
  tickCount: bigint;
  wideTicks: boolean;
  gateClosure: bigint;
  horizon: bigint;
  readingDeadline: bigint;
  correctionWindow: bigint;
  claimWindow: bigint;
  settlementFee: bigint;
}

/** Everything that is fixed when a community is created, as its members sign it. */
export interface CommunityTerms extends Grid {
  paymentToken: string;
  coordinator: string;
  dso: string;
  feeCollector: string;
  tariffNotice: bigint;
  maxImport: bigint;
  maxNetworkFee: bigint;
}

/** `supplier` is an index into the community's suppliers. */
export interface TariffClass {
  supplier: bigint;
  defaultLoadWh: bigint;
}

/** Base units per Wh. */
export function priceOf(grid: Grid, tick: bigint): bigint {
  return grid.floorPrice + tick * grid.tickSize;
}

/** Index of a slot since 1970, from its offset in a period. */
export function slotOf(grid: Grid, period: bigint, offset: bigint): bigint {
  return period * grid.slotsPerPeriod + offset;
}

/** Trading in a slot ends here; this second is already too late. */
export function gateOf(grid: Grid, slot: bigint): bigint {
  return slot * grid.slotDuration - grid.gateClosure;
}

export function periodAt(grid: Grid, now: bigint): bigint {
  return now / (grid.slotDuration * grid.slotsPerPeriod);
}

export function periodEnd(grid: Grid, period: bigint): bigint {
  return (period + 1n) * grid.slotDuration * grid.slotsPerPeriod;
}

/** Whether orders of a period are taken at all: current … + horizon. */
export function takesOrders(grid: Grid, period: bigint, now: bigint): boolean {
  const current = periodAt(grid, now);
  return period >= current && period <= current + grid.horizon;
}
