/** What the benchmark and other order books agree on: the same orders in, one row per measured operation out. */

/** One order of a slot. Prices are ticks of the grid; energy is in lots. */
export interface BaselineOrder {
  /** Index of the home that sends it, from 0; a home sends at most one order. */
  readonly home: number;
  readonly side: "buy" | "sell";
  /** 0 … tickCount − 1. */
  readonly tick: number;
  readonly lots: number;
}

/** The orders of one slot, in the order of their arrival. */
export interface BaselineOrders {
  readonly tickCount: number;
  readonly orders: readonly BaselineOrder[];
}

/** What an operation of another order book costs on the same orders. */
export interface BaselineRow {
  /** The book, as a reader knows it: "sorted linked list". */
  readonly name: string;
  readonly operation: "place" | "match" | "clear" | "settle" | "cancel" | "life";
  /** How many orders the book took. */
  readonly orders: number;
  /** Gas of receipts per unit, rounded to the nearest integer. */
  readonly gas: number;
  /** The unit: "order", "clearing". */
  readonly per: string;
  /** What has to be known to compare it fairly: what it leaves out, what it does besides. */
  readonly note: string;
}

/** Implemented by `bench/baselines/measure.ts`: each element of `books` is one slot, measured on contracts of its own. */
export type MeasureBaselines = (
  books: readonly BaselineOrders[],
  progress: (what: string) => void,
) => Promise<BaselineRow[]>;
