/** How many orders a second the project's own node placed, cleared and settled in this run, and these figures in each other. */
import { BUDGET_TICKS } from "./budgets.ts";
import { SLOTS } from "./homes.ts";
import { OPERATIONS as OP } from "./operations.ts";
import type { Row } from "./row.ts";

export interface Speed {
  readonly operation: string;
  readonly homes: number;
  /** Orders per second on this machine. */
  readonly perSecond: number;
  /** In thousandths of the first. */
  readonly ratio: number;
}

export function speedsOf(rows: readonly Row[]): Speed[] {
  const homes = Math.max(...rows.filter(({ operation }) => operation === OP.placeAll).map((row) => row.homes));
  const found = [OP.placeAll, OP.clear48, OP.settleAll].flatMap((operation) =>
    rows.filter((row) => row.operation === operation && row.homes === homes && row.ticks === BUDGET_TICKS),
  );
  // A slot holds an order of each home.
  const ordersIn = ({ units }: Row) => (homes * SLOTS) / units;
  const speeds = found.map((row) => ({ row, perSecond: Math.round((row.perSecond ?? 0) * ordersIn(row)) }));
  const base = speeds[0]?.perSecond ?? 0;
  return speeds.map(({ row, perSecond }) => ({
    operation: row.operation,
    homes,
    perSecond,
    ratio: base === 0 ? 0 : Math.round((1000 * perSecond) / base),
  }));
}
