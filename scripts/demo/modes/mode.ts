/** A way to trade in which the meters decide: what a file beside this one fills in. */
import type { Bill, MarketMode, MemberIndex, MeterValue, Period, SignedReading } from "@wattbook/sdk";
import type { Ready } from "../chain/setup.ts";

/** How the demo can trade: with orders, or as one of the modes says. */
export const MODES = ["auction", "sharing", "metered"] as const;
export type ModeName = (typeof MODES)[number];

/** What the meters of a period counted, by member. */
export type Metered = ReadonlyMap<MemberIndex, readonly MeterValue[]>;

/** Gas by what it was for, in the order in which it is spent. */
export type Gas = Readonly<Record<string, bigint>>;

/** A mode, made for one run. */
export interface MeterMode {
  /** What the community's first module is. */
  readonly market: MarketMode;
  /** Base units that a member may have reserved at a time for what its meter counts in a period. */
  budgetOf(values: readonly MeterValue[]): bigint;
  /** Once, when members are enrolled; the gas is no part of what a slot costs. */
  prepare(ready: Ready, budgets: ReadonlyMap<MemberIndex, bigint>): Promise<void>;
  /** In the period before. */
  open(ready: Ready, period: Period): Promise<Gas>;
  /** Once the meters have signed, and it is due. */
  settle(ready: Ready, period: Period, readings: readonly SignedReading[]): Promise<Gas>;
  /** Seconds behind a period's end at which it is settled. */
  readonly delay: number;
  /** What the SDK computes of the same meters, without the chain. */
  bills(ready: Ready, period: Period, metered: Metered): Promise<ReadonlyMap<MemberIndex, Bill>>;
}

/** Seconds behind a period's end at which it is settled: an hour, shorter than the reading deadline, so that one call can settle. */
export const DELAY = 3_600;
/** Calldata that transaction pools take, the envelope left out. */
export const MOST_BYTES = 120 * 1024;

/** A list in lists of `size` at most. */
export function chunked<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, k) => items.slice(k * size, (k + 1) * size));
}
