/** The gate's rows: the benchmark's, in one community of the default grid, without limits and replays. */
import { BUDGET_TICKS, budgetOf } from "../../bench/gas/budgets.ts";
import { measure } from "../../bench/gas/measure.ts";
import { OPERATIONS as OP } from "../../bench/gas/operations.ts";
import { gasOf } from "../../bench/gas/row.ts";
import { SOURCES } from "../../bench/gas/rows/index.ts";
import type { Measurement, Progress } from "../../bench/gas/types.ts";

/** Gas of one unit of an operation, as receipts tell it, everything included. */
export interface GasRow {
  readonly operation: string;
  readonly gas: number;
  readonly target?: number;
}

const HOMES = 60;
/** With a single size of community the same as the rows of full batches, or all but the same. */
const LEFT_OUT: readonly string[] = [OP.placeAll, OP.settleAll, OP.placeSingles];
/** Named with the size they are measured at. */
const SIZED: readonly string[] = [OP.life, OP.lifeSealed];

export async function measureGas(progress: Progress): Promise<GasRow[]> {
  const rows: GasRow[] = [];
  for await (const measurement of measure({ sources: SOURCES, homes: [HOMES], ticks: [BUDGET_TICKS] }, progress)) {
    if (!LEFT_OUT.includes(measurement.operation)) rows.push(gasRowOf(measurement));
  }
  return rows;
}

function gasRowOf(measurement: Measurement): GasRow {
  const { operation, homes, per, ticks } = measurement;
  const budget = budgetOf(operation, homes, ticks);
  const name = SIZED.includes(operation) ? `${operation}, ${String(homes)} homes` : operation;
  return { operation: `${name}, per ${per}`, gas: gasOf(measurement), ...(budget ? { target: budget.gas } : {}) };
}
