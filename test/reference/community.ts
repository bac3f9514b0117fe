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
  /** 0 in an open community. */
  revealWindow: bigint;
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
  /** Base units per commit; 0 in an open community. */
  bond: bigint;
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

/** Trading in a slot ends here; this second is already too late. All slots of a sealed period have the gate of its first one. */
export function gateOf(grid: Grid, slot: bigint): bigint {
  const first = slot - (slot % grid.slotsPerPeriod);
  return (grid.revealWindow > 0n ? first : slot) * grid.slotDuration - grid.gateClosure;
}

/** The reveal of a sealed period: from its gate on, up to but without `end`. */
export function revealOf(grid: Grid, period: bigint): { gate: bigint; end: bigint } {
  const gate = gateOf(grid, slotOf(grid, period, 0n));
  return { gate, end: gate + grid.revealWindow };
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
