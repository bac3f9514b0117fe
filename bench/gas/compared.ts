/** Other order books beside this one, at as many orders in a slot. */
import type { BaselineRow } from "../baselines/types.ts";
import { BUDGET_TICKS } from "./budgets.ts";
import { OPERATIONS as OP } from "./operations.ts";
import type { Row } from "./row.ts";

/** What is hoped for: another book's life of an order in Wattbook's; thousandths. */
const HOPED = 10_000;

export interface Compared extends BaselineRow {
  /** A whole life in one of Wattbook with as many orders in a slot, thousandths; null of any other row. */
  readonly times: number | null;
}

/** Orders in a slot ascending, of each number Wattbook first. */
export function comparedWith(baselines: readonly BaselineRow[], rows: readonly Row[]): Compared[] {
  const lives = livesOf(rows);
  const sizes = [...new Set(baselines.map(({ orders }) => orders))].sort((a, b) => a - b);
  return sizes.flatMap((orders) => {
    const own = lives.get(orders);
    const others = baselines.filter((row) => row.orders === orders);
    return [...(own ? [wattbook(own)] : []), ...others.map((row) => ({ ...row, times: timesOf(row, own) }))];
  });
}

/** Whole lives by how many homes order in a slot. */
function livesOf(rows: readonly Row[]): ReadonlyMap<number, Row> {
  const lives = rows.filter(({ operation, ticks }) => operation === OP.life && ticks === BUDGET_TICKS);
  return new Map(lives.map((row) => [row.homes, row]));
}

const timesOf = (row: BaselineRow, own: Row | undefined): number | null =>
  own && isLife(row) ? Math.round((1000 * row.gas) / own.gas) : null;

const isLife = ({ operation, per }: BaselineRow): boolean => operation === "life" && per === "order";

const wattbook = ({ homes, gas }: Row): Compared => ({
  name: "Wattbook, strips of 96",
  operation: "life",
  orders: homes,
  gas,
  per: "order",
  times: 1_000,
  note: "place + clear + settle, with signatures, meters and grid leg; batches of at most 100",
});

/** Where another book costs less than ten times as much, by its cheapest row of each number of orders. */
export function belowTen(baselines: readonly BaselineRow[], rows: readonly Row[]): string {
  const lives = livesOf(rows);
  const least = new Map<number, { readonly name: string; readonly times: number }>();
  for (const row of baselines) {
    const times = timesOf(row, lives.get(row.orders));
    if (times === null || times >= (least.get(row.orders)?.times ?? HOPED)) continue;
    least.set(row.orders, { name: row.name, times });
  }
  if (least.size === 0) return "No other book costs less than ten times as much.";
  const listed = [...least]
    .sort(([a], [b]) => a - b)
    .map(
      ([orders, { name, times }]) =>
        `${(times / 1000).toFixed(1)} times with ${orders.toLocaleString("en-US")} orders in a slot (${name})`,
    );
  return `Another book costs less than ten times as much in places, at the least: ${listed.join("; ")}.`;
}
