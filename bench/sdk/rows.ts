/** What is measured of the SDK, and how long it may take. */
import { clearOrders, previewPeriod, previewSharing } from "@wattbook/sdk/pure";
import type { Operation, Timing } from "../lib/measure.ts";
import { dayOf } from "./day.ts";
import { gridOf, manyOrders } from "./orders.ts";
import { sharedMonth } from "./sharing.ts";

/** An operation and its size. */
export interface Task extends Operation {
  /** Null where nothing is ordered. */
  readonly ticks: number | null;
  /** Homes that trade; null where the operation knows no homes. */
  readonly homes: number | null;
  /** Orders that are cleared; null where nothing is ordered. */
  readonly orders: number | null;
  /** Longest median, ms. */
  readonly budget: number;
}

/** A measured task; times in ms. */
export interface Row extends Timing, Omit<Task, "name" | "run"> {
  readonly operation: string;
  /** The median in medians of the reference operation. */
  readonly ratio: number;
  readonly met: boolean;
}

const ORDERS = { count: 10_000, budget: 50 };
const DAY = { homes: 150, budget: 2_000 };
const MONTH = { homes: 150, days: 30, budget: 5_000 };
const TICKS = [64, 128];

/** Everything that has a budget. */
export function tasks(): Task[] {
  return [...TICKS.map(clearTask), ...TICKS.map(previewTask), monthTask()];
}

function clearTask(ticks: number): Task {
  const grid = gridOf(BigInt(ticks));
  const orders = manyOrders(ORDERS.count, grid);
  const run = () => clearOrders(grid, orders);
  return { name: "clear orders", homes: null, orders: orders.length, ticks, budget: ORDERS.budget, run };
}

function previewTask(ticks: number): Task {
  const { terms, input } = dayOf(DAY.homes, BigInt(ticks));
  const orders = input.strips.reduce((sum, { entries }) => sum + entries.length, 0);
  const run = () => previewPeriod(terms, input);
  return { name: "preview a day", homes: DAY.homes, orders, ticks, budget: DAY.budget, run };
}

function monthTask(): Task {
  const { terms, days } = sharedMonth(MONTH.homes, MONTH.days);
  const run = () => days.map((day) => previewSharing(terms, day));
  return { name: "preview a shared month", homes: MONTH.homes, orders: null, ticks: null, budget: MONTH.budget, run };
}

/** What times are compared with: sorting as many orders by price, where an auction that sorts would begin. */
export function reference(): Operation {
  const orders = manyOrders(ORDERS.count, gridOf(64n));
  const run = () => [...orders].sort((a, b) => (a.price < b.price ? -1 : a.price > b.price ? 1 : 0));
  return { name: `sort ${ORDERS.count} orders by price`, run };
}

/** A task with its times. */
export function rowOf({ name, homes, orders, ticks, budget }: Task, timing: Timing, { median }: Timing): Row {
  const ratio = timing.median / median;
  return { operation: name, homes, orders, ticks, ...timing, budget, ratio, met: timing.median <= budget };
}
